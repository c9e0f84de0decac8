import { makeEvent, threadStream, userStream, type Expectation } from '../journal/journal.ts'
import type { ThreadId, UserId } from '../platform/ids.ts'
import { statesThatAllow } from '../run/run.ts'
import { eventsOfThread, resultFilesOf, rowsOfThread } from './erased-rows.ts'
import { done, notFound, type Outcome } from './outcome.ts'
import type { CommandParts } from './parts.ts'
import { outsideRuns } from './thread-row.ts'

/**
 * Stops what still runs in the thread, then erases it: rows, events and large results go in one
 * commit, every device is told, and within ten minutes their bytes are gone from the disk.
 */
export async function deleteThread(
  parts: CommandParts,
  userId: UserId,
  wanted: string,
): Promise<Outcome<Record<string, never>>> {
  const thread = await parts.access.thread(userId, wanted)
  if (!thread) return notFound('thread')
  await stopRuns(parts, userId, thread.id)
  return eraseThread(parts, userId, thread.id)
}

/** As `deleteThread`, of a thread in which nothing runs; only while `expect` holds too. */
export async function eraseThread(
  { access, journal, clock, files }: Omit<CommandParts, 'runs' | 'messageRate'>,
  userId: UserId,
  threadId: ThreadId,
  expect: readonly Expectation[] = [],
): Promise<Outcome<Record<string, never>>> {
  const results = await resultFilesOf(journal, threadId)
  const context = outsideRuns(userId, threadId)
  const result = await journal.commit({
    appends: [
      {
        stream: threadStream(threadId),
        events: [makeEvent(clock, 'thread_updated', context, { deleted: true })],
      },
      { stream: userStream(userId), events: [makeEvent(clock, 'thread_deleted', context, {})] },
    ],
    expect: [access.expectThread(userId, threadId), ...expect],
    rows: rowsOfThread(journal, userId, threadId, results),
    erase: eventsOfThread(userId, threadId),
  })
  if (result.status !== 'committed') return notFound('thread')
  await files.removeContent(results)
  return done({})
}

/** Returns once nothing runs in the thread any more. */
export async function stopRuns(
  { journal, runs }: CommandParts,
  userId: UserId,
  threadId: ThreadId,
): Promise<void> {
  const open = await journal.db
    .selectFrom('run')
    .select('id')
    .where('thread_id', '=', threadId)
    .where('state', 'in', statesThatAllow('cancelled'))
    .execute()
  for (const run of open) {
    await runs.cancel(run, userId)
    await runs.settled(run.id)
  }
}
