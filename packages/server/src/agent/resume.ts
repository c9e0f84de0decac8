import type { CompletedStep, ToolCall, ToolOutcome, Turn, Usage } from './step.ts'

export interface Resumed {
  /** Completed steps whose tool calls all have outcomes. */
  settled: CompletedStep[]
  /** Tool calls of the last model call that have no outcome yet, in their order. */
  pending: ToolCall[]
  /** Outcomes that the last model call's other tool calls already have. */
  outcomes: ToolOutcome[]
  /** Pending calls that may have begun before the run was interrupted. */
  interrupted: ReadonlySet<string>
  /** The whole answer, when only the end of the run was missing. */
  answer: { text: string; model: string | undefined } | undefined
  totals: { step: number; modelCalls: number; usage: Usage; costUsd: number | null }
}

/** Where a run goes on that completed `turn.completed` before it was interrupted. */
export function resumeFrom(turn: Turn): Resumed {
  const steps = turn.completed
  const lastSpoken = steps.findLastIndex((step) => step.kind === 'spoken')
  const last = steps[lastSpoken]
  const outcomes = steps
    .slice(lastSpoken + 1)
    .flatMap((step) => (step.kind === 'tool' ? [step.outcome] : []))
  const settledCalls = new Set(outcomes.map((outcome) => outcome.callId))
  const calls = last?.kind === 'spoken' ? last.calls : []
  const pending = calls.filter((call) => !settledCalls.has(call.callId))
  const first = pending[0]
  const isAnswer = last?.kind === 'spoken' && last.calls.length === 0 && last.text !== ''
  return {
    settled: pending.length === 0 ? steps : steps.slice(0, lastSpoken + 1),
    pending,
    outcomes: pending.length === 0 ? [] : outcomes,
    interrupted: new Set(turn.interrupted ?? (first ? [first.callId] : [])),
    answer: isAnswer ? { text: last.text, model: last.model } : undefined,
    totals: totalsOf(steps),
  }
}

function totalsOf(steps: readonly CompletedStep[]): Resumed['totals'] {
  const spoken = steps.filter((step) => step.kind === 'spoken')
  const costs = spoken.map((step) => step.costUsd)
  return {
    step: steps.length,
    modelCalls: spoken.length,
    usage: {
      inputTokens: spoken.reduce((sum, step) => sum + step.usage.inputTokens, 0),
      outputTokens: spoken.reduce((sum, step) => sum + step.usage.outputTokens, 0),
    },
    costUsd: costs.some((cost) => cost === null)
      ? null
      : costs.reduce((sum: number, cost) => sum + (cost ?? 0), 0),
  }
}
