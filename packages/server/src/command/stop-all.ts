import type { UserId } from '../platform/ids.ts'
import { statesThatAllow } from '../run/run.ts'
import { userIdOf, type Spending, type StopScope } from '../spending/spending.ts'
import type { CommandParts } from './parts.ts'

export interface StopOrder {
  scope: StopScope
  /** For the people whose runs it stops. */
  why: string
  by: UserId | 'operator'
}

/**
 * Stops all that runs or waits, of everybody or of one person, on every node, and keeps anything new
 * from starting until it is lifted. Resolves when all of this node has ended; answers how many runs
 * were open.
 */
export async function stopAll(
  { journal, runs, spending }: Pick<CommandParts, 'journal' | 'runs'> & { spending: Spending },
  { scope, why, by }: StopOrder,
): Promise<number> {
  const { db } = journal
  const states = statesThatAllow('cancelled')
  const owner = userIdOf(scope)
  let count = db.selectFrom('run').where('state', 'in', states)
  let mark = db.updateTable('run').set({ cancel_requested: 1 }).where('state', 'in', states)
  if (owner !== undefined) {
    count = count.where('user_id', '=', owner)
    mark = mark.where('user_id', '=', owner)
  }
  const open = await count.select((eb) => eb.fn.countAll().as('open')).executeTakeFirst()
  await spending.orders.give(scope, { why, by }, [mark.compile()])
  await runs.stopAll(scope)
  return Number(open?.open ?? 0)
}
