import { sql } from 'kysely'

import type { Journal, ModelCallRow } from '../journal/journal.ts'
import { newId, type RunId, type ThreadId, type UserId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
import { periodOf } from './periods.ts'

type Db = Pick<Journal, 'db'>

/** One call of a model that is over, whatever came of it. */
export interface CallMade {
  /** `<provider>/<model>` */
  model: string
  /** When it began; milliseconds since 1970. */
  at: number
  ms: number
  status: ModelCallRow['status']
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  /** The provider did not say what it counted. */
  estimated: boolean
  /** US dollars; null when no price is known. */
  costUsd: number | null
}

/** Whose call it was. */
export interface Caller {
  id: RunId
  user_id: UserId
  thread_id: ThreadId
}

export const tokensOf = ({ inputTokens, outputTokens }: CallMade): number =>
  inputTokens + outputTokens

/**
 * The rows of calls: each in the ledger, and counted for its day and month. They belong into the
 * commit of the step that the calls led to, so that neither a restart nor another process forgets
 * one or counts it twice; that commit must hold the lock of the user's stream, which gives all
 * counters of one user one order.
 */
export function callRows(
  { db }: Db,
  { id, user_id, thread_id }: Caller,
  agent: string | null,
  calls: readonly CallMade[],
): Statement[] {
  if (calls.length === 0) return []
  const rows: ModelCallRow[] = calls.map((call) => ({
    id: newId(),
    run_id: id,
    thread_id,
    user_id,
    agent,
    model: call.model,
    at: new Date(call.at).toISOString(),
    ms: Math.max(0, Math.round(call.ms)),
    status: call.status,
    input_tokens: call.inputTokens,
    cached_input_tokens: call.cachedInputTokens,
    output_tokens: call.outputTokens,
    estimated: call.estimated ? 1 : 0,
    cost_usd: call.costUsd,
  }))
  return [db.insertInto('model_call').values(rows).compile(), ...counted({ db }, user_id, calls)]
}

interface Sum {
  tokens: number
  cost_usd: number
  calls: number
  unpriced: number
}

/** Periods in one order, so that no two commits wait for each other. */
function counted({ db }: Db, user_id: UserId, calls: readonly CallMade[]): Statement[] {
  const sums = new Map<string, Sum>()
  for (const call of calls) {
    for (const per of ['day', 'month'] as const) {
      const period = periodOf(per, call.at)
      const sum = sums.get(period) ?? { tokens: 0, cost_usd: 0, calls: 0, unpriced: 0 }
      sums.set(period, {
        tokens: sum.tokens + tokensOf(call),
        cost_usd: sum.cost_usd + (call.costUsd ?? 0),
        calls: sum.calls + 1,
        unpriced: sum.unpriced + (call.costUsd === null ? 1 : 0),
      })
    }
  }
  return [...sums]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([period, sum]) =>
      db
        .insertInto('spent')
        .values({ period, user_id, ...sum })
        .onConflict((conflict) =>
          conflict.columns(['period', 'user_id']).doUpdateSet({
            tokens: sql<number>`spent.tokens + excluded.tokens`,
            cost_usd: sql<number>`spent.cost_usd + excluded.cost_usd`,
            calls: sql<number>`spent.calls + excluded.calls`,
            unpriced: sql<number>`spent.unpriced + excluded.unpriced`,
          }),
        )
        .compile(),
    )
}
