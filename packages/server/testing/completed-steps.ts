import type { CompletedStep, Step, ToolCall } from '../src/agent/step.ts'

/** What the journal would hold of these steps. */
export function completedOf(steps: readonly Step[]): CompletedStep[] {
  const calls = new Map<string, ToolCall>()
  return steps.flatMap((step): CompletedStep[] => {
    if (step.kind === 'spoken') {
      const { text, usage, costUsd, calls: asked, model } = step
      return [{ kind: 'spoken', text, usage, costUsd, calls: asked, ...(model && { model }) }]
    }
    if (step.kind === 'handoff') return [{ kind: 'handoff', from: step.from, to: step.to }]
    if (step.kind === 'tool_started' || step.kind === 'waits')
      calls.set(step.call.callId, step.call)
    if (step.kind !== 'tool_ended') return []
    const found = calls.get(step.outcome.callId)
    return found ? [{ kind: 'tool', call: found, outcome: step.outcome }] : []
  })
}

export const thoughtsOf = (steps: readonly Step[]): string[] =>
  steps.flatMap((step) => (step.kind === 'thinking' ? [step.thought] : []))
