import { makeEvent, threadStream, userStream } from '../journal/journal.ts'
import { isoTime } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import { done, notFound, refuse, withheld, type Outcome } from './outcome.ts'
import type { CommandParts } from './parts.ts'
import { outsideRuns } from './thread-row.ts'

export interface ThreadChange {
  title?: string | undefined
  archived?: boolean | undefined
  metadata?: Record<string, unknown> | undefined
}

export async function updateThread(
  { access, journal, clock, mode }: CommandParts,
  userId: UserId,
  wanted: string,
  change: ThreadChange,
): Promise<Outcome<{ thread_id: string }>> {
  const thread = await access.thread(userId, wanted)
  if (!thread) return notFound('thread')
  const closed = mode?.writing()
  if (closed) return withheld(closed)
  const threadId = thread.id
  const title = change.title?.replaceAll(/\s+/g, ' ').trim()
  if (title === '') return refuse('malformed', 'A title needs at least one character.')
  const { archived, metadata } = change
  const context = outsideRuns(userId, threadId)
  const fields = {
    ...(title !== undefined && { title }),
    ...(archived !== undefined && { archived }),
  }
  const event = makeEvent(clock, 'thread_updated', context, fields)
  const seen = Object.keys(fields).length > 0
  const result = await journal.commit({
    appends: seen
      ? [
          { stream: threadStream(threadId), events: [event] },
          { stream: userStream(userId), events: [event] },
        ]
      : [],
    expect: [access.expectThread(userId, threadId)],
    rows: [
      journal.db
        .updateTable('thread')
        .set({
          updated_at: isoTime(clock),
          ...(title !== undefined && { title, titled: 1 }),
          ...(archived !== undefined && { archived: archived ? 1 : 0 }),
          ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
        })
        .where('id', '=', threadId)
        .compile(),
    ],
  })
  return result.status === 'committed' ? done({ thread_id: threadId }) : notFound('thread')
}
