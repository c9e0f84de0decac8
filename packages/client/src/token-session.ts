import { ApiError } from './api-error.ts'
import type { Refreshed, SignedIn } from './api-types.ts'
import { SignedOut } from './client-error.ts'
import { systemClock, type Clock } from './clock.ts'
import { tokenCredentials, type Credentials } from './credentials.ts'

/** A token this close to its end is renewed before it is used. */
const RENEW_BEFORE_MS = 60_000

/** The tokens of a program that signed in: renewed when they run out, one renewal at a time. */
export class TokenSession {
  readonly credentials: Credentials
  readonly #api: { refresh(refreshToken: string): Promise<Refreshed> }
  readonly #clock: Clock
  #tokens: SignedIn
  #expiresAt: number
  #renewing: Promise<void> | undefined

  constructor(
    api: { refresh(refreshToken: string): Promise<Refreshed> },
    signedIn: SignedIn,
    clock: Clock = systemClock,
  ) {
    this.#api = api
    this.#clock = clock
    this.#tokens = signedIn
    this.#expiresAt = clock.now() + signedIn.expires_in * 1000
    this.credentials = tokenCredentials(({ fresh }) => this.token({ fresh }))
  }

  get user(): SignedIn['user'] {
    return this.#tokens.user
  }

  /** @throws SignedOut when the session has ended. */
  async token(options: { fresh?: boolean } = {}): Promise<string> {
    const due = this.#clock.now() >= this.#expiresAt - RENEW_BEFORE_MS
    if (options.fresh || due) {
      this.#renewing ??= this.#renew().finally(() => {
        this.#renewing = undefined
      })
      await this.#renewing
    }
    return this.#tokens.access_token
  }

  async #renew(): Promise<void> {
    try {
      const renewed = await this.#api.refresh(this.#tokens.refresh_token)
      this.#tokens = { ...this.#tokens, ...renewed }
      this.#expiresAt = this.#clock.now() + renewed.expires_in * 1000
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
        throw new SignedOut('the session has ended: sign in again')
      }
      throw error
    }
  }
}
