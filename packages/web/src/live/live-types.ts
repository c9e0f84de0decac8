import type { AnswerAction, ThreadState, UserState } from '@netra/protocol'

import type { Api, StoredFile, User } from './api.ts'
import type { Store } from './frame-store.ts'
import type { ShownRun } from './waits.ts'

export type ConnectionView =
  | { kind: 'connecting' }
  | { kind: 'connected' }
  /** This device has no network. */
  | { kind: 'offline' }
  /** Comes back by itself at `retryAt`, milliseconds since the Unix epoch. */
  | { kind: 'waiting'; retryAt: number }
  /** The login session has ended: sign in again; or the account may not, until somebody enables it. */
  | { kind: 'signed_out'; why: 'ended' | 'disabled' }
  /** The server will not have this page any more. */
  | { kind: 'stopped'; why: string }

export interface StreamView<State> {
  state: State
  /** `loading` until all that there was has arrived; `gone`: not there, or not yours. */
  phase: 'loading' | 'live' | 'gone' | 'broken'
  problem: string | null
  /** The server could not prove that nothing was lost. */
  reset: boolean
}

export type ThreadView = StreamView<ThreadState>
export type UserView = StreamView<UserState>

export type SentAttachment = Pick<StoredFile, 'file_id' | 'name' | 'bytes' | 'media_type'>

/** A message on its way: shown until the thread itself has it. */
export interface Outgoing {
  clientMessageId: string
  threadId: string | null
  text: string
  attachments: readonly SentAttachment[]
  /**
   * `held`: the server takes nothing now and is asked again. `expired`, `refused`: the person decides
   * what becomes of it.
   */
  status: 'waiting' | 'sending' | 'held' | 'accepted' | 'expired' | 'refused'
  /** For `resend` and `discard`; absent before it is in the outbox. */
  id?: string
  /** Why it was refused. */
  problem?: string | null
}

export interface MessageWish {
  threadId: string | null
  text: string
  attachments: readonly SentAttachment[]
  /** Null: the start of the thread. Undefined: its newest message. */
  parentMessageId: string | null | undefined
  agent: string | null
  model: string | null
}

/** All that the screens know of the server once somebody is signed in. */
export interface Live {
  me: User
  api: Api
  connection: Store<ConnectionView>
  user: Store<UserView>
  outgoing: Store<readonly Outgoing[]>
  thread(threadId: string): Store<ThreadView>
  /** Resolves once the server has it for good. @throws Error with what to do when refused. */
  send(wish: MessageWish): Promise<{ threadId: string; runId: string }>
  /** Sends a message that waits for the person once more, as the same one. */
  resend: (id: string) => void
  /** Forgets a message that waits for the person, or that is held. */
  discard: (id: string) => void
  regenerate(wish: {
    threadId: string
    messageId: string
    agent: string | null
    model: string | null
  }): Promise<void>
  cancel(runId: string): Promise<void>
  /** Answers a tool call that waits for a person. @throws Error when somebody else did, or it is over. */
  decide(decision: {
    runId: string
    toolCallId: string
    fence: number
    approved: boolean
    /** To a question of the call. */
    action?: AnswerAction
    /** What was filled in of a form. */
    content?: Record<string, unknown>
    /** The agent reads it. */
    reason?: string
  }): Promise<void>
  acknowledgeReset: (threadId: string) => void
  /** Something of a run was drawn: how long the person waited is measured by it. */
  shown: (run: ShownRun) => void
  /** Tries at once, also after signing in again. */
  reconnect: () => void
  close(): void
}
