import { AgentFailure, type ModelMeter } from '../agent/agent.ts'
import { BudgetSpent, type RunMeter } from '../spending/spending.ts'

/** A run's calls of models, kept within its person's budgets; what is spent ends the run. */
export const metered = (meter: RunMeter): ModelMeter => ({
  async admit(wanted, signal) {
    try {
      return await meter.admit(wanted, signal)
    } catch (error) {
      if (!(error instanceof BudgetSpent)) throw error
      throw new AgentFailure('budget', error.message, {
        retry: error.renewsAt === null ? 'same' : 'after',
        cause: error,
      })
    }
  },
})
