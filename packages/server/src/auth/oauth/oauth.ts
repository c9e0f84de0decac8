import type { Identity } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { RateLimit } from '../../platform/rate-limit.ts'
import { Attempts, DEFAULT_LIMITS, networkOf } from '../account/attempts.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import type { Origin, SessionStart } from '../session/session-start.ts'
import type { Sessions } from '../session/sessions.ts'
import type { AccountChoice } from './account-choice.ts'
import type { Flow, Flows } from './flows.ts'
import { OAuthFailure, providerFailure, whyOf } from './oauth-failure.ts'
import type { ProviderAccounts } from './provider-accounts.ts'
import type { ProviderSettings } from './provider-settings.ts'
import { Provider, type ProviderPerson } from './provider.ts'
import { returnPath } from './return-path.ts'

const STARTS_PER_NETWORK = { perMinute: 60, burst: 120 }

interface Needs {
  providers: readonly ProviderSettings[]
  flows: Flows
  accounts: ProviderAccounts
  choice: AccountChoice
  sessionStart: SessionStart
  sessions: Sessions
  audit: AuditLog
  clock: Clock
  logger: Logger
}

/** What a browser's request says of itself. */
export interface Visitor extends Origin {
  cookie: string | undefined
}

interface Begin extends Visitor {
  /** Where the provider sends the browser back, exactly. */
  redirectUri: string
  /** A path of the web app. */
  returnTo: string | undefined
}

/** Where the browser goes next. */
export interface Onward {
  to: string
  setCookies: string[]
}

/** Signing in through providers, linking them to accounts, and their word that somebody signed out. */
export class OAuth {
  readonly #needs: Needs
  readonly #providers: ReadonlyMap<string, Provider>
  readonly #starts: RateLimit
  readonly #attempts: Attempts
  readonly #outcomes = new Map<string, number>()

