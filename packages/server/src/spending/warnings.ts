import { makeEvent, userStream, type Journal } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { BudgetState } from './limits.ts'
import { perOf } from './limits.ts'
import { periodOf } from './periods.ts'

/** Percent of a budget at which its person is told. */
const TOLD_AT = [100, 80] as const

/**
 * Tells a person once for each budget and period that it is nearly used, and once that it is: by
 * `limits_changed` in their own stream, so that every device of theirs shows it.
 */
export class Warnings {
  readonly #parts: { journal: Journal; clock: Clock; logger: Logger }
  /** What this process knows to be told. */
  readonly #told = new Set<string>()

  constructor(parts: { journal: Journal; clock: Clock; logger: Logger }) {
    this.#parts = parts
  }

  async tell(userId: UserId, states: readonly BudgetState[]): Promise<void> {
    for (const state of states) {
      const percent = TOLD_AT.find((at) => state.used * 100 >= state.limit * at)
      if (percent !== undefined) await this.#tellOnce(userId, state, percent)
    }
  }

  async #tellOnce(userId: UserId, state: BudgetState, percent: number): Promise<void> {
    const { journal, clock, logger } = this.#parts
    const { db } = journal
    const period = periodOf(perOf(state.budget), clock.now())
    const budget = `${state.whose === 'everyone' ? 'everyone_' : ''}${state.budget}`
    const key = [userId, budget, period, percent].join(' ')
    if (this.#told.has(key)) return
    if (this.#told.size > 10_000) this.#told.clear()
    this.#told.add(key)
    const left = Math.max(0, state.limit - state.used)
    const context = { user_id: userId, thread_id: null, run_id: null, agent: null, trace_id: null }
    const limits = {
      [budget]: state.limit,
      [`${budget}_used`]: state.used,
      [`${budget}_left`]: left,
      [`${budget}_percent`]: percent,
    }
    const result = await journal.commit({
      appends: [
        {
          stream: userStream(userId),
          events: [makeEvent(clock, 'limits_changed', context, { limits })],
        },
      ],
      expect: [
        {
          name: 'not told',
          rows: 'none',
          query: db
            .selectFrom('budget_told')
            .select('budget')
            .where('user_id', '=', userId)
            .where('budget', '=', budget)
            .where('period', '=', period)
            .where('percent', '>=', percent)
            .compile(),
        },
      ],
      rows: [
        db
          .insertInto('budget_told')
          .values({ user_id: userId, budget, period, percent, at: isoTime(clock) })
          .compile(),
      ],
    })
    if (result.status === 'committed')
      logger.info({ user_id: userId, budget, percent }, 'a budget is nearly used, or used')
  }
}
