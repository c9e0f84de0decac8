import type { Content, TextPart } from '../content.ts'
import { textOf } from '../content.ts'
import type { AgentCompleted } from '../events/agent-completed.ts'
import type { MessageAdded } from '../events/message-added.ts'
import type { MessageCompleted } from '../events/message-completed.ts'
import type { MessageDelta } from '../events/message-delta.ts'
import { changeRun, noteInTimeline } from './change.ts'
import { DeltaGap } from './delta-gap.ts'
import type { ThreadMessage, ThreadState } from './thread-state.ts'

const indexOfMessage = (state: ThreadState, messageId: string): number =>
  state.messages.findLastIndex((message) => message.id === messageId)

const replaceMessage = (
  state: ThreadState,
  index: number,
  message: ThreadMessage,
): ThreadState => ({ ...state, messages: state.messages.with(index, message) })

/** A message of a run as it begins: what is known comes from the run. */
function beginMessage(
  state: ThreadState,
  runId: ThreadMessage['run_id'],
  id: ThreadMessage['id'],
): ThreadMessage {
  const run = state.runs.findLast((candidate) => candidate.id === runId)
  return {
    id,
    role: 'assistant',
    content: [],
    attachments: [],
    parent_message_id: run?.parent_message_id ?? null,
    run_id: runId,
    agent: run?.agent ?? null,
    status: 'streaming',
    usage: null,
    at: null,
  }
}

export function messageAdded(state: ThreadState, event: MessageAdded): ThreadState {
  if (indexOfMessage(state, event.message_id) >= 0) return state
  const message: ThreadMessage = {
    id: event.message_id,
    role: event.role,
    content: event.content,
    attachments: event.attachments,
    parent_message_id: event.parent_message_id,
    run_id: event.run_id,
    agent: event.role === 'assistant' ? event.agent : null,
    status: 'complete',
    usage: null,
    at: event.at,
  }
  return { ...state, messages: [...state.messages, message] }
}

/** The content with one more piece. Undefined when the piece is there already. */
function withPiece(content: Content, delta: MessageDelta): Content | undefined {
  const length = content[delta.part]?.text.length ?? 0
  if (delta.offset < length) return undefined
  if (delta.offset > length || delta.part > content.length) {
    const { message_id: messageId, part, offset } = delta
    throw new DeltaGap({ messageId, part, expected: length, offset })
  }
  const piece: TextPart = { type: 'text', text: (content[delta.part]?.text ?? '') + delta.text }
  return delta.part === content.length ? [...content, piece] : content.with(delta.part, piece)
}

/** @throws DeltaGap when text before this piece is missing. */
export function messageDelta(state: ThreadState, delta: MessageDelta): ThreadState {
  const index = indexOfMessage(state, delta.message_id)
  const known = state.messages[index]
  if (known && known.status !== 'streaming') return state
  const message = known ?? beginMessage(state, delta.run_id, delta.message_id)
  const content = withPiece(message.content, delta)
  if (content === undefined) return state
  if (known) return replaceMessage(state, index, { ...message, content })
  const added = { ...state, messages: [...state.messages, { ...message, content }] }
  return noteInTimeline(added, delta.run_id, { kind: 'message', id: delta.message_id })
}

/** A step that only called tools has said nothing, and nothing is no message. */
export function messageCompleted(state: ThreadState, event: MessageCompleted): ThreadState {
  const spoken = saidBy(state, event)
  const index = indexOfMessage(state, event.message_id)
  if (index < 0 && textOf(event.content) === '') return spoken
  const message: ThreadMessage = {
    ...(state.messages[index] ?? beginMessage(state, event.run_id, event.message_id)),
    content: event.content,
    agent: event.agent,
    status: 'complete',
    usage: event.usage,
    at: event.at,
  }
  if (index >= 0) return replaceMessage(spoken, index, message)
  const added = { ...spoken, messages: [...spoken.messages, message] }
  return noteInTimeline(added, event.run_id, { kind: 'message', id: event.message_id })
}

/** After a fallback, and after an attempt that began anew with the model that was asked for. */
const saidBy = (state: ThreadState, { run_id, model }: MessageCompleted): ThreadState =>
  model === undefined
    ? state
    : changeRun(state, run_id, (run) => (run.model === model ? run : { ...run, model }))

/** An answer that was never spoken as a message of its own still is one. */
export function finalMessage(state: ThreadState, event: AgentCompleted): ThreadState {
  if (event.final_response === '' || indexOfMessage(state, event.message_id) >= 0) return state
  const message: ThreadMessage = {
    ...beginMessage(state, event.run_id, event.message_id),
    content: [{ type: 'text', text: event.final_response }],
    agent: event.agent,
    status: 'complete',
    at: event.at,
  }
  const added = { ...state, messages: [...state.messages, message] }
  return noteInTimeline(added, event.run_id, { kind: 'message', id: event.message_id })
}

/** What was still streaming when its run ended stays as it is, and says so. */
export function cutMessages(state: ThreadState, runId: string): ThreadState {
  const isOpen = (message: ThreadMessage) =>
    message.run_id === runId && message.status === 'streaming'
  if (!state.messages.some(isOpen)) return state
  return {
    ...state,
    messages: state.messages.map((message) =>
      isOpen(message) ? { ...message, status: 'cut' } : message,
    ),
  }
}

export function dropMessages(state: ThreadState, messageIds: readonly string[]): ThreadState {
  if (messageIds.length === 0) return state
  const dropped = new Set(messageIds)
  return {
    ...state,
    messages: state.messages.filter((message) => !dropped.has(message.id)),
    runs: state.runs.map((run) =>
      run.timeline.some((entry) => entry.kind === 'message' && dropped.has(entry.id))
        ? {
            ...run,
            timeline: run.timeline.filter(
              (entry) => entry.kind !== 'message' || !dropped.has(entry.id),
            ),
          }
        : run,
    ),
  }
}
