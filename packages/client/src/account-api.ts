import {
  accountSchema,
  apiKeyListSchema,
  createdApiKeySchema,
  providerLinkSchema,
  recoveryCodesSchema,
  sessionListSchema,
  twoFactorSetupSchema,
  type Account,
  type ApiKey,
  type CreatedApiKey,
  type LoginSession,
  type TwoFactorSetup,
} from './account-types.ts'
import type { HttpRequester } from './http-request.ts'

const part = (id: string): string => encodeURIComponent(id)

/**
 * A person's own account: name, password, two-factor, login sessions, API keys, the end of it.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class AccountApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  account(signal?: AbortSignal): Promise<Account> {
    return this.#http.json(accountSchema, 'GET', '/auth/me', { signal })
  }

  rename(name: string): Promise<Account> {
    return this.#http.json(accountSchema, 'PATCH', '/auth/me', { body: { name } })
  }

  /** Ends every other login session. */
  changePassword(body: { current_password: string; new_password: string }): Promise<void> {
    return this.#http.nothing('POST', '/auth/password/change', { body })
  }

  /** Not in force before `enableTwoFactor`. */
  setUpTwoFactor(password: string): Promise<TwoFactorSetup> {
    return this.#http.json(twoFactorSetupSchema, 'POST', '/auth/two-factor/setup', {
      body: { password },
    })
  }

  /** Gives the recovery codes, which are shown only once. */
  async enableTwoFactor(code: string): Promise<string[]> {
    const path = '/auth/two-factor/enable'
    const answer = await this.#http.json(recoveryCodesSchema, 'POST', path, { body: { code } })
    return answer.recovery_codes
  }

  disableTwoFactor(password: string): Promise<void> {
    return this.#http.nothing('POST', '/auth/two-factor/disable', { body: { password } })
  }

  /** The ones before are void. */
  async newRecoveryCodes(password: string): Promise<string[]> {
    const path = '/auth/two-factor/recovery-codes'
    const answer = await this.#http.json(recoveryCodesSchema, 'POST', path, { body: { password } })
    return answer.recovery_codes
  }

  async sessions(signal?: AbortSignal): Promise<LoginSession[]> {
    const { sessions } = await this.#http.json(sessionListSchema, 'GET', '/auth/sessions', {
      signal,
    })
    return sessions
  }

  endSession(id: string): Promise<void> {
    return this.#http.nothing('DELETE', `/auth/sessions/${part(id)}`)
  }

  async apiKeys(signal?: AbortSignal): Promise<ApiKey[]> {
    const answer = await this.#http.json(apiKeyListSchema, 'GET', '/auth/api-keys', { signal })
    return answer.api_keys
  }

  /** `expires_in_days`: 1 to 365; null for a key that lives until it is revoked. */
  createApiKey(body: {
    name: string
    scopes: string[]
    expires_in_days: number | null
  }): Promise<CreatedApiKey> {
    return this.#http.json(createdApiKeySchema, 'POST', '/auth/api-keys', { body })
  }

  revokeApiKey(id: string): Promise<void> {
    return this.#http.nothing('DELETE', `/auth/api-keys/${part(id)}`)
  }

  /** Gives the provider's address, where the person agrees; `returnTo`: a path of the web app. */
  async linkProvider(id: string, returnTo: string): Promise<string> {
    const path = `/auth/providers/${part(id)}/link`
    const body = { return_to: returnTo }
    const { url } = await this.#http.json(providerLinkSchema, 'POST', path, { body })
    return url
  }

  unlinkProvider(id: string): Promise<void> {
    return this.#http.nothing('DELETE', `/auth/providers/${part(id)}`)
  }

  /** Without a password only soon after signing in. */
  remove(password?: string): Promise<void> {
    const body = password === undefined ? {} : { password }
    return this.#http.nothing('DELETE', '/api/account', { body })
  }

  /** Everything that is the person's, as a zip file. */
  async download(signal?: AbortSignal): Promise<Blob> {
    const response = await this.#http.send('GET', '/api/account/export', { signal })
    return response.blob()
  }
}
