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

type Entry = { until: number } & ({ bearer: Bearer } | { why: Refusal })

/** Whose a cookie or key is, by its hash: the secret itself is not kept. */
export class CredentialMemory {
  readonly #clock: Clock
  readonly #entries = new Lru<Entry>(MAX_CREDENTIALS)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  static nameOf(kind: 'cookie' | 'token', secret: string): string {
    return `${kind} ${createHash('sha256').update(secret).digest('base64url')}`
  }

  /** `isOld`: whose it is counts as long as it need not be asked for again. */
  get(name: string, { evenIfOld = false } = {}): Bearer | Refusal | undefined {
    const entry = this.#entries.get(name)
    if (!entry) return undefined
    const isOld = entry.until <= this.#clock.monotonic()
    if ('why' in entry) return isOld ? undefined : entry.why
    const { expiresAtMs } = entry.bearer
    if (expiresAtMs !== undefined && expiresAtMs <= this.#clock.now()) return 'expired'
    return isOld && !evenIfOld ? undefined : entry.bearer
  }

  put(name: string, found: Bearer | Refusal): void {
    const now = this.#clock.monotonic()
    this.#entries.set(
      name,
      typeof found === 'string'
        ? { why: found, until: now + BAD_MS }
        : { bearer: found, until: now + GOOD_MS },
    )
  }

  /** Somebody who was refused may be let in again. */
  forgetRefusals(): void {
    for (const [name, entry] of this.#entries) if ('why' in entry) this.#entries.delete(name)
  }

  clear(): void {
    this.#entries.clear()
  }
}
