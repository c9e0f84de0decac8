import type { Identity } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import { RateLimit } from '../../platform/rate-limit.ts'
import { Attempts, DEFAULT_LIMITS, networkOf } from '../account/attempts.ts'
import { AuthError } from '../auth-error.ts'
import type { Origin, SessionStart } from '../session/session-start.ts'
import type { Sessions } from '../session/sessions.ts'
import type { AccountChoice } from './account-choice.ts'
import type { Flow, Flows } from './flows.ts'
import { OAuthFailure, providerFailure } from './oauth-failure.ts'
import type { OAuthReport } from './oauth-report.ts'
import type { ProviderAccounts } from './provider-accounts.ts'
import type { ProviderLogouts } from './provider-logouts.ts'
import type { Provider, ProviderPerson } from './provider.ts'
import type { Providers } from './providers.ts'
import { returnPath } from './return-path.ts'

/** What somebody who tries things out gets; what honest people run into is not held against them. */
const GUESSES: ReadonlySet<string> = new Set(['state_invalid', 'provider_error'])
const STARTS_PER_NETWORK = { perMinute: 60, burst: 120 }

interface Needs {
  providers: Providers
  flows: Flows
  accounts: ProviderAccounts
  choice: AccountChoice
  sessionStart: SessionStart
  sessions: Sessions
  report: OAuthReport
  clock: Clock
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

/** Signing in through providers, and linking them to accounts. */
export class OAuth {
  /** What providers say of people who signed out there. */
  readonly logouts: ProviderLogouts
  readonly #needs: Needs
  readonly #starts: RateLimit
  readonly #attempts: Attempts

  constructor(needs: Needs & { logouts: ProviderLogouts }) {
    this.#needs = needs
    this.logouts = needs.logouts
    this.#starts = new RateLimit(needs.clock, STARTS_PER_NETWORK)
    this.#attempts = new Attempts(DEFAULT_LIMITS, needs.clock)
  }

  /** In the order of their buttons. */
  list(): { id: string; name: string }[] {
    return this.#needs.providers.all().map(({ settings: { id, name } }) => ({ id, name }))
  }

  /** The providers that the user may sign in through; `linked_at` is ISO 8601. */
  linkedTo(userId: string): { id: string; name: string; linked_at: string }[] {
    const linked = this.#needs.accounts.linkedTo(userId)
    return this.#needs.providers.all().flatMap(({ key, settings: { id, name } }) => {
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
    const { flows, report } = this.#needs
    if (!flows.knows(visitor.cookie)) {
      flows.take(answer.get('state') ?? '', undefined)
      throw report.stray(id)
    }
    try {
      return await this.#attempts.run(
        { address: visitor.address },
        () => this.#finish(id, answer, visitor),
        (error) => error instanceof OAuthFailure && GUESSES.has(error.code),
      )
    } catch (error) {
      throw report.refused(id, visitor.address, error)
    }
  }

  /** Ends the other sessions that were begun through it. @throws AuthError `last_way_in`, `not_found`. */
  unlink(identity: Identity, id: string, address: string): void {
    const { accounts, report, sessions } = this.#needs
    const provider = this.#needs.providers.get(id)
    const configured = new Set(this.#needs.providers.all().map(({ key }) => key))
    const begun = accounts.unlink(identity.userId, provider.key, configured)
    if (begun === 'not_linked') throw new AuthError('not_found')
    if (begun === 'last_way_in') throw new AuthError('last_way_in')
    for (const sessionId of begun) if (sessionId !== identity.sessionId) sessions.end(sessionId)
    report.record({
      actor: { kind: 'user', id: identity.userId },
      action: 'provider.unlinked',
      userId: identity.userId,
      address,
      details: { provider: id },
    })
  }

  async #begin(
    id: string,
    request: Begin,
    more: Pick<Flow, 'invitation' | 'link'>,
  ): Promise<Onward> {
    const provider = this.#needs.providers.get(id)
    const { redirectUri, returnTo, cookie } = request
    try {
      const retryAfterMs = this.#starts.take(networkOf(request.address))
      if (retryAfterMs > 0) throw new OAuthFailure('rate_limited', { retryAfterMs })
      const flow = { provider: id, redirectUri, returnTo: returnPath(returnTo), ...more }
      const { setCookies, ...secrets } = this.#needs.flows.begin(flow, cookie)
      const to = await asked(() => provider.authorizationUrl(redirectUri, secrets))
      return { to, setCookies }
    } catch (error) {
      throw this.#needs.report.refused(id, request.address, error)
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
    // An answer that comes in at another provider's address is a mix-up, whoever arranged it.
    if ((id ?? flow.provider) !== flow.provider) throw new OAuthFailure('state_invalid')
    const provider = this.#needs.providers.get(flow.provider)
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
    const { accounts, choice, report, sessionStart } = this.#needs
    const { address, userAgent, fromLoopback, startedAtMs } = visitor
    const at = { provider: key, subject: person.subject, sid: person.sid }
    if (accounts.loggedOutSince(startedAtMs, at)) throw new OAuthFailure('state_invalid')
    const { userId, became } = choice.choose(key, person, { invitation, fromLoopback })
    const { sessionId, setCookies } = sessionStart.begin(userId, { address, userAgent })
    accounts.noteSession(sessionId, at)
    const entry = { actor: { kind: 'user' as const, id: userId }, userId, address }
    const details = { provider: id }
    if (became === 'registered') report.record({ ...entry, action: 'user.created', details })
    if (became === 'linked') report.record({ ...entry, action: 'provider.linked', details })
    report.record({
      ...entry,
      action: 'session.began',
      details: { ...details, session: sessionId },
    })
    report.ended('signed_in')
    return setCookies
  }

  #link(
    { key, settings: { id } }: Provider,
    person: ProviderPerson,
    { userId, sessionId }: NonNullable<Flow['link']>,
    { address }: Visitor,
  ): void {
    const { choice, report, sessions } = this.#needs
    const state = sessions.state(sessionId)
    if (!state.live || state.session.userId !== userId) throw new OAuthFailure('state_invalid')
    if (!choice.linkTo(userId, key, person)) return
    const details = { provider: id }
    report.record({
      actor: { kind: 'user', id: userId },
      action: 'provider.linked',
      userId,
      address,
      details,
    })
    report.ended('linked')
  }
}

async function asked<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    throw providerFailure(error)
  }
}
