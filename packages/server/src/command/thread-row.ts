import type { ThreadRow } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'

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
  thread: { id: string; userId: string; title: string; titled?: boolean },
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
