import { amount, LIMITS, type BudgetState, type LimitName } from './limits.ts'

/** A budget is spent. The message is for the person: which, how much, when it renews, what to do. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent'
  readonly budget: LimitName | 'unpriced_models'
  /** Milliseconds since 1970; null where time alone changes nothing. */
  readonly renewsAt: number | null

  constructor(message: string, about: Pick<BudgetSpent, 'budget' | 'renewsAt'>) {
    super(message)
    this.budget = about.budget
    this.renewsAt = about.renewsAt
  }
}

const moment = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

const ASK = 'An administrator can raise it.'
const WITHOUT = 'What needs no language model goes on: the built-in model and the AI spend team.'

/** @param state of a budget with nothing left. */
export function spent({ budget, whose, used, limit, renewsAt }: BudgetState): BudgetSpent {
  const { words } = LIMITS[budget]
  const of =
    whose === 'yours'
      ? `You have used up your ${words}`
      : `Everybody together has used up the ${words}`
  return new BudgetSpent(
    `${of}: ${amount(budget, used)} of ${amount(budget, limit)} (budget ${budget}). There is more from ${moment(renewsAt)}. ${ASK} ${WITHOUT}`,
    { budget, renewsAt },
  )
}

/** @param limit of one run. */
export const runSpent = (budget: LimitName, used: number, limit: number): BudgetSpent =>
  new BudgetSpent(
    `This answer was stopped: it came to the limit of ${LIMITS[budget].words}, ${amount(budget, used)} of ${amount(budget, limit)} (budget ${budget}). Ask for less at once. ${ASK}`,
    { budget, renewsAt: null },
  )

/** More runs than may go at once. */
export const tooManyRuns = (
  whose: BudgetState['whose'],
  used: number,
  limit: number,
): BudgetSpent =>
  new BudgetSpent(
    `${whose === 'yours' ? 'You have' : 'Everybody together has'} ${used} ${used === 1 ? 'answer' : 'answers'} being made, and at most ${limit} may be at once (budget concurrent_runs). Wait for one to end, or stop one. ${ASK}`,
    { budget: 'concurrent_runs', renewsAt: null },
  )

export const unpriced = (model: string): BudgetSpent =>
  new BudgetSpent(
    `${model} has no known price, and a budget in money holds: what it would cost cannot be counted. Choose another model, or ask an administrator to allow models without a price.`,
    { budget: 'unpriced_models', renewsAt: null },
  )
