import type { OutboxEntry, OutboxStorage } from '@netra/client'

const isEntry = (value: unknown): value is OutboxEntry =>
  typeof value === 'object' && value !== null && 'message' in value && 'createdAt' in value

/** An unanswered command is of no use for longer than the server remembers its id. */
const KEPT_MS = 24 * 60 * 60 * 1000

/**
 * Messages without an answer outlive the page: what was sent offline and reloaded still goes out.
 * Entries are keyed by page, because each page counts its request ids from one.
 */
export function keptOutbox(userId: string, storage: Storage, page: string): OutboxStorage {
  const prefix = `netra.outbox.${userId}.`
  /** Where an entry of an earlier page is kept, by the id it got here. */
  const origins = new Map<string, string>()
  const keyOf = (id: string) => origins.get(id) ?? `${prefix}${page}.${id}`

  function read(key: string): OutboxEntry | undefined {
    try {
      const value: unknown = JSON.parse(storage.getItem(key) ?? 'null')
      return isEntry(value) && Date.now() - value.createdAt < KEPT_MS ? value : undefined
    } catch {
      return undefined
    }
  }

  return {
    async load() {
      const keys = Object.keys(storage).filter(
        (key) => key.startsWith(prefix) && !key.startsWith(`${prefix}${page}.`),
      )
      const entries: OutboxEntry[] = []
      for (const key of keys) {
        const entry = read(key)
        if (!entry || entry.message.type === 'cancel_run') {
          storage.removeItem(key)
          continue
        }
        const id = key.slice(prefix.length)
        origins.set(id, key)
        entries.push({ ...entry, id, message: { ...entry.message, id } })
      }
      return entries.toSorted((a, b) => a.createdAt - b.createdAt)
    },
    async save(entry) {
      try {
        storage.setItem(keyOf(entry.id), JSON.stringify(entry))
      } catch {
        // A full storage costs only that the message does not outlive the page.
      }
    },
    async remove(id) {
      storage.removeItem(keyOf(id))
    },
  }
}
