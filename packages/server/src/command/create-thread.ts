import { makeEvent, userStream } from '../journal/journal.ts'
import { newId, type ThreadId, type UserId } from '../platform/ids.ts'
import { done, notFound, withheld, type Outcome } from './outcome.ts'
import { expectOwner } from './owner.ts'
import type { CommandParts } from './parts.ts'
import { newThreadRow, outsideRuns, titleFrom } from './thread-row.ts'

export async function createThread(
  { journal, clock, mode }: CommandParts,
  userId: UserId,
  thread: { title?: string | undefined },
): Promise<Outcome<{ thread_id: string }>> {
  const closed = mode?.writing()
  if (closed) return withheld(closed)
  const threadId = newId<ThreadId>()
  const title = titleFrom(thread.title ?? '')
  const context = outsideRuns(userId, threadId)
  const result = await journal.commit({
    appends: [
      {
        stream: userStream(userId),
        events: [makeEvent(clock, 'thread_created', context, { title })],
      },
    ],
    expect: [expectOwner(journal, userId)],
    rows: [
      journal.db
        .insertInto('thread')
        .values(newThreadRow(clock, { id: threadId, userId, title, titled: Boolean(thread.title) }))
        .compile(),
    ],
  })
  return result.status === 'committed' ? done({ thread_id: threadId }) : notFound('account')
}
