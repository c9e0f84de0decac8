import type {
  ClientMessageInput,
  ServerMessage,
  ServerMessageInput,
  ThreadEventInput,
  ThreadState,
  UserEventInput,
  UserState,
} from '@netra/protocol'

export type HeardMessage = ServerMessage | ServerMessageInput
export type JournalEvent = ThreadEventInput | UserEventInput
export type StreamState = ThreadState | UserState

/**
 * What somebody saw, as plain data. The list is in the order in which each device saw its own things;
 * between devices any order will do. `device` is one memory: a page that was loaded anew is another
 * device, or has `restarted`. `socket` is any text that names one connection, and never comes twice.
 */
export type Observation =
  /** A device opened a connection with the credentials of `user`. */
  | { kind: 'opened'; device: string; socket: string; user: string }
  /** What the device wrote to it: `hello`, `subscribe`, `ack`, `send_message` and so on. */
  | { kind: 'said'; device: string; socket: string; message: ClientMessageInput }
  /** One frame as it arrived, before the device judged it; `bytes` of the whole frame. */
  | {
      kind: 'heard'
      device: string
      socket: string
      messages: readonly HeardMessage[]
      bytes: number
    }
  /** A transport without `subscribe` (events, poll) reads one stream from there; null: the start. */
  | { kind: 'reads'; device: string; socket: string; stream: string; position: string | null }
  | { kind: 'closed'; device: string; socket: string }
  /** The device lost its memory: it may start from null without having been told of a loss. */
  | { kind: 'restarted'; device: string }
  /** What the device made of a stream, at the position that it has applied. */
  | { kind: 'state'; device: string; stream: string; position: string; state: StreamState }
  /** The server bytes that wait for one connection. */
  | { kind: 'queued'; socket: string; bytes: number; window: number }
  /** A durable event, where the caller sees the journal's commits. `fence` of the run that wrote it. */
  | {
      kind: 'committed'
      stream: string
      epoch: string
      seq: number
      event: JournalEvent
      fence?: number
    }
  /** From now on only this fence, or a higher one, may write for the run. */
  | { kind: 'claimed'; run: string; fence: number }
  /**
   * What the journal holds now, read by somebody without a memory: events in order (they need not
   * begin with 1), or a state, or both. `position` is the head.
   */
  | {
      kind: 'journal'
      stream: string
      position: string
      events: readonly { seq: number; event: JournalEvent }[]
      state?: StreamState
    }
  /** The journal began a new epoch: what came before and is not there any more is lost. */
  | { kind: 'epoch_changed'; to: string }
  /** The stream was deleted by its owner: nothing of it need be there. */
  | { kind: 'deleted'; stream: string }
  /** Nothing disturbs any more; everything has to come together from here on. */
  | { kind: 'faults_stopped' }
