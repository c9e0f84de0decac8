import type { Expectation, Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import { asId, type UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { createMetrics, type Metrics } from '../platform/metrics.ts'
import type { Statement } from '../platform/statement.ts'
import { Admission } from './admission.ts'
import { BudgetBook, type Role } from './budget-book.ts'
import { spent, tooManyRuns, type BudgetSpent } from './budget-spent.ts'
import { forgetOld, forgetPerson } from './forget.ts'
import type { Caller } from './ledger.ts'
import type { BudgetState, Limits, Whose } from './limits.ts'
import { periodOf } from './periods.ts'
import { callsOf, totalsBy } from './report.ts'
import { RunMeter, type LeftOpen, type RunCounts } from './run-meter.ts'
import { SpendingMetrics } from './spending-metrics.ts'
import { StopOrders } from './stop-orders.ts'
import { NOTHING, spentIn, type Spent } from './usage.ts'
import { Warnings } from './warnings.ts'

export { BudgetSpent } from './budget-spent.ts'
export { userIdOf, userScope, type Scope } from './budget-book.ts'
export { LIMIT_NAMES, LIMITS, type BudgetState, type LimitName, type Limits } from './limits.ts'
export type { CallMade } from './ledger.ts'
export type { Totals } from './report.ts'
export type { LeftOpen, RunCounts, RunMeter } from './run-meter.ts'
export type { StopScope } from './stop-orders.ts'

export interface SpendingOptions {
  journal: Journal
  clock: Clock
  logger: Logger
  metrics?: Metrics
  /** What the settings say. */
  defaults?: { own: Limits; everyone: Limits }
  /** Whether a model without a price may be called while a budget in money holds. */
  allowsUnpriced?: boolean
  /** Calendar months for which calls are kept, besides the one that goes on. */
  keepMonths?: number
  /** The store belongs to this process alone. */
  isSoleOwner?: boolean
}

/** What a person sees of what they spent. */
export interface OwnSpending {
  today: Spent
  month: Spent
  budgets: BudgetState[]
  limits: Limits
  /** What is written down for each user and does not hold for them: they are an administrator. */
  usersOnly: Limits
}

const NOBODY = asId<UserId>('')
const TIDY_EVERY_MS = 60 * 60_000
/** Runs of a person or of everybody that take a place among those at once. */
const GOING = ['queued', 'running'] as const

/** What models used, how much they may, and the orders to stop: one of each node. */
export class Spending implements Disposable {
  readonly book: BudgetBook
  readonly orders: StopOrders
  readonly #options: SpendingOptions
  readonly #admission: Admission
  readonly #warnings: Warnings
  readonly #metrics: SpendingMetrics
  #stopTidying: () => void = () => undefined

  constructor(options: SpendingOptions) {
    const { journal, clock, defaults = { own: {}, everyone: {} }, allowsUnpriced = true } = options
    this.#options = options
    this.#metrics = new SpendingMetrics(options.metrics ?? createMetrics())
    this.book = new BudgetBook({ journal, clock, defaults })
    this.orders = new StopOrders({ ...options, isSoleOwner: options.isSoleOwner ?? true })
    this.#warnings = new Warnings(options)
    this.#admission = new Admission({
      journal,
      clock,
      book: this.book,
      allowsUnpriced,
      onSpent: (state, userId) => {
        this.#metrics.refused(state.budget)
        this.#warn(userId, [state])
      },
    })
  }

  /** From here on orders of other nodes are heeded and what is old is forgotten. */
  async begin(): Promise<void> {
    await this.orders.begin()
    this.#tidy()
  }

  noteRole(userId: UserId, role: Role): void {
    this.book.noteRole(userId, role)
  }

  /** Of one attempt at a run, with what the attempts before did and the last one left open. */
  meterOf(run: Caller, before: RunCounts, leftOpen?: LeftOpen): RunMeter {
    return new RunMeter(
      {
        journal: this.#options.journal,
        admission: this.#admission,
        book: this.book,
        onWritten: (calls) => {
          this.#metrics.used(calls)
          this.#warn(run.user_id)
        },
        onSpent: (budget) => this.#metrics.refused(budget),
      },
      run,
      before,
      leftOpen,
    )
  }

  /**
   * Why a person's next run may not be taken; undefined: it may. Budgets of tokens and money hold
   * for what cannot be answered without a language model.
   */
  async refusal(
    userId: UserId,
    { needsModel = true }: { needsModel?: boolean } = {},
  ): Promise<BudgetSpent | undefined> {
    const held = await this.book.of(userId)
    const states = needsModel ? await this.#admission.states(userId, held) : []
    const empty = states.find(({ used, limit }) => used >= limit)
    if (empty) {
      this.#metrics.refused(empty.budget)
      this.#warn(userId, [empty])
      return spent(empty)
    }
    for (const whose of ['yours', 'everyone'] as const) {
      const limit = held[whose === 'yours' ? 'own' : 'everyone'].concurrent_runs
      if (typeof limit !== 'number') continue
      const used = await this.#going(whose, userId)
      if (used < limit) continue
      this.#metrics.refused('concurrent_runs')
      return tooManyRuns(whose, used, limit)
    }
    return undefined
  }

  /** Of the commit that accepts a run: what `refusal` asked holds still. */
  async expectRoom(userId: UserId): Promise<Expectation[]> {
    const { own } = await this.book.of(userId)
    const { db } = this.#options.journal
    const limit = own.concurrent_runs
    return [
      ...this.orders.expectNone(userId),
      ...(typeof limit === 'number'
        ? [
            {
              name: 'room for a run',
              rows: 'none' as const,
              // The last of as many as there may be. Counting them would not do: PostgreSQL locks
              // the rows that must be there, and cannot lock a sum.
              query: db
                .selectFrom('run')
                .select('id')
                .where('user_id', '=', userId)
                .where('state', 'in', GOING)
                .orderBy('id')
                .limit(1)
                .offset(Math.max(0, limit - 1))
                .compile(),
            },
          ]
        : []),
    ]
  }

  async of(userId: UserId): Promise<OwnSpending> {
    const { journal, clock } = this.#options
    const [day, month] = [periodOf('day', clock.now()), periodOf('month', clock.now())]
    const held = await this.book.of(userId)
    const spentThen = await spentIn(journal, [day, month], userId)
    return {
      today: spentThen.get(day) ?? NOTHING,
      month: spentThen.get(month) ?? NOTHING,
      budgets: await this.#admission.states(userId, held),
      limits: held.own,
      usersOnly: held.usersOnly,
    }
  }

  /** Of everybody together. */
  async ofEveryone(): Promise<Omit<OwnSpending, 'limits' | 'usersOnly'>> {
    const { journal, clock } = this.#options
    const [day, month] = [periodOf('day', clock.now()), periodOf('month', clock.now())]
    const spentThen = await spentIn(journal, [day, month])
    const { everyone } = await this.book.of(NOBODY)
    const states = await this.#admission.states(NOBODY, { own: {}, everyone })
    return {
      today: spentThen.get(day) ?? NOTHING,
      month: spentThen.get(month) ?? NOTHING,
      budgets: states,
    }
  }

  totalsBy: OmitJournal<typeof totalsBy> = (dimensions, asked, most) =>
    totalsBy(this.#options.journal, dimensions, asked, most)

  callsOf(userId: UserId): ReturnType<typeof callsOf> {
    return callsOf(this.#options.journal, userId)
  }

  forgetPerson(userId: UserId): Statement[] {
    return forgetPerson(this.#options.journal, userId)
  }

  [Symbol.dispose](): void {
    this.#stopTidying()
    this.orders[Symbol.dispose]()
  }

  async #going(whose: Whose, userId: UserId): Promise<number> {
    let query = this.#options.journal.db.selectFrom('run').where('state', 'in', GOING)
    if (whose === 'yours') query = query.where('user_id', '=', userId)
    const row = await query.select((eb) => eb.fn.countAll().as('going')).executeTakeFirst()
    return Number(row?.going ?? 0)
  }

  #warn(userId: UserId, known?: readonly BudgetState[]): void {
    const states =
      known ?? this.book.of(userId).then((held) => this.#admission.states(userId, held))
    Promise.resolve(states)
      .then((each) => this.#warnings.tell(userId, each))
      .catch((error: unknown) => {
        this.#metrics.warningFailed()
        this.#options.logger.warn({ err: error, user_id: userId }, 'a budget warning was not given')
      })
  }

  #tidy(): void {
    const { journal, clock, logger, keepMonths } = this.#options
    if (keepMonths === undefined) return
    const work = (): void => {
      void journal.write(forgetOld(journal, clock.now(), keepMonths)).catch((error: unknown) => {
        logger.warn({ err: error }, 'old calls of models could not be removed')
      })
      this.#stopTidying = clock.after(TIDY_EVERY_MS, work)
    }
    this.#stopTidying = clock.after(TIDY_EVERY_MS, work)
  }
}

type OmitJournal<F> = F extends (journal: never, ...rest: infer Rest) => infer Answer
  ? (...rest: Rest) => Answer
  : never
