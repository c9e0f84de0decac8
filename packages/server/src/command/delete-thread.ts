import { makeEvent } from '../journal/journal.ts'
import type { UserId } from '../platform/ids.ts'
import { statesThatAllow } from '../run/run.ts'
import { done, notFound, type Outcome } from './outcome.ts'
import type { CommandParts } from './parts.ts'
import { outsideRuns } from './thread-row.ts'

/**
 * Stops what still runs in the thread, then removes its rows and tells every device. Its events
 * cannot be read through Netra from then on; their payloads stay in the journal's file, which has
 * no erasure yet.
 */
export async function deleteThread(
  { access, journal, clock, runs }: CommandParts,
  userId: UserId,
  threadId: string,
): Promise<Outcome<Record<string, never>>> {
  if (!(await access.thread(userId, threadId))) return notFound('thread')
  const { db } = journal
  const open = await db
    .selectFrom('run')
    .select('id')
    .where('thread_id', '=', threadId)
    .where('state', 'in', statesThatAllow('cancelled'))
    .execute()
  for (const run of open) {
    await runs.cancel(run, userId)
    await runs.settled(run.id)
  }
  const context = outsideRuns(userId, threadId)
  const result = await journal.commit({
    appends: [
      {
        stream: `thread:${threadId}`,
        events: [makeEvent(clock, 'thread_updated', context, { deleted: true })],
      },
      { stream: `user:${userId}`, events: [makeEvent(clock, 'thread_deleted', context, {})] },
    ],
    expect: [access.expectThread(userId, threadId)],
    rows: [
      db.deleteFrom('message').where('thread_id', '=', threadId).compile(),
      db.deleteFrom('run').where('thread_id', '=', threadId).compile(),
      db.deleteFrom('thread').where('id', '=', threadId).compile(),
    ],
  })
  return result.status === 'committed' ? done({}) : notFound('thread')
}