  constructor(needs: Needs) {
    this.#needs = needs
    this.#providers = new Map(
      needs.providers.map((settings) => [settings.id, new Provider(settings, needs.clock)]),
    )
    this.#starts = new RateLimit(needs.clock, STARTS_PER_NETWORK)
    this.#attempts = new Attempts(DEFAULT_LIMITS, needs.clock)
  }

  /** In the order of their buttons. */
  list(): { id: string; name: string }[] {
    return [...this.#providers.values()].map(({ settings: { id, name } }) => ({ id, name }))
  }

  /** How often signing in through a provider ended how: `signed_in`, `linked`, or a failure's code. */
  outcomes(): ReadonlyMap<string, number> {
    return this.#outcomes
  }

  /** The providers that the user may sign in through; `linked_at` is ISO 8601. */
  linkedTo(userId: string): { id: string; name: string; linked_at: string }[] {
    const linked = this.#needs.accounts.linkedTo(userId)
    return [...this.#providers.values()].flatMap(({ key, settings: { id, name } }) => {
      const found = linked.find(({ provider }) => provider === key)
      return found === undefined ? [] : [{ id, name, linked_at: found.linkedAt }]
    })
  }

  /** Sends a browser to the provider. @throws OAuthFailure or AuthError `not_found`. */
  begin(id: string, request: Begin & { invitation: string | undefined }): Promise<Onward> {
    return this.#begin(id, request, { invitation: request.invitation, link: undefined })
  }

  /** Sends the browser of a signed-in user to the provider, to link it. */
  beginLink(identity: Identity, id: string, request: Begin): Promise<Onward> {
    const { userId, sessionId } = identity
    return this.#begin(id, request, { invitation: undefined, link: { userId, sessionId } })
  }

  /**
   * The browser is back: begins a login session, or links. `id` is absent where the address of the
   * callback names no provider.
   *
   * @throws OAuthFailure; `returnTo` of one that was to link is where the person was.
   */
  async finish(
    id: string | undefined,
    answer: URLSearchParams,
    visitor: Visitor & { fromLoopback: boolean },
  ): Promise<Onward> {
    try {
      return await this.#attempts.run(
        { address: visitor.address },
        () => this.#finish(id, answer, visitor),
        (error) => error instanceof OAuthFailure && error.code !== 'access_denied',
      )
    } catch (error) {
      throw this.#refused(id, visitor, error)
    }
  }

  /** Ends the other sessions that were begun through it. @throws AuthError `last_way_in`, `not_found`. */
  unlink(identity: Identity, id: string, address: string): void {
    const { accounts, audit, sessions } = this.#needs
    const provider = this.#provider(id)
    const configured = new Set([...this.#providers.values()].map(({ key }) => key))
    const begun = accounts.unlink(identity.userId, provider.key, configured)
    if (begun === 'not_linked') throw new AuthError('not_found')
    if (begun === 'last_way_in') throw new AuthError('last_way_in')
    for (const sessionId of begun) if (sessionId !== identity.sessionId) sessions.end(sessionId)
    audit.record({
      actor: { kind: 'user', id: identity.userId },
      action: 'provider.unlinked',
      userId: identity.userId,
      address,
      details: { provider: id },
    })
  }

  /**
   * The provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0): ends
   * the sessions of that provider session, or all that the subject began through it.
   *
   * @returns how many. @throws AuthError `logout_token_invalid`; OAuthFailure `provider_unavailable`.
   */
  async logout(id: string, logoutToken: string, address: string): Promise<number> {
    const { accounts, audit, sessions } = this.#needs
    const provider = this.#provider(id)
    return this.#attempts.run(
      { address },
      async () => {
        const claims = await this.#logoutClaims(provider, logoutToken)
        if (!accounts.noteLogout(provider.key, claims)) throw new AuthError('logout_token_invalid')
        const ended = accounts.sessionsOf(provider.key, claims)
        for (const { sessionId, userId } of ended) {
          sessions.end(sessionId)
          audit.record({
            actor: { kind: 'service', id: `provider:${id}` },
            action: 'session.ended',
            userId,
            address,
            details: { why: 'provider_logout', session: sessionId },
          })
        }
        return ended.length
      },
      (error) => error instanceof AuthError,
    )
  }

  async #logoutClaims(provider: Provider, logoutToken: string) {
    try {
      return await provider.logoutClaims(logoutToken)
    } catch (error) {
      const failure = providerFailure(error)
      this.#log(provider.settings.id, failure)
      if (failure.code === 'provider_unavailable') throw failure
      throw new AuthError('logout_token_invalid')
    }
  }

  async #begin(
    id: string,
    request: Begin,
    more: Pick<Flow, 'invitation' | 'link'>,
  ): Promise<Onward> {
    const provider = this.#provider(id)
    const { redirectUri, returnTo, cookie } = request
    try {
      const retryAfterMs = this.#starts.take(networkOf(request.address))
      if (retryAfterMs > 0) throw new OAuthFailure('rate_limited', { retryAfterMs })
      const flow = { provider: id, redirectUri, returnTo: returnPath(returnTo), ...more }
      const { setCookies, ...secrets } = this.#needs.flows.begin(flow, cookie)
      const to = await asked(() => provider.authorizationUrl(redirectUri, secrets))
      return { to, setCookies }
    } catch (error) {
      throw this.#refused(id, request, error)
    }
  }

  async #finish(
    id: string | undefined,
    answer: URLSearchParams,
    visitor: Visitor & { fromLoopback: boolean },
  ): Promise<Onward> {
    const taken = this.#needs.flows.take(answer.get('state') ?? '', visitor.cookie)
    if (taken === undefined) throw new OAuthFailure('state_invalid')
    const { flow, secrets, startedAtMs } = taken
    const provider = this.#providers.get(flow.provider)
    // An answer that comes in at another provider's address is a mix-up, whoever arranged it.
    if (provider === undefined || (id ?? flow.provider) !== flow.provider) {
      throw new OAuthFailure('state_invalid')
    }
    try {
      const person = await asked(() => provider.redeem(flow.redirectUri, answer, secrets))
      if (flow.link !== undefined) {
        this.#link(provider, person, flow.link, visitor)
        return { to: flow.returnTo, setCookies: [] }
      }
      const setCookies = this.#signIn(provider, person, flow, { ...visitor, startedAtMs })
      return { to: flow.returnTo, setCookies }
    } catch (error) {
      if (error instanceof OAuthFailure && flow.link) error.returnTo = flow.returnTo
      throw error
    }
  }

  #signIn(
    { key, settings: { id } }: Provider,
    person: ProviderPerson,
    { invitation }: Flow,
    visitor: Visitor & { fromLoopback: boolean; startedAtMs: number },
  ): string[] {
    const { accounts, audit, choice, sessionStart } = this.#needs
    const { address, userAgent, fromLoopback, startedAtMs } = visitor
    const at = { provider: key, subject: person.subject, sid: person.sid }
    if (accounts.loggedOutSince(startedAtMs, at)) throw new OAuthFailure('state_invalid')
    const { userId, became } = choice.choose(key, person, { invitation, fromLoopback })
    const { sessionId, setCookies } = sessionStart.begin(userId, { address, userAgent })
    accounts.noteSession(sessionId, at)
    const entry = { actor: { kind: 'user' as const, id: userId }, userId, address }
    const details = { provider: id }
    if (became === 'registered') audit.record({ ...entry, action: 'user.created', details })
    if (became === 'linked') audit.record({ ...entry, action: 'provider.linked', details })
    audit.record({ ...entry, action: 'session.began', details: { ...details, session: sessionId } })
    this.#count('signed_in')
    return setCookies
  }

  #link(
    { key, settings: { id } }: Provider,
    person: ProviderPerson,
    { userId, sessionId }: NonNullable<Flow['link']>,
    { address }: Visitor,
  ): void {
    const { audit, choice, sessions } = this.#needs
    const state = sessions.state(sessionId)
    if (!state.live || state.session.userId !== userId) throw new OAuthFailure('state_invalid')
    if (!choice.linkTo(userId, key, person)) return
    const details = { provider: id }
    audit.record({
      actor: { kind: 'user', id: userId },
      action: 'provider.linked',
      userId,
      address,
      details,
    })
    this.#count('linked')
  }

  #provider(id: string): Provider {
    const provider = this.#providers.get(id)
    if (provider === undefined) throw new AuthError('not_found')
    return provider
  }

  /** Counts, logs and records a failure; what is none of the known ways to fail passes through. */
  #refused(id: string | undefined, { address }: Origin, error: unknown): unknown {
    const failure =
      error instanceof AuthError && error.code === 'rate_limited'
        ? new OAuthFailure('rate_limited', { retryAfterMs: error.retryAfterMs })
        : error
    if (!(failure instanceof OAuthFailure)) return failure
    this.#count(failure.code)
    this.#log(id, failure)
    this.#needs.audit.record({
      actor: { kind: 'nobody' },
      action: 'session.refused',
      outcome: 'refused',
      address,
      details: { why: failure.code, provider: id ?? null },
    })
    return failure
  }

  #log(provider: string | undefined, failure: OAuthFailure): void {
    const { code, traceId, cause } = failure
    this.#needs.logger.warn(
      { part: 'oauth', provider, code, trace_id: traceId, why: whyOf(cause) },
      'a provider and Netra did not come together',
    )
  }

  #count(outcome: string): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
  }
}

async function asked<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    throw providerFailure(error)
  }
}
