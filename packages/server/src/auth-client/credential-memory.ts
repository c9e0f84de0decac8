import { createHash } from 'node:crypto'

import type { Identity, Refusal } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import type { SessionId, UserId } from '../platform/ids.ts'
import { Lru } from './lru.ts'

const MAX_CREDENTIALS = 10_000
const GOOD_MS = 300_000
const BAD_MS = 60_000

/** Whose it is, which never changes; whether that session still lives is another question. */
export interface Bearer {
  userId: UserId
  sessionId: SessionId
  kind: Identity['kind']
  /** The end of the proof itself; a cookie ends with its session. */
  expiresAtMs: number | undefined
}

interface Entry<What> {
  what: What
  until: number
}

/**
 * Whose a cookie or key is, by its hash: the secret itself is not kept. Refusals lie apart, so that no
 * number of made-up credentials drives out what is known of people.
 */
export class CredentialMemory {
  readonly #clock: Clock
  readonly #bearers = new Lru<Entry<Bearer>>(MAX_CREDENTIALS)
  readonly #refusals = new Lru<Entry<Refusal>>(MAX_CREDENTIALS)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  static nameOf(kind: 'cookie' | 'token', secret: string): string {
    return `${kind} ${createHash('sha256').update(secret).digest('base64url')}`
  }

  /** `evenIfOld`: whose it is counts as long as it cannot be asked for again. */
  get(name: string, { evenIfOld = false } = {}): Bearer | Refusal | undefined {
    const now = this.#clock.monotonic()
    const refusal = this.#refusals.get(name)
    if (refusal && refusal.until > now) return refusal.what
    const known = this.#bearers.get(name)
    if (!known) return undefined
    const { expiresAtMs } = known.what
    if (expiresAtMs !== undefined && expiresAtMs <= this.#clock.now()) return 'expired'
    return known.until > now || evenIfOld ? known.what : undefined
  }

  put(name: string, found: Bearer | Refusal): void {
    const now = this.#clock.monotonic()
    if (typeof found === 'string') {
      this.#bearers.delete(name)
      this.#refusals.set(name, { what: found, until: now + BAD_MS })
    } else {
      this.#refusals.delete(name)
      this.#bearers.set(name, { what: found, until: now + GOOD_MS })
    }
  }

  /** Somebody who was refused may be let in again. */
  forgetRefusals(): void {
    this.#refusals.clear()
  }

  clear(): void {
    this.#bearers.clear()
    this.#refusals.clear()
  }
}
