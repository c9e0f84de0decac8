import type { Journal, StreamName } from '../../packages/server/src/journal/journal.ts'
import { planFrom } from '../../packages/server/src/journal/plan.ts'
import { RecentEvents } from '../../packages/server/src/journal/recent-events.ts'

const KEPT_CHARACTERS = 32 * 1024 * 1024
const EPOCH = 'memory'

/**
 * What delivery would cost without a journal: events are numbered and told at once, and kept only
 * as the shipped journal keeps its newest ones. Rows are read from a real journal.
 */
export function memoryJournal(rows: Journal): Journal {
  const heads = new Map<StreamName, number>()
  const recent = new RecentEvents(KEPT_CHARACTERS)
  const listeners = new Set<Parameters<Journal['onCommitted']>[0]>()
  let commits = 0
  let events = 0
  const head = (stream: StreamName): number => heads.get(stream) ?? 0
  const read: Journal['read'] = async (stream, after, limit) =>
    after >= head(stream) ? [] : (recent.read(stream, after, limit) ?? [])

  return {
    epoch: EPOCH,
    db: rows.db,
    query: (statement) => rows.query(statement),
    write: (statements) => rows.write(statements),
    commit({ appends }) {
      commits += 1
      const appended = appends.map((append) => {
        const first = head(append.stream) + 1
        const last = first + append.events.length - 1
        events += append.events.length
        heads.set(append.stream, last)
        recent.add(append.stream, first, append.events)
        for (const listener of listeners) listener(append.stream, first, append.events)
        return { stream: append.stream, first, last }
      })
      return Promise.resolve({ status: 'committed', appended })
    },
    head: async (stream) => head(stream),
    plan: async (stream, position) => planFrom(position, EPOCH, head(stream)),
    read,
    async readKept(stream, after, limit) {
      const found = await read(stream, after, limit)
      return { events: found, through: found.at(-1)?.seq ?? after }
    },
    onCommitted(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    follow: () => () => undefined,
    onEpochChanged: () => () => undefined,
    compact: () => Promise.reject(new Error('there is nothing to compact')),
    now: () => rows.now(),
    status: () => ({ writable: true, commits, events, pendingCommits: 0, lastCommitMs: 0 }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
