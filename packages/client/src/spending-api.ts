import { z } from 'zod'

import type { HttpRequester } from './http-request.ts'

const number = z.number()
const limit = z.number().nonnegative().nullable().optional()

/** Absent: as the wider scope says. Null: no limit. Tokens, US dollars, counts and seconds. */
export const budgetLimitsSchema = z.object({
  tokens_per_day: limit,
  tokens_per_month: limit,
  usd_per_day: limit,
  usd_per_month: limit,
  concurrent_runs: limit,
  steps_per_run: limit,
  model_calls_per_run: limit,
  handoffs_per_run: limit,
  seconds_per_run: limit,
})

const spentSchema = z.object({
  tokens: number,
  cost_usd: number,
  calls: number,
  /** Calls without a known price: their money is in no sum. */
  unpriced_calls: number,
})

export const budgetStateSchema = z.object({
  budget: z.string(),
  /** A person's own, or of everybody together. */
  whose: z.enum(['yours', 'everyone']),
  used: number,
  limit: number,
  left: number,
  /** Whole percent of the limit; over 100 when the last call went over. */
  percent: number,
  renews_at: z.string(),
})

const totalsSchema = z.object({
  calls: number,
  failed_calls: number,
  input_tokens: number,
  cached_input_tokens: number,
  output_tokens: number,
  tokens: number,
  cost_usd: number,
  unpriced_calls: number,
  estimated_calls: number,
})

const byModel = z.array(totalsSchema.extend({ model: z.string() }))
const byAgent = z.array(totalsSchema.extend({ agent: z.string() }))
const byDay = z.array(totalsSchema.extend({ day: z.string() }))

export const stopOrderSchema = z.object({
  /** `everyone`, or `user:<id>`. */
  scope: z.string(),
  why: z.string(),
  at: z.string(),
})

export const spendingSchema = z.object({
  /** Of the lists; `today` and `month` are UTC's. */
  days: number,
  today: spentSchema,
  month: spentSchema,
  budgets: z.array(budgetStateSchema),
  /** All that limits oneself, those of a run too. */
  limits: budgetLimitsSchema,
  /**
   * What is written down for each user (`role:user`) and does not hold for oneself, an administrator;
   * empty for everybody else.
   */
  users_only: budgetLimitsSchema.default({}),
  /** Why nothing runs; null when it does. */
  stopped: stopOrderSchema.nullable(),
  by_model: byModel,
  by_agent: byAgent,
  by_day: byDay,
})

export const allSpendingSchema = z.object({
  days: number,
  today: spentSchema,
  month: spentSchema,
  budgets: z.array(budgetStateSchema),
  by_user: z.array(
    totalsSchema.extend({
      user_id: z.string(),
      /** Null where the accounts are kept elsewhere, or the account is gone. */
      email: z.string().nullable(),
    }),
  ),
  by_model: byModel,
  by_agent: byAgent,
  by_day: byDay,
})

export const budgetsSchema = z.object({
  /** What the settings say. */
  defaults: z.object({ own: budgetLimitsSchema, everyone: budgetLimitsSchema }),
  /** What administrators wrote down; it holds before the settings. */
  written: z.array(
    z.object({
      /** `everyone`, `role:user`, `role:admin` or `user:<id>`. */
      scope: z.string(),
      email: z.string().nullable(),
      limits: budgetLimitsSchema,
      updated_at: z.string(),
    }),
  ),
})

export const stopOrdersSchema = z.object({ orders: z.array(stopOrderSchema) })
export const stoppedSchema = stopOrdersSchema.extend({
  /** Runs that were open. */
  stopped: number,
})

export type BudgetLimits = z.infer<typeof budgetLimitsSchema>
export type BudgetState = z.infer<typeof budgetStateSchema>
export type SpendingTotals = z.infer<typeof totalsSchema>
export type Spending = z.infer<typeof spendingSchema>
export type AllSpending = z.infer<typeof allSpendingSchema>
export type Budgets = z.infer<typeof budgetsSchema>
export type StopOrder = z.infer<typeof stopOrderSchema>

/**
 * What models used and what they may: one's own for everybody, all of it for administrators.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class SpendingApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  mine(days = 30, signal?: AbortSignal): Promise<Spending> {
    return this.#http.json(spendingSchema, 'GET', `/api/spending?days=${days}`, { signal })
  }

  all(days = 30, signal?: AbortSignal): Promise<AllSpending> {
    return this.#http.json(allSpendingSchema, 'GET', `/api/admin/spending?days=${days}`, { signal })
  }

  /** A row for each day, person, model and agent. */
  async csv(days = 30): Promise<Blob> {
    const response = await this.#http.send('GET', `/api/admin/spending/export?days=${days}`)
    return response.blob()
  }

  budgets(signal?: AbortSignal): Promise<Budgets> {
    return this.#http.json(budgetsSchema, 'GET', '/api/admin/budgets', { signal })
  }

  /** Replaces what is written down for the scope; without any limit it falls back to the wider. */
  setBudget(budget: {
    scope?: string
    /** Instead of a scope. */
    email?: string
    limits: BudgetLimits
  }): Promise<Budgets> {
    return this.#http.json(budgetsSchema, 'PUT', '/api/admin/budgets', { body: budget })
  }

  async orders(signal?: AbortSignal): Promise<StopOrder[]> {
    const answer = await this.#http.json(stopOrdersSchema, 'GET', '/api/admin/stop', { signal })
    return answer.orders
  }

  /** Stops all that runs, of everybody or of one person, and keeps anything new from starting. */
  stop(order: { user_id?: string; why: string }): Promise<z.infer<typeof stoppedSchema>> {
    return this.#http.json(stoppedSchema, 'POST', '/api/admin/stop', { body: order })
  }

  async lift(userId?: string): Promise<StopOrder[]> {
    const query = userId === undefined ? '' : `?user_id=${encodeURIComponent(userId)}`
    const path = `/api/admin/stop${query}`
    return (await this.#http.json(stopOrdersSchema, 'DELETE', path)).orders
  }
}
