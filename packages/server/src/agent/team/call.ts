import type { Steps } from '../program/program.ts'
import type { Work } from '../program/work.ts'
import type { Called } from './facts.ts'

export interface Failed {
  tool: string
  why: string
}

/** One call of a tool whose answer is known to be `T`; what went wrong is kept, and told in the report. */
export async function* call<T>(
  work: Work,
  tool: string,
  args: Record<string, unknown>,
  failed: Failed[],
): Steps<Called<T> | undefined> {
  const outcome = yield* work.call(tool, args)
  if (outcome.status === 'ok') return { callId: outcome.callId, tool, result: outcome.result as T }
  failed.push({ tool, why: errorIn(outcome.result) })
  return undefined
}

const errorIn = (result: unknown): string =>
  typeof result === 'object' && result !== null && 'error' in result
    ? String(result.error)
    : 'It gave no answer.'
