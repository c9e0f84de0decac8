import { registeredSchema, type Registered } from './account-types.ts'
import { signedInSchema, type SignedIn } from './api-types.ts'
import type { HttpRequester } from './http-request.ts'

/**
 * What somebody who is not signed in may ask.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class EntranceApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  register(body: {
    email: string
    password: string
    name?: string
    invitation?: string
  }): Promise<Registered> {
    return this.#http.json(registeredSchema, 'POST', '/auth/register', { body })
  }

  /** The second step; `code`: of the authenticator, or a recovery code. */
  twoFactor(body: { challenge: string; code: string }): Promise<SignedIn> {
    return this.#http.json(signedInSchema, 'POST', '/auth/two-factor', { body })
  }

  /** The same answer for every address. */
  forgotPassword(email: string): Promise<void> {
    return this.#http.nothing('POST', '/auth/password/forgot', { body: { email } })
  }

  resetPassword(body: { token: string; password: string }): Promise<void> {
    return this.#http.nothing('POST', '/auth/password/reset', { body })
  }

  verifyEmail(token: string): Promise<void> {
    return this.#http.nothing('POST', '/auth/email/verify', { body: { token } })
  }

  resendVerification(email: string): Promise<void> {
    return this.#http.nothing('POST', '/auth/email/resend', { body: { email } })
  }

  /** A new account that expires, for somebody who wants to look around. */
  tryDemo(): Promise<SignedIn> {
    return this.#http.json(signedInSchema, 'POST', '/auth/demo', { body: {} })
  }

  /** Where a browser goes to sign in through a provider; `returnTo`: a path of the web app. */
  providerAddress(way: {
    provider: string
    returnTo: string
    invitation?: string | null | undefined
  }): string {
    const { provider, returnTo, invitation } = way
    return this.#http.address('/auth/login', { provider, return_to: returnTo, invitation })
  }
}
