/** What the checks of one run share; earlier checks leave here what later ones need. */
export interface Target {
  url: string
  account?: { email: string; password: string }
  /** From `/api/config`. */
  socketUrl?: string
  /** From the login. */
  token?: string
  userId?: string
}

export interface Check {
  group: 'health' | 'api' | 'sockets' | 'conversation'
  name: string
  /** Likeliest cause and remedy, shown when it fails. */
  remedy: string
  /** Answers what was seen; throws with what was wrong. */
  run(target: Target): Promise<string>
}

export interface Result {
  group: Check['group']
  name: string
  passed: boolean
  /** What was seen, or what was wrong. */
  seen: string
  remedy: string
  durationMs: number
}

const TIMEOUT_MS = 20_000

/** One after the other, in order; a check that does not end in time has failed. */
export async function runChecks(checks: readonly Check[], target: Target): Promise<Result[]> {
  const results: Result[] = []
  for (const check of checks) {
    const begun = performance.now()
    const { passed, seen } = await outcomeOf(check, target)
    const { group, name, remedy } = check
    results.push({
      group,
      name,
      passed,
      seen,
      remedy,
      durationMs: Math.round(performance.now() - begun),
    })
  }
  return results
}

async function outcomeOf(check: Check, target: Target): Promise<{ passed: boolean; seen: string }> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)),
      TIMEOUT_MS,
    )
  })
  try {
    return { passed: true, seen: await Promise.race([check.run(target), tooLate]) }
  } catch (error) {
    return { passed: false, seen: error instanceof Error ? reasonOf(error) : String(error) }
  } finally {
    clearTimeout(timer)
  }
}

const reasonOf = (error: Error): string =>
  error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
