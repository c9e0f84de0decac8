import {
  isJSONValue,
  type JSONValue,
  type LanguageModelV4FunctionTool,
  type LanguageModelV4Message,
  type LanguageModelV4Prompt,
  type LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider'

import type { Files } from '../files/files.ts'
import { attachmentParts, isTable } from './attachments.ts'
import { summaryNote, type Context } from './context/fit-context.ts'
import { formatFileList } from './model/file-list.ts'
import type { Accepts } from './model/providers.ts'
import { forModel } from './results.ts'
import type { CompletedStep, ToolCall, ToolOutcome, Turn, TurnMessage } from './step.ts'
import { inputSchemaOf } from './tools/input-schema.ts'
import type { Tool } from './tools/tool.ts'

/** An earlier turn's result reminds the model of what was asked; it can call the tool again. */
const EARLIER_RESULT_BYTES = 2_000

/** Everything the model is given before its first call of this run. */
export async function startingPrompt(
  turn: Turn,
  at: { instructions: string; files: Files; accepts: Accepts; context: Context },
): Promise<LanguageModelV4Prompt> {
  const tables = turn.files.filter(isTable)
  const { summary, history: kept } = at.context
  const system = [
    at.instructions,
    ...(tables.length === 0 ? [] : [formatFileList(tables)]),
    ...(summary === undefined ? [] : [summaryNote(summary)]),
  ].join('\n\n')
  const where = { files: at.files, userId: turn.userId, accepts: at.accepts }
  const history = await Promise.all(kept.map((message) => historyMessages(message, where)))
  return [
    { role: 'system', content: system },
    ...history.flat(),
    await userMessage(turn.message, where),
  ]
}

type ToolOutput = LanguageModelV4ToolResultPart['output']

interface Where {
  files: Files
  userId: string
  accepts: Accepts
}

async function userMessage(message: TurnMessage, where: Where): Promise<LanguageModelV4Message> {
  const tables = message.attachments.filter(isTable).map((file) => file.name)
  const note = tables.length === 0 ? '' : `\n\n[attached: ${tables.join(', ')}]`
  const files = await attachmentParts(message.attachments, where)
  return { role: 'user', content: [...files, { type: 'text', text: `${message.text}${note}` }] }
}

async function historyMessages(
  message: TurnMessage,
  where: Where,
): Promise<LanguageModelV4Message[]> {
  if (message.role === 'user') return [await userMessage(message, where)]
  const calls = message.tools.map(({ call }) => call)
  const results = message.tools.map(({ outcome }) => ({
    ...outcome,
    result: forModel(outcome.result, EARLIER_RESULT_BYTES),
  }))
  return [
    ...(calls.length > 0 ? [spokenMessage('', calls), resultsMessage(results)] : []),
    ...(message.text === '' ? [] : [spokenMessage(message.text, [])]),
  ]
}

/** The messages of steps that were completed before this run was interrupted. */
export function completedMessages(steps: readonly CompletedStep[]): LanguageModelV4Message[] {
  const messages: LanguageModelV4Message[] = []
  let results: ToolOutcome[] = []
  const flush = (): void => {
    if (results.length > 0) messages.push(resultsMessage(results))
    results = []
  }
  for (const step of steps) {
    if (step.kind === 'tool') {
      results.push(step.outcome)
      continue
    }
    if (step.kind === 'handoff') continue
    flush()
    if (step.text !== '' || step.calls.length > 0)
      messages.push(spokenMessage(step.text, step.calls))
  }
  flush()
  return messages
}

/** Without what only the provider that said it wants to see again, its reasoning among it. */
export const forAnotherModel = (
  messages: readonly LanguageModelV4Message[],
): LanguageModelV4Message[] =>
  messages.map((message) => {
    if (message.role !== 'assistant') return message
    const content = message.content.flatMap((part): typeof message.content => {
      if (part.type === 'text')
        return part.text === '' ? [] : [{ type: part.type, text: part.text }]
      if (part.type !== 'tool-call') return []
      const { type, toolCallId, toolName, input } = part
      return [{ type, toolCallId, toolName, input }]
    })
    return { role: message.role, content }
  })

function spokenMessage(text: string, calls: readonly ToolCall[]): LanguageModelV4Message {
  return {
    role: 'assistant',
    content: [
      ...(text === '' ? [] : [{ type: 'text' as const, text }]),
      ...calls.map((call) => ({
        type: 'tool-call' as const,
        toolCallId: call.callId,
        toolName: call.toolName,
        input: call.arguments,
      })),
    ],
  }
}

/** Tool outcomes as the model reads them: never longer than it can use. */
export function resultsMessage(outcomes: readonly ToolOutcome[]): LanguageModelV4Message {
  return {
    role: 'tool',
    content: outcomes.map(({ callId, toolName, status, result }) => {
      const value = forModel(result)
      const output: ToolOutput =
        status === 'ok'
          ? { type: 'json', value: asJson(value) }
          : { type: 'error-json', value: { status, result: asJson(value) } }
      return { type: 'tool-result', toolCallId: callId, toolName, output }
    }),
  }
}

/** Results come from JSON, so the check costs little and never fails for one. */
const asJson = (value: unknown): JSONValue => (isJSONValue(value) ? value : JSON.stringify(value))

/** Tools as a model is told of them. */
export const toolDeclarations = (tools: readonly Tool[]): LanguageModelV4FunctionTool[] =>
  tools.map((tool) => ({
    type: 'function',
    name: tool.name,
    description: tool.description,
    inputSchema: inputSchemaOf(tool.input),
  }))
