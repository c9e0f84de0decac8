import { makeEvent } from '../journal/journal.ts'
import { newId, type ThreadId, type UserId } from '../platform/ids.ts'
import { done, type Outcome } from './outcome.ts'
import type { CommandParts } from './parts.ts'
import { newThreadRow, outsideRuns, titleFrom } from './thread-row.ts'

export async function createThread(
  { journal, clock }: CommandParts,
  userId: UserId,
  thread: { title?: string | undefined },
): Promise<Outcome<{ thread_id: string }>> {
  const threadId = newId<ThreadId>()
  const title = titleFrom(thread.title ?? '')
  const context = outsideRuns(userId, threadId)
  await journal.commit({
    appends: [
      {
        stream: `user:${userId}`,
        events: [makeEvent(clock, 'thread_created', context, { title })],
      },
    ],
    rows: [
      journal.db
        .insertInto('thread')
        .values(newThreadRow(clock, { id: threadId, userId, title, titled: Boolean(thread.title) }))
        .compile(),
    ],
  })
  return done({ thread_id: threadId })
}
