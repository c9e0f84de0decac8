import { AgentFailure, type CompletedStep, type ModelMeter, type Step } from '../agent/agent.ts'
import type { Clock } from '../platform/clock.ts'
import { BudgetSpent, type RunCounts, type RunMeter } from '../spending/spending.ts'

/** A run's calls of models, kept within its person's budgets; what is spent ends the run. */
export const metered = (meter: RunMeter): ModelMeter => ({
  admit: (wanted, signal) => meter.admit(wanted, signal).catch(refuse),
})

/** What the attempts before did of what a run may do so often. */
export function countsOf(completed: readonly CompletedStep[]): RunCounts {
  const of = (kind: CompletedStep['kind']): number =>
    completed.filter((step) => step.kind === kind).length
  return {
    steps_per_run: of('spoken') + of('tool'),
    model_calls_per_run: of('spoken'),
    handoffs_per_run: of('handoff'),
  }
}

/** Asked before a step is recorded. @throws AgentFailure `budget` */
export async function countStep(meter: RunMeter, step: Step): Promise<void> {
  if (step.kind === 'tool_started') await meter.count('steps_per_run').catch(refuse)
  if (step.kind === 'handoff') await meter.count('handoffs_per_run').catch(refuse)
}

/** Ends the attempt when the time that its run may work is over. Dispose of it with the attempt. */
export async function watchTime(
  meter: RunMeter,
  clock: Clock,
  abort: AbortController,
): Promise<Disposable> {
  const left = await meter.timeLeft()
  const stop = left && clock.after(left.ms, () => abort.abort(asFailure(left.spent())))
  return { [Symbol.dispose]: () => stop?.() }
}

function refuse(error: unknown): never {
  throw error instanceof BudgetSpent ? asFailure(error) : error
}

const asFailure = (error: BudgetSpent): AgentFailure =>
  new AgentFailure('budget', error.message, {
    retry: error.renewsAt === null ? 'same' : 'after',
    cause: error,
  })
