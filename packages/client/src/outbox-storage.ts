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

/** Where unanswered commands are kept; `load` answers the oldest first. */
export interface OutboxStorage {
  load(): Promise<OutboxEntry[]>
  save(entry: OutboxEntry): Promise<void>
  remove(id: string): Promise<void>
}

/** Kept as long as the client: they survive reconnects, not a reload. */
export function memoryOutbox(): OutboxStorage {
  const entries = new Map<string, OutboxEntry>()
  return {
    load: async () => [...entries.values()],
    async save(entry) {
      entries.set(entry.id, entry)
    },
    async remove(id) {
      entries.delete(id)
    },
  }
}
