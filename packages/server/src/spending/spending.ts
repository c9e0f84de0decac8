import type { Journal } from '../journal/journal.ts'
import type { Caller } from './ledger.ts'
import { RunMeter } from './run-meter.ts'

export type { CallMade } from './ledger.ts'
export type { RunMeter }

/** A budget is spent. The message is for the person: which, how much, when it renews, what to do. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent'
  readonly budget: string
  /** Milliseconds since 1970; null where time alone changes nothing. */
  readonly renewsAt: number | null
  constructor(message: string, { budget, renewsAt }: { budget: string; renewsAt: number | null }) {
    super(message)
    this.budget = budget
    this.renewsAt = renewsAt
  }
}

/** What models used, and how much they may. */
export interface Spending {
  /** Of one attempt at a run. */
  meterOf(run: Caller): RunMeter
}

export const createSpending = ({ journal }: { journal: Journal }): Spending => ({
  meterOf: (run) => new RunMeter(journal, run),
})
