import type { LanguageModelV4Prompt, LanguageModelV4ToolResultPart } from '@ai-sdk/provider'

import { unreachable } from '../../../platform/unreachable.ts'
import type { Attachment } from '../../step.ts'
import { parseFileList } from '../file-list.ts'

/** A finished tool call, as the prompt tells of it. */
export interface ToolRecord {
  toolName: string
  input: unknown
  outcome: { status: 'ok'; value: unknown } | { status: 'failed'; message: string }
}

/** All that the built-in model knows: it keeps nothing between calls. */
export interface Conversation {
  files: Attachment[]
  /** What the person wrote before, oldest first. */
  earlier: string[]
  /** What the person asks now. */
  message: string
  /** Results of the whole prompt, oldest first. */
  records: ToolRecord[]
  /** Results of this run alone. */
  current: ToolRecord[]
}

export function conversationOf(prompt: LanguageModelV4Prompt): Conversation {
  const conversation: Conversation = {
    files: [],
    earlier: [],
    message: '',
    records: [],
    current: [],
  }
  const calls = new Map<string, { toolName: string; input: unknown }>()
  let asked = false
  for (const message of prompt) {
    if (message.role === 'system') {
      const files = parseFileList(message.content)
      if (files.length > 0) conversation.files = files
    } else if (message.role === 'user') {
      if (asked) conversation.earlier.push(conversation.message)
      asked = true
      conversation.message = textOf(message.content)
      conversation.current = []
    } else {
      for (const part of message.content) {
        if (part.type === 'tool-call') calls.set(part.toolCallId, part)
        if (part.type !== 'tool-result') continue
        const call = calls.get(part.toolCallId)
        if (!call) continue
        const record = {
          toolName: call.toolName,
          input: call.input,
          outcome: outcomeOf(part.output),
        }
        conversation.records.push(record)
        conversation.current.push(record)
      }
    }
  }
  return conversation
}

/** What the names of attached files, told to models that read prose, begin with and end with. */
const [NOTE_BEGINS, NOTE_ENDS] = ['[attached: ', ']']

const textOf = (content: readonly { type: string; text?: string }[]): string =>
  withoutNote(
    content
      .map((part) => (part.type === 'text' ? (part.text ?? '') : ''))
      .join('\n')
      .trim(),
  )

/** The note is the end of the last line. */
function withoutNote(text: string): string {
  const begins = text.indexOf(NOTE_BEGINS, text.lastIndexOf('\n') + 1)
  return begins >= 0 && text.endsWith(NOTE_ENDS) ? text.slice(0, begins).trimEnd() : text
}

function outcomeOf(output: LanguageModelV4ToolResultPart['output']): ToolRecord['outcome'] {
  switch (output.type) {
    case 'json':
      return { status: 'ok', value: output.value }
    case 'text':
      return { status: 'ok', value: parsed(output.value) }
    case 'error-text':
      return { status: 'failed', message: output.value }
    case 'error-json':
      return { status: 'failed', message: messageIn(output.value) }
    case 'execution-denied':
      return { status: 'failed', message: output.reason ?? 'The call was denied.' }
    case 'content':
      return { status: 'failed', message: 'The result is of a kind that I cannot read.' }
    default:
      return unreachable(output)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The sentence in an error, however deep the tool or the loop has put it. */
function messageIn(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) {
    for (const key of ['error', 'message', 'result'] as const) {
      const inner = (value as Record<string, unknown>)[key]
      if (inner !== undefined && inner !== null) return messageIn(inner)
    }
  }
  return JSON.stringify(value)
}
