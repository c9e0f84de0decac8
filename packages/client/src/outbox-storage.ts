import type { ClientMessageInput } from '@netra/protocol'

export type CommandMessage = Extract<
  ClientMessageInput,
  { type: 'send_message' | 'regenerate' | 'cancel_run' | 'decide' }
>

export interface OutboxEntry {
  readonly id: string
  readonly message: CommandMessage
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number
}

/**
 * Where messages without an answer are kept beyond the life of a client, for one user. What cannot be
 * kept costs only that a message does not outlive the client: no method rejects.
 */
export interface OutboxStorage {
  /** The entries that this client may send and no other living one does, the oldest first. */
  load(): Promise<OutboxEntry[]>
  save(entry: OutboxEntry): Promise<void>
  remove(id: string): Promise<void>
}
