import {
  AuthUnavailable,
  type LiveSession,
  MAX_SESSIONS_ASKED,
  type WireSession,
  type WireSessionState,
  wireSessionStates,
} from '../identity/identity.ts'
import { asId, type SessionId, type UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { RecentChanges } from './recent-changes.ts'
import type { ServiceLink } from './service-link.ts'
import { sessionKey, type KnownState } from './session-memory.ts'

const TRIES = 3
const RETRY_MS = 1_000
const MAX_ID_CHARS = 128

interface Asked {
  userId: string
  sessionId: string
  answer: PromiseWithResolvers<KnownState>
}

/**
 * Asks whether sessions live: each one once at a time, whoever waits for it, and those of one turn of
 * the event loop together.
 */
export class SessionAsker {
  readonly #link: Pick<ServiceLink, 'ask'>
  readonly #changes: RecentChanges
  readonly #logger: Logger
  readonly #underWay = new Map<string, Promise<KnownState>>()
  #waiting: Asked[] = []

  constructor(link: Pick<ServiceLink, 'ask'>, changes: RecentChanges, logger: Logger) {
    this.#link = link
    this.#changes = changes
    this.#logger = logger
  }

  /** @throws AuthUnavailable */
  ask(userId: string, sessionId: string): Promise<KnownState> {
    // One name that the service does not take would spoil the answer to all that are asked with it.
    if (!isName(userId) || !isName(sessionId)) {
      return Promise.resolve({ live: false, why: 'revoked' })
    }
    const key = sessionKey(userId, sessionId)
    const known = this.#underWay.get(key)
    if (known) return known
    const asking = this.#askCurrent(userId, sessionId).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, asking)
    return asking
  }

  /** An answer that the feed has overtaken is asked for again. */
  async #askCurrent(userId: string, sessionId: string): Promise<KnownState> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { mark } = this.#changes
      const state = await this.#enqueue(userId, sessionId)
      if (!this.#changes.touched(mark, userId, sessionId)) return state
    }
    throw new AuthUnavailable(RETRY_MS)
  }

  #enqueue(userId: string, sessionId: string): Promise<KnownState> {
    const answer = Promise.withResolvers<KnownState>()
    if (this.#waiting.length === 0) setImmediate(() => this.#send())
    this.#waiting.push({ userId, sessionId, answer })
    return answer.promise
  }

  #send(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (let from = 0; from < waiting.length; from += MAX_SESSIONS_ASKED) {
      const some = waiting.slice(from, from + MAX_SESSIONS_ASKED)
      this.#askTogether(some).catch((error: unknown) => {
        for (const { answer } of some) answer.reject(error)
      })
    }
  }

  async #askTogether(asked: readonly Asked[]): Promise<void> {
    const { states } = await this.#link.ask({
      path: '/auth/validate',
      body: {
        sessions: asked.map(({ userId, sessionId }) => ({
          user_id: userId,
          session_id: sessionId,
        })),
      },
      schema: wireSessionStates,
      repeatable: true,
    })
    for (const [index, { userId, sessionId, answer }] of asked.entries()) {
      const state = states[index]
      if (state && isAbout(state, userId, sessionId)) answer.resolve(stateFrom(state))
      else {
        this.#logger.error({ session_id: sessionId }, 'the auth service answered about another one')
        answer.reject(new AuthUnavailable(RETRY_MS))
      }
    }
  }
}

const isName = (id: string): boolean => id.length > 0 && id.length <= MAX_ID_CHARS

const isAbout = (state: WireSessionState, userId: string, sessionId: string): boolean =>
  !state.live || (state.session.user_id === userId && state.session.session_id === sessionId)

const stateFrom = (state: WireSessionState): KnownState =>
  state.live ? { live: true, session: liveSession(state.session) } : state

export const liveSession = (wire: WireSession): LiveSession => ({
  sessionId: asId<SessionId>(wire.session_id),
  userId: asId<UserId>(wire.user_id),
  email: wire.email,
  name: wire.name,
  role: wire.role,
  scopes: wire.scopes,
  isTestUser: wire.is_test_user,
  expiresAtMs: wire.expires_at_ms,
  idleEndMs: wire.idle_end_ms,
})
