import type { Journal } from '../journal/journal.ts'
import type { Statement } from '../platform/statement.ts'
import { callRows, type CallMade, type Caller } from './ledger.ts'

/** What a call is before it is made. */
export interface CallWanted {
  model: string
  isRetry: boolean
  /** What it will use at least, roughly. */
  likely(): { tokens: number; costUsd: number | null }
}

/** The calls of one attempt at a run: admitted, made, then written with the step they led to. */
export class RunMeter {
  readonly #journal: Pick<Journal, 'db'>
  readonly #run: Caller
  #unwritten: CallMade[] = []

  constructor(journal: Pick<Journal, 'db'>, run: Caller) {
    this.#journal = journal
    this.#run = run
  }

  /** Resolves when the call may be made. @throws BudgetSpent; the signal's reason. */
  async admit(_wanted: CallWanted, signal: AbortSignal) {
    signal.throwIfAborted()
    let isOver = false
    return {
      over: (call: CallMade | null): void => {
        if (isOver) return
        isOver = true
        if (call) this.#unwritten.push(call)
      },
    }
  }

  /** For a commit that takes them; `written` is to be called when it is durable. */
  rows(agent: string | null): { rows: Statement[]; written: () => void } {
    const calls = this.#unwritten
    return {
      rows: callRows(this.#journal, this.#run, agent, calls),
      written: () => {
        this.#unwritten = this.#unwritten.filter((call) => !calls.includes(call))
      },
    }
  }
}
