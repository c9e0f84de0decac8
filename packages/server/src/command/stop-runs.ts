import type { UserId } from '../platform/ids.ts'
import { statesThatAllow } from '../run/run.ts'
import type { CommandParts } from './parts.ts'

/** Stops all that runs or waits for this user; answers how much that was. */
export async function stopRunsOf(
  { journal, runs }: Pick<CommandParts, 'journal' | 'runs'>,
  userId: UserId,
): Promise<number> {
  const open = await journal.db
    .selectFrom('run')
    .select('id')
    .where('user_id', '=', userId)
    .where('state', 'in', statesThatAllow('cancelled'))
    .execute()
  await Promise.all(open.map((run) => runs.cancel(run, userId)))
  return open.length
}
