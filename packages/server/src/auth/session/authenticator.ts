import type { Authentication, Credentials, Identity, LiveSession } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import type { ApiKeys } from '../keys/api-keys.ts'
import { looksLikeKey } from '../keys/key-text.ts'
import type { TestUsers } from '../test-users/test-users.ts'
import type { AccessTokens } from './access-token.ts'
import {
  cookieValue,
  sessionCookieName,
  signedSessionCookie,
  verifiedToken,
} from './session-cookie.ts'
import type { SessionUse } from './session-use.ts'
import type { Sessions } from './sessions.ts'

interface Needs {
  sessions: Sessions
  tokens: AccessTokens
  keys: ApiKeys
  use: SessionUse
  testUsers: TestUsers
  clock: Clock
  publicUrl: string
  cookieSecret: string
}

/** The one place that turns a cookie or token into an identity, or says why not. */
export class Authenticator {
  readonly #needs: Needs
  readonly #cookieName: string

  constructor(needs: Needs) {
    this.#needs = needs
    this.#cookieName = sessionCookieName(needs.publicUrl)
  }

  /** A bearer token decides alone when there is one, so that a cookie never lends it rights. */
  async authenticate(credentials: Credentials): Promise<Authentication> {
    if (credentials.authorization !== undefined) {
      const token = /^bearer +(\S+)$/i.exec(credentials.authorization.trim())?.[1]
      return token === undefined ? { ok: false, why: 'invalid' } : this.byToken(token)
    }
    return this.byCookie(credentials.cookie)
  }

  byToken(token: string): Authentication {
    if (looksLikeKey(token)) return this.#byKey(token)
    const { tokens, sessions, clock, testUsers } = this.#needs
    const test = testUsers.byToken(token)
    if (test !== undefined) {
      if (!test.ok) return test
      const state = sessions.state(test.sessionId)
      if (!state.live) return { ok: false, why: state.why }
      const identity = identityOf(
        state.session,
        'token',
        Math.min(test.expiresAtMs, state.session.expiresAtMs),
      )
      return { ok: true, identity, setCookies: [] }
    }
    const verified = tokens.verify(token, clock.now())
    if (!verified.ok) return verified
    const { claims } = verified
    const state = sessions.state(claims.sid)
    if (!state.live) return { ok: false, why: state.why }
    if (state.session.userId !== claims.sub) return { ok: false, why: 'invalid' }
    this.#needs.use.note(state.session.sessionId)
    const identity = identityOf(state.session, 'token', claims.exp * 1000)
    return { ok: true, identity, setCookies: [] }
  }

  #byKey(key: string): Authentication {
    const state = this.#needs.keys.stateOfKey(key)
    if (state === undefined) return { ok: false, why: 'invalid' }
    if (!state.live) return { ok: false, why: state.why }
    const { session } = state
    return {
      ok: true,
      identity: identityOf(session, 'api_key', session.expiresAtMs),
      setCookies: [],
    }
  }

  async byCookie(header: string | undefined): Promise<Authentication> {
    const { sessions, cookieSecret } = this.#needs
    const value = cookieValue(header, this.#cookieName)
    if (value === undefined) return { ok: false, why: 'missing' }
    const token = verifiedToken(value, cookieSecret)
    if (token === undefined) return { ok: false, why: 'invalid' }
    const state = sessions.stateOfToken(token)
    if (state === undefined) return { ok: false, why: 'invalid' }
    if (!state.live) return { ok: false, why: state.why }
    const { session } = state
    this.#needs.use.note(session.sessionId)
    const setCookies = sessions.extensionDue(session) ? [this.#extend(session, token)] : []
    return { ok: true, identity: identityOf(session, 'session', session.expiresAtMs), setCookies }
  }

  /** Use keeps a session alive; its cookie must last as long. */
  #extend({ sessionId }: LiveSession, token: string): string {
    const { sessions, publicUrl, cookieSecret } = this.#needs
    sessions.extend(sessionId)
    return signedSessionCookie({ publicUrl, cookieSecret, token })
  }
}

export function identityOf(
  session: LiveSession,
  kind: Identity['kind'],
  expiresAtMs: number,
): Identity {
  const { userId, email, name, role, sessionId, scopes, isTestUser } = session
  const expiresAt = new Date(expiresAtMs).toISOString()
  return { userId, email, name, role, sessionId, expiresAt, kind, scopes, isTestUser }
}
