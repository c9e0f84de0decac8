import type { Clock } from '../platform/clock.ts'

export interface CheckResult {
  /** `degraded`: it works, and less well than it could. */
  status: 'healthy' | 'degraded' | 'unhealthy'
  connected: boolean
  response_time_ms: number
  /** What is wrong; also of a degraded part. */
  error?: string
  /** More about the part, for people. */
  details?: Record<string, unknown>
}

export interface HealthCheck {
  /** Rejects with a reason that a person can act on; resolves with one when the part is degraded. */
  run(): Promise<string | undefined>
  timeoutMs?: number
  details?: (() => Record<string, unknown>) | undefined
}

const TIMEOUT_MS = 2_000

/** One check, which may hang, throw or be slow and harms nobody by it. */
export class Probe {
  readonly #check: HealthCheck
  readonly #clock: Clock
  /** When the call under way was made; one that never answers is not made again and again. */
  #pendingSince: number | undefined

  constructor(check: HealthCheck, clock: Clock) {
    this.#check = check
    this.#clock = clock
  }

  async result(): Promise<CheckResult> {
    const begun = this.#clock.monotonic()
    const found = await this.#outcome()
    const ms = Math.round((this.#clock.monotonic() - begun) * 100) / 100
    return {
      status: found.status,
      connected: found.status !== 'unhealthy',
      response_time_ms: ms,
      ...(found.error !== undefined && { error: found.error }),
      ...this.#details(),
    }
  }

  async #outcome(): Promise<Pick<CheckResult, 'status' | 'error'>> {
    const { timeoutMs = TIMEOUT_MS } = this.#check
    const late = Promise.withResolvers<never>()
    const cancel = this.#clock.after(timeoutMs, () =>
      late.reject(new Error(`no answer within ${timeoutMs / 1000} s`)),
    )
    try {
      const degraded = await Promise.race([this.#call(), late.promise])
      return degraded === undefined
        ? { status: 'healthy' }
        : { status: 'degraded', error: degraded }
    } catch (error) {
      return { status: 'unhealthy', error: messageOf(error) }
    } finally {
      cancel()
    }
  }

  async #call(): Promise<string | undefined> {
    const since = this.#pendingSince
    if (since !== undefined) {
      const ms = this.#clock.monotonic() - since
      throw new Error(`no answer for ${Math.max(1, Math.round(ms / 1000))} s`)
    }
    this.#pendingSince = this.#clock.monotonic()
    try {
      return await this.#check.run()
    } finally {
      this.#pendingSince = undefined
    }
  }

  #details(): { details?: Record<string, unknown> } {
    try {
      const details = this.#check.details?.()
      return details === undefined ? {} : { details }
    } catch (error) {
      return { details: { error: messageOf(error) } }
    }
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
