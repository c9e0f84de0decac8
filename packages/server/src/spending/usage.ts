import { sql } from 'kysely'

import type { Journal } from '../journal/journal.ts'
import type { UserId } from '../platform/ids.ts'
import {
  LIMITS,
  perOf,
  SPENDABLE,
  stateOf,
  type BudgetState,
  type Limits,
  type Whose,
} from './limits.ts'
import { periodOf } from './periods.ts'

/** What was spent in a period: of one person, or of everybody when none is named. */
export interface Spent {
  tokens: number
  cost_usd: number
  calls: number
  /** Of the calls, those without a known price: their money is not in `cost_usd`. */
  unpriced: number
}

export const NOTHING: Spent = { tokens: 0, cost_usd: 0, calls: 0, unpriced: 0 }

const SUMS = ['tokens', 'cost_usd', 'calls', 'unpriced'] as const

/** By period. */
export async function spentIn(
  { db }: Pick<Journal, 'db'>,
  periods: readonly string[],
  userId?: UserId,
): Promise<ReadonlyMap<string, Spent>> {
  let query = db.selectFrom('spent').where('period', 'in', [...periods])
  if (userId !== undefined) query = query.where('user_id', '=', userId)
  const rows = await query
    .select('period')
    .select(SUMS.map((name) => sql<number>`sum(${sql.ref(name)})`.as(name)))
    .groupBy('period')
    .execute()
  return new Map(
    (rows as (Spent & { period: string })[]).map(({ period, ...sums }) => [period, sums]),
  )
}

/** How far each budget of a period is used that there is. */
export async function statesOf(
  journal: Pick<Journal, 'db'>,
  limits: Limits,
  { whose, userId, at }: { whose: Whose; userId: UserId; at: number },
): Promise<BudgetState[]> {
  const set = SPENDABLE.filter((name) => typeof limits[name] === 'number')
  if (set.length === 0) return []
  const periods = new Set(set.map((name) => periodOf(perOf(name), at)))
  const spent = await spentIn(journal, [...periods], whose === 'yours' ? userId : undefined)
  return set.map((name) => {
    const sums = spent.get(periodOf(perOf(name), at)) ?? NOTHING
    const used = LIMITS[name].unit === 'usd' ? sums.cost_usd : sums.tokens
    return stateOf(name, whose, { used, limit: limits[name] ?? 0 }, at)
  })
}
