import { isoTime, type Clock } from '../platform/clock.ts'
import { Probe, type CheckResult, type HealthCheck } from './probe.ts'
import { Readiness } from './readiness.ts'

export type { CheckResult, HealthCheck } from './probe.ts'

export interface HealthReport {
  /** Degraded parts leave it healthy: people can use it. */
  status: 'healthy' | 'unhealthy'
  timestamp: string
  uptimeSeconds: number
  checks: Record<string, CheckResult>
  /** One sentence for each check that failed. */
  reasons: string[]
  /** One sentence for each part that works less well than it could. */
  degraded: string[]
}

export interface Health {
  /** As things are, or were a moment ago: however many ask, the checks are run twice a second at most. */
  report(): Promise<HealthReport>
  /** Whether to send people here, which one slow answer does not change. */
  readiness(): Promise<{ ready: boolean; reasons: string[] }>
}

const CACHE_MS = 500

/** Every check has its own time and none can break the answer, or be asked again before it answered. */
export function createHealth(options: {
  checks: Record<string, HealthCheck>
  clock: Clock
  cacheMs?: number
}): Health {
  const { clock, cacheMs = CACHE_MS } = options
  const startedAt = clock.monotonic()
  const probes = Object.entries(options.checks).map(
    ([name, check]) => [name, new Probe(check, clock)] as const,
  )
  const readiness = new Readiness(clock)
  let latest: { report: Promise<HealthReport>; settledAt: number | undefined } | undefined

  async function look(): Promise<HealthReport> {
    const results = await Promise.all(
      probes.map(async ([name, probe]) => [name, await probe.result()] as const),
    )
    const told = (status: CheckResult['status']): string[] =>
      results.flatMap(([name, result]) =>
        result.status === status ? [`${name}: ${result.error ?? 'unknown'}`] : [],
      )
    const reasons = told('unhealthy')
    readiness.note(reasons.length === 0)
    return {
      status: reasons.length === 0 ? 'healthy' : 'unhealthy',
      timestamp: isoTime(clock),
      uptimeSeconds: Math.floor((clock.monotonic() - startedAt) / 1000),
      checks: Object.fromEntries(results),
      reasons,
      degraded: told('degraded'),
    }
  }

  function report(): Promise<HealthReport> {
    const isFresh =
      latest?.settledAt === undefined || clock.monotonic() - latest.settledAt < cacheMs
    if (latest && isFresh) return latest.report
    const current = { report: look(), settledAt: undefined as number | undefined }
    latest = current
    void current.report.then(() => {
      current.settledAt = clock.monotonic()
    })
    return current.report
  }

  return {
    report,
    async readiness() {
      const { reasons } = await report()
      return { ready: readiness.isReady, reasons }
    },
  }
}
