import type { Clock } from '../platform/clock.ts'
import type { AccessTokens } from './access-token.ts'
import type { Engine } from './engine.ts'
import type { Authentication, Credentials, Identity } from './identity.ts'
import type { LiveSession, Sessions } from './sessions.ts'

interface Needs {
  engine: Engine
  sessions: Sessions
  tokens: AccessTokens
  clock: Clock
  cookieName: string
}

const MAX_COOKIE_CHARS = 8192

/** The one place that turns a cookie or token into an identity, or says why not. */
export class Authenticator {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
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
    const { tokens, sessions, clock } = this.#needs
    const verified = tokens.verify(token, clock.now())
    if (!verified.ok) return verified
    const { claims } = verified
    const state = sessions.state(claims.sid)
    if (!state.live) return { ok: false, why: state.why }
    if (state.session.userId !== claims.sub) return { ok: false, why: 'invalid' }
    return accepted(state.session, 'token', claims.exp * 1000)
  }

  async byCookie(header: string | undefined): Promise<Authentication> {
    const { engine, sessions, cookieName } = this.#needs
    const value = header === undefined ? undefined : cookieValue(header, cookieName)
    if (value === undefined) return { ok: false, why: 'missing' }
    const { response, headers } = await engine.api.getSession({
      headers: new Headers({ cookie: `${cookieName}=${value}` }),
      returnHeaders: true,
    })
    if (response === null) {
      // The part before the signature; only somebody who held the session knows it.
      const why = sessions.endOfToken(value.split('.')[0] ?? '')
      return { ok: false, why: why ?? 'invalid' }
    }
    const state = sessions.state(response.session.id)
    if (!state.live) return { ok: false, why: state.why }
    const found = accepted(state.session, 'session', state.session.expiresAtMs)
    return { ...found, setCookies: headers.getSetCookie() }
  }
}

function accepted(
  session: LiveSession,
  kind: Identity['kind'],
  expiresAtMs: number,
): { ok: true; identity: Identity; setCookies: string[] } {
  const { userId, email, name, role, sessionId } = session
  const expiresAt = new Date(expiresAtMs).toISOString()
  return {
    ok: true,
    identity: { userId, email, name, role, sessionId, expiresAt, kind },
    setCookies: [],
  }
}

function cookieValue(header: string, name: string): string | undefined {
  if (header.length > MAX_COOKIE_CHARS) return undefined
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || undefined
  }
  return undefined
}
