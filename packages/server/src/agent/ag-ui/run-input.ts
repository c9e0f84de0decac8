import { readFile } from 'node:fs/promises'

import { PROTOCOL_VERSION, type ContentPart, type Message, type RunAgentInput } from '@ag-ui/core'

import type { Files } from '../../files/files.ts'
import { forModel } from '../results.ts'
import type { Attachment, ToolOutcome, Turn, TurnMessage } from '../step.ts'
import { STATE_TOOL } from './shared-state.ts'

/** Of one message's attachments together; more is named and not sent. */
const MOST_ATTACHED_BYTES = 4_000_000
const EARLIER_RESULT_BYTES = 2_000
/** Of the history; the newest is kept. */
const MOST_HISTORY_UNITS = 400_000

/** What an agent elsewhere is sent of a turn: the conversation, no tool of ours, nobody's name. */
export async function runInputOf(
  turn: Turn,
  at: { files: Files; runId: string; state: unknown; resume?: RunAgentInput['resume'] },
): Promise<RunAgentInput> {
  const history = recent(turn.history).flatMap(({ message, index }) => historyOf(message, index))
  const question: Message = {
    id: `m${turn.history.length}`,
    role: 'user',
    content: await contentOf(turn, at.files),
  }
  return {
    threadId: turn.threadId,
    runId: at.runId,
    protocolVersion: PROTOCOL_VERSION,
    messages: [...history, question],
    tools: [],
    context: [],
    state: at.state ?? {},
    forwardedProps: {},
    ...(at.resume && { resume: at.resume }),
  }
}

/** The newest messages that fit, with their places in the whole, which are their ids. */
function recent(history: readonly TurnMessage[]): { message: TurnMessage; index: number }[] {
  let units = 0
  const placed = history.map((message, index) => ({ message, index }))
  const first = placed.findLastIndex(({ message }) => {
    units += message.text.length + message.tools.length * EARLIER_RESULT_BYTES
    return units > MOST_HISTORY_UNITS
  })
  return placed.slice(first + 1)
}

function historyOf({ role, text, tools, attachments }: TurnMessage, index: number): Message[] {
  const id = `m${index}`
  if (role === 'user') return [{ id, role, content: `${text}${named(attachments)}` }]
  const made = tools.filter(({ call }) => call.toolName !== STATE_TOOL)
  const calls: Message[] =
    made.length === 0
      ? []
      : [
          {
            id: `${id}-calls`,
            role: 'assistant',
            toolCalls: made.map(({ call }) => ({
              id: call.callId,
              type: 'function',
              function: { name: call.toolName, arguments: JSON.stringify(call.arguments) },
            })),
          },
          ...made.map(({ call, outcome }): Message => ({
            id: `${id}-${call.callId}`,
            role: 'tool',
            toolCallId: call.callId,
            content: toldOf(outcome),
          })),
        ]
  return text === '' ? calls : [...calls, { id, role: 'assistant', content: text }]
}

/** As a model of ours reads it: cut, and marked where somebody outside wrote it. */
function toldOf({ status, result }: ToolOutcome): string {
  const told = forModel(result, EARLIER_RESULT_BYTES)
  return JSON.stringify(status === 'ok' ? told : { status, result: told }) ?? 'null'
}

const named = (attachments: readonly Attachment[]): string =>
  attachments.length === 0
    ? ''
    : `\n\n[attached: ${attachments.map(({ name }) => name).join(', ')}]`

async function contentOf(turn: Turn, files: Files): Promise<string | ContentPart[]> {
  const { message, userId } = turn
  if (message.attachments.length === 0) return message.text
  const parts: ContentPart[] = []
  const left: string[] = []
  let bytes = 0
  for (const attachment of message.attachments) {
    bytes += attachment.bytes
    const file =
      bytes > MOST_ATTACHED_BYTES ? undefined : await files.find(userId, attachment.fileId)
    if (!file) {
      left.push(attachment.name)
      continue
    }
    parts.push({
      type: attachment.mediaType.startsWith('image/') ? 'image' : 'document',
      source: {
        type: 'data',
        value: (await readFile(files.pathOf(file))).toString('base64'),
        mimeType: attachment.mediaType,
      },
      metadata: { name: attachment.name },
    })
  }
  const note = left.length === 0 ? '' : `\n\n[too large to be sent: ${left.join(', ')}]`
  return [{ type: 'text', text: `${message.text}${note}` }, ...parts]
}
