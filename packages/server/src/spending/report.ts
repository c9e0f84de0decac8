import { sql } from 'kysely'

import type { Journal } from '../journal/journal.ts'
import type { UserId } from '../platform/ids.ts'

type Db = Pick<Journal, 'db'>

/** What calls came to; money in US dollars, of the calls whose price is known. */
export interface Totals {
  calls: number
  failed_calls: number
  input_tokens: number
  cached_input_tokens: number
  output_tokens: number
  tokens: number
  cost_usd: number
  /** Calls without a known price: their money is in no sum. */
  unpriced_calls: number
  /** Calls whose tokens are estimated, because the provider did not say what it counted. */
  estimated_calls: number
}

export type Dimension = 'model' | 'agent' | 'day' | 'user_id'

const COLUMN = {
  model: sql<string>`model`,
  agent: sql<string>`coalesce(agent, '')`,
  day: sql<string>`substr(at, 1, 10)`,
  user_id: sql<string>`user_id`,
} as const

const TOTALS = {
  calls: sql<number>`count(*)`,
  failed_calls: sql<number>`sum(case when status = 'ok' then 0 else 1 end)`,
  input_tokens: sql<number>`sum(input_tokens)`,
  cached_input_tokens: sql<number>`sum(cached_input_tokens)`,
  output_tokens: sql<number>`sum(output_tokens)`,
  tokens: sql<number>`sum(input_tokens + output_tokens)`,
  cost_usd: sql<number>`coalesce(sum(cost_usd), 0)`,
  unpriced_calls: sql<number>`sum(case when cost_usd is null then 1 else 0 end)`,
  estimated_calls: sql<number>`sum(estimated)`,
} as const

export interface Asked {
  /** ISO 8601, UTC. */
  since: string
  /** Of everybody, unless one is named. */
  userId?: UserId | undefined
}

/** What the ledger holds since then by one or more dimensions, what costs most first. */
export async function totalsBy<By extends Dimension>(
  { db }: Db,
  dimensions: readonly By[],
  { since, userId }: Asked,
  most = 1_000,
): Promise<(Totals & Record<By, string>)[]> {
  let query = db.selectFrom('model_call').where('at', '>=', since)
  if (userId !== undefined) query = query.where('user_id', '=', userId)
  const rows = await query
    .select(dimensions.map((name) => COLUMN[name].as(name)))
    .select(Object.entries(TOTALS).map(([name, value]) => value.as(name)))
    .groupBy(dimensions.map((name) => COLUMN[name]))
    .orderBy(sql`coalesce(sum(cost_usd), 0)`, 'desc')
    .orderBy(sql`sum(input_tokens + output_tokens)`, 'desc')
    .limit(most)
    .execute()
  return rows as unknown as (Totals & Record<By, string>)[]
}

/** The calls of a person, oldest first, a page at a time: what their archive holds of the ledger. */
export async function* callsOf({ db }: Db, userId: UserId, atOnce = 1_000) {
  for (let after = ''; ;) {
    const rows = await db
      .selectFrom('model_call')
      .select([
        'id',
        'run_id',
        'thread_id',
        'agent',
        'model',
        'at',
        'ms',
        'status',
        'input_tokens',
        'cached_input_tokens',
        'output_tokens',
        'estimated',
        'cost_usd',
      ])
      .where('user_id', '=', userId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(atOnce)
      .execute()
    yield rows
    const last = rows.at(-1)
    if (!last || rows.length < atOnce) return
    after = last.id
  }
}
