import type { EventContext, ThreadRow } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { ThreadId, UserId } from '../platform/ids.ts'

/** What an event of a thread carries that no run caused. */
export const outsideRuns = (userId: UserId, threadId: ThreadId): EventContext => ({
  user_id: userId,
  thread_id: threadId,
  run_id: null,
  agent: null,
  trace_id: null,
})

const TITLE_LENGTH = 60

/** A title from the first words of a text, cut at a word. */
export function titleFrom(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  if (line.length <= TITLE_LENGTH) return line || 'New chat'
  const cut = line.slice(0, TITLE_LENGTH)
  const space = cut.lastIndexOf(' ')
  return `${(space > TITLE_LENGTH / 2 ? cut.slice(0, space) : cut).replace(/[\uD800-\uDBFF]$/, '')}…`
}

export function newThreadRow(
  clock: Clock,
  thread: { id: ThreadId; userId: UserId; title: string; titled?: boolean },
): ThreadRow {
  const at = isoTime(clock)
  return {
    id: thread.id,
    user_id: thread.userId,
    title: thread.title,
    titled: thread.titled ? 1 : 0,
    archived: 0,
    message_count: 0,
    metadata: '{}',
    created_at: at,
    updated_at: at,
  }
}
