import { sql } from 'kysely'

import type { Journal } from '../journal/journal.ts'
import { asId, type UserId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
import { userScope } from './budget-book.ts'
import { periodOf } from './periods.ts'

type Db = Pick<Journal, 'db'>

/** Whose sums nobody's are any more. */
const REMOVED = asId<UserId>('')

/**
 * What goes with a person's account: their calls, budgets and warnings. What they spent stays in the
 * sums of everybody, under nobody's name: money that is gone does not come back with an account.
 */
export const forgetPerson = ({ db }: Db, userId: UserId): Statement[] => [
  db
    .insertInto('spent')
    .columns(['period', 'user_id', 'tokens', 'cost_usd', 'calls', 'unpriced'])
    .expression(
      db
        .selectFrom('spent')
        .select([
          'period',
          sql<UserId>`${REMOVED}`.as('user_id'),
          'tokens',
          'cost_usd',
          'calls',
          'unpriced',
        ])
        .where('user_id', '=', userId)
        .orderBy('period'),
    )
    .onConflict((conflict) =>
      conflict.columns(['period', 'user_id']).doUpdateSet({
        tokens: sql<number>`spent.tokens + excluded.tokens`,
        cost_usd: sql<number>`spent.cost_usd + excluded.cost_usd`,
        calls: sql<number>`spent.calls + excluded.calls`,
        unpriced: sql<number>`spent.unpriced + excluded.unpriced`,
      }),
    )
    .compile(),
  db.deleteFrom('spent').where('user_id', '=', userId).compile(),
  db.deleteFrom('model_call').where('user_id', '=', userId).compile(),
  db.deleteFrom('budget').where('scope', '=', userScope(userId)).compile(),
  db.deleteFrom('budget_told').where('user_id', '=', userId).compile(),
  db.deleteFrom('stop_order').where('scope', '=', userScope(userId)).compile(),
]

/** What is older than the calendar month of now and `months` before it. */
export function forgetOld({ db }: Db, now: number, months: number): Statement[] {
  const date = new Date(now)
  const from = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 1)
  const day = periodOf('day', from)
  return [
    db.deleteFrom('model_call').where('at', '<', day).compile(),
    // A month sorts before its days: `2026-11` < `2026-11-01`.
    db.deleteFrom('spent').where('period', '<', periodOf('month', from)).compile(),
    db.deleteFrom('budget_told').where('at', '<', day).compile(),
  ]
}
