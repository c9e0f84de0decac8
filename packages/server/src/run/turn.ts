import type { Attachment, CompletedStep, ToolCall, ToolStatus, Turn, TurnMessage } from '../agent/agent.ts'
import type { Journal, MessageRow, RunRow } from '../journal/journal.ts'

const PAGE = { events: 512, bytes: 1024 * 1024 }

/** What an attempt starts from, read from the store alone. */
export interface Past {
  turn: Turn
  /** Messages the interrupted attempt was still speaking. */
  superseded: string[]
  /** Tool calls whose outcome is not known. */
  interrupted: string[]
}

/** @throws when the message that the run answers is gone. */
export async function readPast(journal: Journal, run: RunRow): Promise<Past> {
  const messages = await journal.db
    .selectFrom('message')
    .selectAll()
    .where('thread_id', '=', run.thread_id)
    .orderBy('id')
    .execute()
  const byId = new Map(messages.map((message) => [message.id, message]))
  const question = byId.get(run.parent_message_id)
  if (!question) throw new Error(`run ${run.id} answers a message that is gone`)
  const done = run.attempt === 0 ? NOTHING : await readCompleted(journal, run)
  return {
    turn: {
      userId: run.user_id,
      threadId: run.thread_id,
      runId: run.id,
      agent: run.agent,
      model: run.model,
      history: pathTo(question, byId).map(toTurnMessage),
      message: toTurnMessage(question),
      files: filesOf(messages),
      completed: done.completed,
    },
    superseded: done.superseded,
    interrupted: done.interrupted,
  }
}

/** The branch that leads to a message, oldest first, without the message itself. */
function pathTo(message: MessageRow, byId: ReadonlyMap<string, MessageRow>): MessageRow[] {
  const path: MessageRow[] = []
  let parent = message.parent_id === null ? undefined : byId.get(message.parent_id)
  while (parent && !path.includes(parent)) {
    path.unshift(parent)
    parent = parent.parent_id === null ? undefined : byId.get(parent.parent_id)
  }
  return path
}

const toTurnMessage = (row: MessageRow): TurnMessage => ({
  role: row.role,
  text: row.text,
  attachments: attachmentsOf(row),
  tools: JSON.parse(row.tools) as TurnMessage['tools'],
})

interface StoredAttachment {
  file_id: string
  name: string
  media_type: string
  bytes: number
}

const attachmentsOf = (row: MessageRow): Attachment[] =>
  (JSON.parse(row.attachments) as StoredAttachment[]).map((file) => ({
    fileId: file.file_id,
    name: file.name,
    mediaType: file.media_type,
    bytes: file.bytes,
  }))

function filesOf(messages: readonly MessageRow[]): Attachment[] {
  const files = new Map<string, Attachment>()
  for (const file of messages.flatMap(attachmentsOf)) if (!files.has(file.fileId)) files.set(file.fileId, file)
  return [...files.values()]
}

const NOTHING = { completed: [], superseded: [], interrupted: [] }

interface RunEvent {
  type: string
  run_id?: string
  message_id?: string
  content?: { text: string }[]
  usage?: { input_tokens: number; output_tokens: number }
  tool_calls?: { tool_call_id: string; tool_name: string; arguments: Record<string, unknown> }[]
  tool_call_id?: string
  tool_name?: string
  arguments?: Record<string, unknown>
  status?: ToolStatus
  result?: unknown
  result_ref?: string
  superseded?: string[]
}

async function readCompleted(
  journal: Journal,
  run: RunRow,
): Promise<Omit<Past, 'turn'> & { completed: CompletedStep[] }> {
  const completed: CompletedStep[] = []
  const speaking = new Set<string>()
  const calls = new Map<string, ToolCall>()
  for await (const event of eventsOf(journal, run)) {
    if (event.type === 'message_delta' && event.message_id) speaking.add(event.message_id)
    if (event.type === 'run_attempt') for (const id of event.superseded ?? []) speaking.delete(id)
    if (event.type === 'message_completed') {
      speaking.delete(event.message_id ?? '')
      completed.push({
        kind: 'spoken',
        text: (event.content ?? []).map((part) => part.text).join(''),
        usage: {
          inputTokens: event.usage?.input_tokens ?? 0,
          outputTokens: event.usage?.output_tokens ?? 0,
        },
        costUsd: null,
        calls: (event.tool_calls ?? []).map((call) => ({
          callId: call.tool_call_id,
          toolName: call.tool_name,
          arguments: call.arguments,
        })),
      })
    }
    if (event.type === 'tool_executing' && event.tool_call_id) {
      calls.set(event.tool_call_id, {
        callId: event.tool_call_id,
        toolName: event.tool_name ?? '',
        arguments: event.arguments ?? {},
      })
    }
    if (event.type === 'tool_completed' && event.tool_call_id) {
      const call = calls.get(event.tool_call_id)
      calls.delete(event.tool_call_id)
      if (!call) continue
      completed.push({
        kind: 'tool',
        call,
        outcome: {
          callId: call.callId,
          toolName: call.toolName,
          status: event.status ?? 'unknown',
          result: event.result,
          ...(event.result_ref && { resultRef: event.result_ref }),
        },
      })
    }
  }
  return { completed, superseded: [...speaking], interrupted: [...calls.keys()] }
}

async function* eventsOf(journal: Journal, run: RunRow): AsyncGenerator<RunEvent> {
  let after = 0
  for (;;) {
    const page = await journal.read(`thread:${run.thread_id}`, after, PAGE)
    for (const { seq, payload } of page) {
      after = seq
      if (!payload.includes(run.id)) continue
      const event = JSON.parse(payload) as RunEvent
      if (event.run_id === run.id) yield event
    }
    if (page.length === 0) return
  }
}
