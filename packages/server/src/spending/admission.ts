import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { BudgetBook, Held } from './budget-book.ts'
import { spent, unpriced } from './budget-spent.ts'
import { LIMITS, type BudgetState } from './limits.ts'
import { statesOf } from './usage.ts'

const isNumber = (value: unknown): boolean => typeof value === 'number'

/** What a call will use, or has used and is not written down yet. */
export interface Amount {
  tokens: number
  costUsd: number | null
}

/** A call under way, or over and in no commit yet. */
interface Holding {
  userId: UserId
  amount: Amount
  /** Under way: what it comes to is not known, and it will end by itself. */
  isOpen: boolean
}

export interface AdmissionOptions {
  journal: Pick<Journal, 'db'>
  clock: Clock
  book: BudgetBook
  /** Whether a model without a price may be called while a budget in money holds. */
  allowsUnpriced: boolean
  /** Somebody met the end of a budget. */
  onSpent: (state: BudgetState, userId: UserId) => void
}

/**
 * Lets a call begin while there is something left of every budget. What calls of this process that
 * are under way will use is held back: once what is left might be theirs, the next waits until they
 * are over, so that of many runs at once each does not find the same last tokens. Nobody knows what
 * a call comes to before it ends, so the last one may go over; processes that share a store know
 * only what the others have written down. Hence the bound: over a limit by at most one call for
 * each run at once.
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #held = new Set<Holding>()
  /** How often something held of a person became something written, or was let go. */
  readonly #changes = new Map<UserId | 'everyone', number>()
  #waiting: (() => void)[] = []

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /**
   * Resolves when the call may be made; it is held back until `written` is called.
   *
   * @throws BudgetSpent; the signal's reason.
   */
  async enter(
    userId: UserId,
    likely: () => Amount,
    model: string,
    signal: AbortSignal,
  ): Promise<Place> {
    for (;;) {
      signal.throwIfAborted()
      const limits = await this.#options.book.of(userId)
      this.#refuseUnpriced(limits, likely, model)
      const watched = Object.values(limits.everyone).some(isNumber) ? 'everyone' : userId
      const before = this.#changes.get(watched)
      const states = await this.states(userId, limits)
      // What was written while the store was read may stand in both, or in neither.
      if (before !== this.#changes.get(watched)) continue
      if (states.length === 0) return this.#hold(userId, { tokens: 0, costUsd: 0 })
      for (const state of states) this.#refuseSpent(state, userId)
      if (states.every((state) => this.#isLeft(state, userId))) return this.#hold(userId, likely())
      await this.#change(signal)
    }
  }

  /** What was used by a call that nobody let in here, and is not written down yet. */
  owe(userId: UserId, used: Amount): Place {
    const place = this.#hold(userId, used)
    place.over(used)
    return place
  }

  /** Of everything that limits a person, with what is written down. */
  async states(userId: UserId, limits: Omit<Held, 'usersOnly'>): Promise<BudgetState[]> {
    const { journal, clock } = this.#options
    const at = clock.now()
    const [own, everyone] = await Promise.all([
      statesOf(journal, limits.own, { whose: 'yours', userId, at }),
      statesOf(journal, limits.everyone, { whose: 'everyone', userId, at }),
    ])
    return [...own, ...everyone]
  }

  #refuseUnpriced({ own, everyone }: Held, likely: () => Amount, model: string): void {
    if (this.#options.allowsUnpriced) return
    const inMoney = [own, everyone].some(
      (limits) =>
        typeof limits.usd_per_day === 'number' || typeof limits.usd_per_month === 'number',
    )
    if (inMoney && likely().costUsd === null) throw unpriced(model)
  }

  /** Only what has happened counts: what is under way may come to nothing. */
  #refuseSpent(state: BudgetState, userId: UserId): void {
    const used = state.used + this.#sum(state, userId, (held) => !held.isOpen)
    if (used < state.limit) return
    const found = { ...state, used }
    this.#options.onSpent(found, userId)
    throw spent(found)
  }

  #isLeft(state: BudgetState, userId: UserId): boolean {
    return state.used + this.#sum(state, userId, () => true) < state.limit
  }

  #sum({ budget, whose }: BudgetState, userId: UserId, counts: (held: Holding) => boolean): number {
    let sum = 0
    for (const held of this.#held) {
      if ((whose === 'yours' && held.userId !== userId) || !counts(held)) continue
      sum += LIMITS[budget].unit === 'usd' ? (held.amount.costUsd ?? 0) : held.amount.tokens
    }
    return sum
  }

  #hold(userId: UserId, amount: Amount): Place {
    const held: Holding = { userId, amount, isOpen: true }
    this.#held.add(held)
    return {
      over: (used) => {
        if (!held.isOpen) return
        held.isOpen = false
        if (used === null) this.#held.delete(held)
        else held.amount = used
        this.#changed(userId)
      },
      written: () => {
        if (this.#held.delete(held)) this.#changed(userId)
      },
    }
  }

  #changed(userId: UserId): void {
    for (const key of ['everyone', userId] as const)
      this.#changes.set(key, (this.#changes.get(key) ?? 0) + 1)

    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Calls under way end by themselves, so this does. */
  async #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    const stop = (): void => resolve()
    signal.addEventListener('abort', stop, { once: true })
    await promise
    signal.removeEventListener('abort', stop)
  }
}

/** A call's place among what is held back. */
export interface Place {
  /** The call is over; null: it used nothing. */
  over(used: Amount | null): void
  /** What it used is written down, or nobody will write it. */
  written(): void
}
