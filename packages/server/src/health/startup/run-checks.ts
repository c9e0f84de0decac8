import type { Clock } from '../../platform/clock.ts'
import { CheckFailed, wordsOf, type StartupCheck, type StartupCheckId } from './check.ts'
import type { StartupResult } from './report.ts'

const IN_DOUBT = new Set(['failed', 'bypassed', 'skipped'])

/**
 * Runs the checks one after the other. Those in `bypass` are run too, and what they find is reported,
 * but it stops nothing. `before`: what is known already.
 */
export async function runChecks(
  checks: readonly StartupCheck[],
  options: {
    clock: Clock
    bypass: ReadonlySet<StartupCheckId>
    before?: readonly StartupResult[]
    /** Go on after a failure, to tell everything that is wrong. */
    all?: boolean
  },
): Promise<StartupResult[]> {
  const { clock, bypass } = options
  const results: StartupResult[] = []
  const resultOf = (id: StartupCheckId): StartupResult | undefined =>
    [...results, ...(options.before ?? [])].find((result) => result.id === id)
  for (const check of checks) {
    const doubtful = (check.needs ?? []).find((id) => IN_DOUBT.has(resultOf(id)?.status ?? ''))
    if (doubtful !== undefined) {
      const problem = `cannot be told while "${doubtful}" has not passed`
      results.push({ id: check.id, status: 'skipped', ms: 0, problem })
      continue
    }
    const result = await runOne(check, clock)
    const isBypassed = result.status === 'failed' && bypass.has(check.id)
    results.push(isBypassed ? { ...result, status: 'bypassed' } : result)
    if (result.status === 'failed' && !isBypassed && !options.all) break
  }
  return results
}

async function runOne(check: StartupCheck, clock: Clock): Promise<StartupResult> {
  const { id, timeoutMs, remedy } = check
  const begun = clock.monotonic()
  const abort = new AbortController()
  const late = Promise.withResolvers<never>()
  const cancel = clock.after(timeoutMs, () => {
    const error = new CheckFailed(`no answer within ${timeoutMs / 1000} s`, remedy)
    abort.abort(error)
    late.reject(error)
  })
  const ms = (): number => Math.round((clock.monotonic() - begun) * 10) / 10
  try {
    const { detail, warning } = await Promise.race([check.run(abort.signal), late.promise])
    return {
      id,
      status: warning === undefined ? 'passed' : 'warned',
      ms: ms(),
      ...(detail !== undefined && { detail }),
      ...(warning !== undefined && { problem: warning }),
    }
  } catch (error) {
    const how = error instanceof CheckFailed ? error.remedy : remedy
    return { id, status: 'failed', ms: ms(), problem: wordsOf(error), remedy: how }
  } finally {
    cancel()
    abort.abort()
  }
}
