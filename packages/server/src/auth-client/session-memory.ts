import type { SessionState } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import { Lru } from './lru.ts'

const MAX_SESSIONS = 10_000
const LIVE_MS = 300_000
const ENDED_MS = 60_000

/** What the service can say of a session; that it could not be asked is nothing to remember. */
export type KnownState = Exclude<SessionState, { why: 'unavailable' }>

interface Entry {
  userId: string
  state: KnownState
  until: number
}

/** Both names make the key: what is known of one user's session never answers for another user. */
export const sessionKey = (userId: string, sessionId: string): string =>
  JSON.stringify([userId, sessionId])

/**
 * What the auth service said of sessions. An answer is as good as new for a while; that a session lives
 * may be believed for longer, as long as its end would have been heard of.
 */
export class SessionMemory {
  readonly #clock: Clock
  readonly #byUser = new Map<string, Set<string>>()
  readonly #entries = new Lru<Entry>(MAX_SESSIONS, (key, { userId }) => {
    const keys = this.#byUser.get(userId)
    keys?.delete(key)
    if (keys?.size === 0) this.#byUser.delete(userId)
  })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#entries.size
  }

  put(userId: string, sessionId: string, state: KnownState): void {
    const key = sessionKey(userId, sessionId)
    const until = this.#clock.monotonic() + (state.live ? LIVE_MS : ENDED_MS)
    this.#entries.set(key, { userId, state, until })
    const keys = this.#byUser.get(userId) ?? new Set()
    this.#byUser.set(userId, keys.add(key))
  }

  /** An answer that needs no asking yet. */
  fresh(userId: string, sessionId: string): KnownState | undefined {
    const entry = this.#entries.get(sessionKey(userId, sessionId))
    if (!entry || entry.until <= this.#clock.monotonic()) return undefined
    return this.#inTime(entry.state)
  }

  /** That a session lived when it was last asked for, however long ago. */
  lastKnownLive(userId: string, sessionId: string): KnownState | undefined {
    const state = this.#entries.get(sessionKey(userId, sessionId))?.state
    return state?.live ? this.#inTime(state) : undefined
  }

  dropSession(userId: string, sessionId: string): void {
    this.#entries.delete(sessionKey(userId, sessionId))
  }

  dropUser(userId: string): void {
    for (const key of this.#byUser.get(userId) ?? []) this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** A session whose time is over needs nobody to say so. */
  #inTime(state: KnownState): KnownState {
    if (!state.live || state.session.expiresAtMs > this.#clock.now()) return state
    return { live: false, why: 'expired' }
  }
}
