import type { ToolCall, ToolOutcome } from './step.ts'

/** What the model reads of a call that a person did not allow. */
export function refusedOutcome(
  { callId, toolName }: ToolCall,
  { hadBegun, reason }: { hadBegun: boolean; reason: string | undefined },
): ToolOutcome {
  const why = reason === undefined ? '' : ` They said: ${reason}`
  const error = hadBegun
    ? `${toolName} was interrupted and may or may not have taken effect. The person did not allow it to be run again.${why}`
    : `The person did not allow ${toolName} to run, so it did not.${why}`
  return { callId, toolName, status: hadBegun ? 'unknown' : 'denied', result: { error } }
}
