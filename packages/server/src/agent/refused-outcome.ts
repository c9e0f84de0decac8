import type { ToolCall, ToolOutcome } from './step.ts'

const THEY_SAID = ' They said: '

/** What the model reads of a call that a person did not allow. */
export function refusedOutcome(
  { callId, toolName }: ToolCall,
  { hadBegun, reason }: { hadBegun: boolean; reason: string | undefined },
): ToolOutcome {
  const why = reason === undefined ? '' : `${THEY_SAID}${reason}`
  const error = hadBegun
    ? `${toolName} was interrupted and may or may not have taken effect. The person did not allow it to be run again.${why}`
    : `The person did not allow ${toolName} to run, so it did not.${why}`
  return { callId, toolName, status: hadBegun ? 'unknown' : 'denied', result: { error } }
}

/** What the person said in such an outcome; undefined when they gave no reason. */
export function reasonIn({ result }: ToolOutcome): string | undefined {
  const error = (result as { error?: unknown } | null)?.error
  if (typeof error !== 'string') return undefined
  const at = error.indexOf(THEY_SAID)
  return at === -1 ? undefined : error.slice(at + THEY_SAID.length)
}
