import type { Journal } from '../journal/journal.ts'
import type { Statement } from '../platform/statement.ts'
import type { Admission, Amount, Place } from './admission.ts'
import type { BudgetBook } from './budget-book.ts'
import { runSpent, type BudgetSpent } from './budget-spent.ts'
import { callRows, tokensOf, type CallMade, type Caller } from './ledger.ts'
import type { LimitName } from './limits.ts'

/** What a call is before it is made. */
export interface CallWanted {
  model: string
  isRetry: boolean
  /** No language model is asked: no budget of tokens or money holds it. */
  isFree?: boolean
  /** What it will use at least, roughly. */
  likely: () => Amount
  /** What it came to if it broke off after so many characters; a call that nobody can estimate has none. */
  brokenOff?: (characters: number) => CallMade
}

/** What an attempt that did not end in order left: what it had spoken since its last step. */
export interface LeftOpen {
  characters: number
}

/** What a run has done, over all its attempts. */
export interface RunCounts {
  steps_per_run: number
  model_calls_per_run: number
  handoffs_per_run: number
}

/** Nothing is held back of what costs nothing. */
const FREE: Place = { over: () => undefined, written: () => undefined }

interface Made {
  call: CallMade
  place: Place
}

export interface RunMeterParts {
  journal: Pick<Journal, 'db'>
  admission: Admission
  book: BudgetBook
  /** Told after each commit that holds calls. */
  onWritten: (calls: readonly CallMade[]) => void
  onSpent: (budget: LimitName) => void
}

/** The calls of one attempt at a run: admitted, made, then written with the step they led to. */
export class RunMeter implements Disposable {
  readonly #parts: RunMeterParts
  readonly #run: Caller
  readonly #counts: RunCounts
  readonly #places = new Set<Place>()
  #leftOpen: LeftOpen | undefined
  #unwritten: Made[] = []

  /**
   * @param counts of the attempts before.
   * @param leftOpen by the last of them, where it did not end in order.
   */
  constructor(parts: RunMeterParts, run: Caller, counts: RunCounts, leftOpen?: LeftOpen) {
    this.#parts = parts
    this.#run = run
    this.#counts = { ...counts }
    this.#leftOpen = leftOpen
  }

  /** Resolves when the call may be made. @throws BudgetSpent; the signal's reason. */
  async admit(wanted: CallWanted, signal: AbortSignal) {
    const { model, isRetry, isFree, likely } = wanted
    this.#countLeftOpen(wanted)
    if (!isRetry) {
      await this.count('model_calls_per_run')
      await this.count('steps_per_run')
    }
    const place = isFree
      ? FREE
      : await this.#parts.admission.enter(this.#run.user_id, likely, model, signal)
    this.#places.add(place)
    let isOver = false
    return {
      over: (call: CallMade | null): void => {
        if (isOver) return
        isOver = true
        place.over(call && { tokens: tokensOf(call), costUsd: call.costUsd })
        if (call) this.#unwritten.push({ call, place })
        else this.#places.delete(place)
      },
    }
  }

  /** One more of what a run may do so often. @throws BudgetSpent */
  async count(what: keyof RunCounts): Promise<void> {
    // It goes on with something else than a call: in none the attempt before broke off.
    this.#leftOpen = undefined
    const { own } = await this.#parts.book.of(this.#run.user_id)
    const limit = own[what]
    if (typeof limit === 'number' && this.#counts[what] >= limit) {
      this.#parts.onSpent(what)
      throw runSpent(what, this.#counts[what], limit)
    }
    this.#counts[what] += 1
  }

  /**
   * Who goes on with a call does what the attempt before was doing when its process died: nobody
   * knows what that came to, only what it was asked and what it had said.
   */
  #countLeftOpen({ isFree, brokenOff }: CallWanted): void {
    const left = this.#leftOpen
    this.#leftOpen = undefined
    if (!left || isFree || !brokenOff) return
    const call = brokenOff(left.characters)
    const place = this.#parts.admission.owe(this.#run.user_id, {
      tokens: tokensOf(call),
      costUsd: call.costUsd,
    })
    this.#places.add(place)
    this.#unwritten.push({ call, place })
  }

  /** How long this attempt may work; null: as long as it likes. */
  async timeLeft(): Promise<{ ms: number; spent: () => BudgetSpent } | null> {
    const { own } = await this.#parts.book.of(this.#run.user_id)
    const seconds = own.seconds_per_run
    if (typeof seconds !== 'number') return null
    return {
      ms: seconds * 1000,
      spent: () => {
        this.#parts.onSpent('seconds_per_run')
        return runSpent('seconds_per_run', seconds, seconds)
      },
    }
  }

  /** For a commit that takes them; `written` is to be called when it is durable. */
  rows(agent: string | null): { rows: Statement[]; written: () => void } {
    const taken = this.#unwritten
    const calls = taken.map(({ call }) => call)
    return {
      rows: callRows(this.#parts.journal, this.#run, agent, calls),
      written: () => {
        this.#unwritten = this.#unwritten.filter((made) => !taken.includes(made))
        for (const { place } of taken) {
          this.#places.delete(place)
          place.written()
        }
        this.#parts.onWritten(calls)
      },
    }
  }

  /** The attempt is over: nobody writes down any more what it did not. */
  [Symbol.dispose](): void {
    for (const place of this.#places) {
      place.over(null)
      place.written()
    }
    this.#places.clear()
  }
}
