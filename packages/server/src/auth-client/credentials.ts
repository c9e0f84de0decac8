import {
  type Authentication,
  AuthUnavailable,
  type Identity,
  type LiveSession,
  type Refusal,
  wireAuthentication,
  type WireAuthentication,
} from '../identity/identity.ts'
import { asId, type SessionId, type UserId } from '../platform/ids.ts'
import { CredentialMemory, type Bearer } from './credential-memory.ts'
import { AskRefused } from './json-calls.ts'
import type { KnownKeys } from './known-keys.ts'
import type { RecentChanges } from './recent-changes.ts'
import type { ServiceLink } from './service-link.ts'
import { liveSession } from './session-asker.ts'
import type { SessionKnowledge } from './session-knowledge.ts'

interface Needs {
  link: ServiceLink
  keys: KnownKeys
  memory: CredentialMemory
  changes: RecentChanges
  sessions: SessionKnowledge
}

const MAX_TOKEN_CHARS = 4096
const MAX_COOKIE_CHARS = 8192
const refused = (why: Refusal): Authentication => ({ ok: false, why })

/** Turns what a caller shows into an identity: tokens are verified here, the rest is asked for. */
export class Credentials {
  readonly #needs: Needs
  readonly #underWay = new Map<string, Promise<Authentication>>()

  constructor(needs: Needs) {
    this.#needs = needs
  }

  async byBearer(authorization: string): Promise<Authentication> {
    const token = /^bearer +(\S+)$/i.exec(authorization.trim())?.[1]
    if (token === undefined || token.length > MAX_TOKEN_CHARS) return refused('invalid')
    if (algorithmOf(token) === 'RS256') return this.#byToken(token)
    // Keys, and the tokens of test suites, are known to the auth service alone.
    if (!isKey(token) && algorithmOf(token) !== 'HS256') return refused('invalid')
    return this.#byAsking(CredentialMemory.nameOf('token', token), { token })
  }

  async byCookie(header: string | undefined): Promise<Authentication> {
    const cookie = sessionCookies(header)
    if (cookie === undefined) return refused('missing')
    return this.#byAsking(CredentialMemory.nameOf('cookie', cookie), { cookie })
  }

  /** What the service said of a ticket or credential, remembered for whom it is about. */
  learn(answer: WireAuthentication, mark: number, name?: string): Authentication {
    const { memory, sessions, changes } = this.#needs
    if (!answer.ok) {
      // What the feed said meanwhile may have made it untrue.
      const isSure = answer.why !== 'unavailable' && changes.mark === mark
      if (name !== undefined && isSure) memory.put(name, answer.why)
      return answer
    }
    const session = liveSession(answer.session)
    const { userId, sessionId } = session
    sessions.learn(userId, sessionId, { live: true, session }, mark)
    const expiresAtMs =
      answer.kind === 'session' ? session.expiresAtMs : Date.parse(answer.expires_at)
    if (name !== undefined) {
      const ownEnd = answer.kind === 'session' ? undefined : expiresAtMs
      memory.put(name, { userId, sessionId, kind: answer.kind, expiresAtMs: ownEnd })
    }
    return {
      ok: true,
      identity: identityOf(session, answer.kind, expiresAtMs),
      setCookies: answer.set_cookies,
    }
  }

  async #byToken(token: string): Promise<Authentication> {
    const verified = await this.#needs.keys.verify(token)
    if (!verified) return refused('unavailable')
    if (!verified.ok) return verified
    const { sub, sid, exp } = verified.claims
    return this.#withState({
      userId: asId<UserId>(sub),
      sessionId: asId<SessionId>(sid),
      kind: 'token',
      expiresAtMs: exp * 1000,
    })
  }

  #byAsking(
    name: string,
    question: { token: string } | { cookie: string },
  ): Promise<Authentication> {
    const known = this.#needs.memory.get(name)
    if (typeof known === 'string') return Promise.resolve(refused(known))
    if (known) return this.#withState(known)
    const underWay = this.#underWay.get(name)
    if (underWay) return underWay
    const asking = this.#ask(name, question).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, asking)
    return asking
  }

  async #ask(
    name: string,
    question: { token: string } | { cookie: string },
  ): Promise<Authentication> {
    const { link, changes, memory } = this.#needs
    const { mark } = changes
    try {
      const answer = await link.ask({
        path: '/auth/validate',
        body: question,
        schema: wireAuthentication,
        repeatable: true,
      })
      const found = this.learn(answer, mark, name)
      if (!found.ok || !changes.touched(mark, found.identity.userId, found.identity.sessionId)) {
        return found
      }
      // The answer may be older than what the feed said meanwhile.
      const state = await this.#needs.sessions.stateOf(
        found.identity.userId,
        found.identity.sessionId,
      )
      return state.live ? found : refused(state.why)
    } catch (error) {
      if (error instanceof AskRefused && error.isAboutTheQuestion) return refused('invalid')
      if (!(error instanceof AuthUnavailable || error instanceof AskRefused)) throw error
      const old = memory.get(name, { evenIfOld: true })
      return typeof old === 'object' ? this.#withState(old) : refused(old ?? 'unavailable')
    }
  }

  async #withState({ userId, sessionId, kind, expiresAtMs }: Bearer): Promise<Authentication> {
    const answer = this.#needs.sessions.stateOf(userId, sessionId)
    const state = answer instanceof Promise ? await answer : answer
    if (!state.live) return refused(state.why)
    const { session } = state
    return {
      ok: true,
      identity: identityOf(session, kind, expiresAtMs ?? session.expiresAtMs),
      setCookies: [],
    }
  }
}

function identityOf(session: LiveSession, kind: Identity['kind'], expiresAtMs: number): Identity {
  const { userId, email, name, role, sessionId, scopes, isTestUser } = session
  const expiresAt = new Date(expiresAtMs).toISOString()
  return { userId, email, name, role, sessionId, expiresAt, kind, scopes, isTestUser }
}

const isKey = (token: string): boolean => token.startsWith('netra_')

function algorithmOf(token: string): unknown {
  try {
    const head: unknown = JSON.parse(
      Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString(),
    )
    return typeof head === 'object' && head !== null && 'alg' in head ? head.alg : undefined
  } catch {
    return undefined
  }
}

/** The session cookies alone, whatever this Netra calls them: the others are nobody else's business. */
function sessionCookies(header: string | undefined): string | undefined {
  if (header === undefined || header.length > MAX_COOKIE_CHARS) return undefined
  const ours = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => /^(?:__Host-)?netra_session\w*=./.test(pair))
  return ours.length === 0 ? undefined : ours.join('; ')
}
