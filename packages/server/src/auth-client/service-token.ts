import type { Clock } from '../platform/clock.ts'

interface Fetched {
  access_token: string
  /** Seconds. */
  expires_in: number
}

/** Renewed when a tenth of its life is left: a call never waits for a new one. */
const RENEW_AT = 0.9

/** This service's own token, fetched once for all who need it. */
export class ServiceToken {
  readonly #clock: Clock
  readonly #fetch: () => Promise<Fetched>
  #token: { text: string; renewAt: number; endsAt: number } | undefined
  #fetching: Promise<string> | undefined

  constructor(clock: Clock, fetch: () => Promise<Fetched>) {
    this.#clock = clock
    this.#fetch = fetch
  }

  /** @throws why it cannot be had. */
  async get(): Promise<string> {
    const now = this.#clock.monotonic()
    const token = this.#token
    if (!token || token.endsAt <= now) return this.#renew()
    // Should this fail, whoever needs it at its end is told.
    if (token.renewAt <= now) this.#renew().catch(() => undefined)
    return token.text
  }

  /** It was refused. */
  forget(): void {
    this.#token = undefined
  }

  #renew(): Promise<string> {
    this.#fetching ??= this.#fetch()
      .then(({ access_token: text, expires_in: seconds }) => {
        const now = this.#clock.monotonic()
        const lifeMs = seconds * 1000
        this.#token = { text, renewAt: now + lifeMs * RENEW_AT, endsAt: now + lifeMs }
        return text
      })
      .finally(() => {
        this.#fetching = undefined
      })
    return this.#fetching
  }
}
