import { reasonOf, type HttpClient } from './http-client.ts'
import { plain } from './report/plain.ts'

/** Of the checks at start that there are. */
const MOST_TOLD = 50
const ADDRESSES = ['/api/config', '/health', '/ws/health'] as const

/**
 * Ways around signing in or around the checks at start that the server says are open, by every
 * address that tells of them: one that is silent must not hide it.
 */
export async function modesOf(http: HttpClient): Promise<string[]> {
  const answers = await Promise.all(
    ADDRESSES.map((path) =>
      http.ask(path, { expect: [200, 503] }).then(
        (answer) => answer.json(),
        // Said by the checks of that address.
        (error: unknown) => ({ unknown: reasonOf(error) }),
      ),
    ),
  )
  return [...new Set(answers.flatMap(modesIn))].toSorted()
}

/** In one answer of `/api/config`, `/health` or `/ws/health`. */
export function modesIn(answer: Record<string, unknown>): string[] {
  const { demo, e2e, e2e_testing, startup_bypass, mode } = answer
  const isEnabled = (e2e_testing as { enabled?: unknown } | undefined)?.enabled === true
  const { level } = (mode ?? {}) as { level?: unknown }
  const bypassed = Array.isArray(startup_bypass) ? startup_bypass.slice(0, MOST_TOLD) : []
  return [
    ...(demo === true ? ['demo (anybody gets in without an account)'] : []),
    ...(e2e === true || isEnabled ? ['e2e (test suites get in without an account)'] : []),
    ...bypassed.map((id) => `bypass (the check ${saidOf(id)} at start was gone around)`),
    ...(typeof level === 'string' && level !== 'full'
      ? [`${saidOf(level)} (not all of its service)`]
      : []),
  ]
}

const saidOf = (value: unknown): string =>
  plain(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, 80)
