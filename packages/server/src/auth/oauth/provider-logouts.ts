import type { Clock } from '../../platform/clock.ts'
import { Attempts, DEFAULT_LIMITS } from '../account/attempts.ts'
import { AuthError } from '../auth-error.ts'
import type { Sessions } from '../session/sessions.ts'
import { providerFailure } from './oauth-failure.ts'
import type { OAuthReport } from './oauth-report.ts'
import type { ProviderAccounts } from './provider-accounts.ts'
import type { LogoutClaims, Provider } from './provider.ts'
import type { Providers } from './providers.ts'

interface Needs {
  providers: Providers
  accounts: ProviderAccounts
  sessions: Sessions
  report: OAuthReport
  clock: Clock
}

/** Providers' word that somebody signed out there (OpenID Connect Back-Channel Logout 1.0). */
export class ProviderLogouts {
  readonly #needs: Needs
  readonly #attempts: Attempts

  constructor(needs: Needs) {
    this.#needs = needs
    this.#attempts = new Attempts(DEFAULT_LIMITS, needs.clock)
  }

  /**
   * Ends the sessions of that provider session, or all that the subject began through it.
   *
   * @throws AuthError `logout_token_invalid`, `not_found` or `rate_limited`; OAuthFailure
   *   `provider_unavailable` when its keys cannot be had.
   */
  async take(id: string, logoutToken: string, address: string): Promise<void> {
    const { accounts, providers, report, sessions } = this.#needs
    const provider = providers.get(id)
    const claims = await this.#attempts.run(
      { address },
      () => this.#claims(provider, logoutToken),
      (error) => error instanceof AuthError,
    )
    for (const { sessionId, userId } of accounts.sessionsOf(provider.key, claims)) {
      sessions.end(sessionId)
      report.record({
        actor: { kind: 'service', id: `provider:${id}` },
        action: 'session.ended',
        userId,
        address,
        details: { why: 'provider_logout', session: sessionId },
      })
    }
    report.ended('logged_out')
  }

  async #claims(provider: Provider, logoutToken: string): Promise<LogoutClaims> {
    try {
      const claims = await provider.logoutClaims(logoutToken)
      if (!this.#needs.accounts.noteLogout(provider.key, claims)) {
        throw new Error('this logout token came before')
      }
      return claims
    } catch (error) {
      const failure = providerFailure(error)
      this.#needs.report.log(provider.settings.id, failure)
      throw failure.code === 'provider_unavailable'
        ? failure
        : new AuthError('logout_token_invalid')
    }
  }
}
