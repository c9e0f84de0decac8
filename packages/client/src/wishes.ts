import type { AnswerAction, Ok } from '@netra/protocol'

import type { CommandMessage } from './outbox-storage.ts'
import { newTraceparent } from './traceparent.ts'

export interface MessageToSend {
  /** Null: a new thread. */
  threadId: string | null
  text: string
  attachments?: readonly { file_id: string }[]
  /** Absent: the thread's newest leaf. Null: the start of the thread. */
  parentMessageId?: string | null
  agent?: string | null
  model?: string | null
  /** The same id for the same wish makes sending it twice safe; made up unless given. */
  clientMessageId?: string
  /** W3C Trace Context; the trace that the click began, made up unless given. */
  traceparent?: string
}

export interface MessageToRegenerate {
  threadId: string
  /** The user's message to answer once more. */
  messageId: string
  agent?: string | null
  model?: string | null
  clientMessageId?: string
  traceparent?: string
}

export interface Decision {
  runId: string
  toolCallId: string
  approved: boolean
  fence: number
  reason?: string
  /** To a question of the call; absent it follows from `approved`. */
  action?: AnswerAction
  /** What was filled in of a form. */
  content?: Record<string, unknown>
}

/** The server has the message, for good. */
export interface Accepted {
  threadId: string
  runId: string
  /** The thread's position just before the message. */
  position: string | null
  duplicate: boolean
}

type Message<Type extends CommandMessage['type']> = Extract<CommandMessage, { type: Type }>

export function sendMessageOf(id: string, wish: MessageToSend): Message<'send_message'> {
  return {
    type: 'send_message',
    id,
    client_message_id: wish.clientMessageId ?? crypto.randomUUID(),
    thread_id: wish.threadId,
    content: wish.text === '' ? [] : [{ type: 'text', text: wish.text }],
    ...(wish.attachments && { attachments: [...wish.attachments] }),
    ...(wish.parentMessageId !== undefined && { parent_message_id: wish.parentMessageId }),
    ...(wish.agent != null && { agent: wish.agent }),
    ...(wish.model != null && { model: wish.model }),
    traceparent: wish.traceparent ?? newTraceparent(),
  }
}

export function regenerateOf(id: string, wish: MessageToRegenerate): Message<'regenerate'> {
  return {
    type: 'regenerate',
    id,
    client_message_id: wish.clientMessageId ?? crypto.randomUUID(),
    thread_id: wish.threadId,
    message_id: wish.messageId,
    ...(wish.agent != null && { agent: wish.agent }),
    ...(wish.model != null && { model: wish.model }),
    traceparent: wish.traceparent ?? newTraceparent(),
  }
}

export function decideOf(id: string, decision: Decision): Message<'decide'> {
  return {
    type: 'decide',
    id,
    run_id: decision.runId,
    tool_call_id: decision.toolCallId,
    approved: decision.approved,
    fence: decision.fence,
    ...(decision.reason !== undefined && { reason: decision.reason }),
    ...(decision.action !== undefined && { action: decision.action }),
    ...(decision.content !== undefined && { content: decision.content }),
  }
}

/** What an `ok` says of a message. */
export function acceptedOf(ok: Ok): Accepted {
  if (ok.thread_id === undefined || ok.run_id === undefined) {
    throw new Error('the server accepted a message without naming its thread and run')
  }
  return {
    threadId: ok.thread_id,
    runId: ok.run_id,
    position: ok.position ?? null,
    duplicate: ok.duplicate ?? false,
  }
}
