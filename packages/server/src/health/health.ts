import { isoTime, type Clock } from '../platform/clock.ts'

export interface CheckResult {
  status: 'healthy' | 'unhealthy'
  connected: boolean
  response_time_ms: number
  error?: string
  /** More about the part, for people. */
  details?: Record<string, unknown>
}

export interface HealthReport {
  status: 'healthy' | 'unhealthy'
  timestamp: string
  uptimeSeconds: number
  checks: Record<string, CheckResult>
  /** One sentence for each check that failed. */
  reasons: string[]
}

/** Resolves when the part works; rejects with a reason that a person can act on. */
export type Check = () => Promise<void>

export interface Health {
  report(): Promise<HealthReport>
}

const CHECK_TIMEOUT_MS = 2_000

/** Every check has its own timeout and none can break the answer. */
export function createHealth(options: {
  checks: Record<string, Check>
  /** By the names of the checks. */
  details?: Record<string, (() => Record<string, unknown>) | undefined>
  clock: Clock
}): Health {
  const { clock, checks, details = {} } = options
  const startedAt = clock.monotonic()
  return {
    async report() {
      const results = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => {
          const result = await run(check, clock)
          const more = details[name]?.()
          return [name, more ? { ...result, details: more } : result] as const
        }),
      )
      const reasons = results.flatMap(([name, result]) =>
        result.error === undefined ? [] : [`${name}: ${result.error}`],
      )
      return {
        status: reasons.length === 0 ? 'healthy' : 'unhealthy',
        timestamp: isoTime(clock),
        uptimeSeconds: Math.floor((clock.monotonic() - startedAt) / 1000),
        checks: Object.fromEntries(results),
        reasons,
      }
    },
  }
}

async function run(check: Check, clock: Clock): Promise<CheckResult> {
  const begun = clock.monotonic()
  let cancel: (() => void) | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(CHECK_TIMEOUT_MS, () => reject(new Error('no answer within 2 s')))
  })
  try {
    await Promise.race([check(), timeout])
    return { status: 'healthy', connected: true, response_time_ms: elapsed(begun, clock) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {
      status: 'unhealthy',
      connected: false,
      response_time_ms: elapsed(begun, clock),
      error: reason,
    }
  } finally {
    cancel?.()
  }
}

const elapsed = (begun: number, clock: Clock): number =>
  Math.round((clock.monotonic() - begun) * 100) / 100
