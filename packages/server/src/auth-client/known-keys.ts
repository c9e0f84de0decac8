import { z } from 'zod'

import { AuthUnavailable, TokenVerifier, type Verified } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import type { ServiceLink } from './service-link.ts'

const REFETCH_MS = 5_000

const jwks = z.object({
  keys: z.array(
    z.object({
      kid: z.string(),
      kty: z.string(),
      alg: z.literal('RS256'),
      use: z.literal('sig'),
      n: z.string(),
      e: z.string(),
    }),
  ),
})

/** The keys with which the auth service signs, so that tokens are verified here without asking. */
export class KnownKeys {
  readonly #link: ServiceLink
  readonly #clock: Clock
  #verifier: TokenVerifier | undefined
  #isOld = true
  #changes = 0
  #fetchedAt = -Infinity
  #fetching: Promise<TokenVerifier> | undefined

  constructor(link: ServiceLink, clock: Clock) {
    this.#link = link
    this.#clock = clock
  }

  get areThere(): boolean {
    return this.#verifier !== undefined
  }

  /** Those that are known may be withdrawn: nothing is verified by them before they are fetched again. */
  changed(): void {
    this.#changes += 1
    this.#isOld = true
    this.fetchIfOld()
  }

  /** Called now and then: what could not be fetched yet is tried again. */
  fetchIfOld(): void {
    if (this.#isOld) this.fetch().catch(() => undefined)
  }

  /** Any token that is not one of ours, of an RS256 key, is invalid. Undefined: nobody can tell. */
  async verify(token: string): Promise<Verified | undefined> {
    const kid = TokenVerifier.keyIdOf(token)
    if (kid === undefined) return { ok: false, why: 'invalid' }
    try {
      return (await this.#verifierFor(kid)).verify(token, this.#clock.now())
    } catch (error) {
      if (error instanceof AuthUnavailable) return undefined
      throw error
    }
  }

  /** @throws AuthUnavailable */
  fetch(): Promise<TokenVerifier> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #verifierFor(kid: string): Promise<TokenVerifier> {
    const known = this.#verifier
    if (!known || this.#isOld) {
      const fetched = await this.fetch()
      // That fetch may have been under way when they changed.
      return this.#isOld ? this.fetch() : fetched
    }
    // Anybody can name a key that there is not: that must not make us ask again and again.
    const mayAsk = this.#clock.monotonic() - this.#fetchedAt >= REFETCH_MS
    return known.knows(kid) || !mayAsk ? known : this.fetch()
  }

  async #fetch(): Promise<TokenVerifier> {
    const changes = this.#changes
    const found = await this.#link.ask({
      method: 'GET',
      path: '/.well-known/jwks.json',
      schema: jwks,
      repeatable: true,
    })
    this.#verifier = TokenVerifier.fromJwks(found)
    this.#fetchedAt = this.#clock.monotonic()
    if (changes === this.#changes) this.#isOld = false
    return this.#verifier
  }
}
