import type { UserId } from '../platform/ids.ts'
import { isOpen } from '../run/run.ts'
import { done, notFound, type Outcome } from './outcome.ts'
import type { CommandParts } from './parts.ts'

/** Stopping a run that has already ended is no error: the stream says how it ended. */
export async function cancelRun(
  { access, runs }: CommandParts,
  userId: UserId,
  runId: string,
): Promise<Outcome<Record<string, never>>> {
  const run = await access.run(userId, runId)
  if (!run) return notFound('run')
  if (isOpen(run.state)) await runs.cancel(run, userId)
  return done({})
}
