import {
  auditPageSchema,
  createdUserSchema,
  oneTimeLinkSchema,
  registrationSchema,
  retentionSchema,
  userPageSchema,
  type AuditPage,
  type CreatedUser,
  type OneTimeLink,
  type Registration,
  type Retention,
  type UserPage,
} from './account-types.ts'
import type { HttpRequester } from './http-request.ts'

const userPath = (id: string): string => `/auth/admin/users/${encodeURIComponent(id)}`

/**
 * The users of this Netra, who may become one, and what was done to their accounts; for
 * administrators.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class UsersApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  users(
    query: { q?: string | undefined; limit?: number; offset?: number },
    signal?: AbortSignal,
  ): Promise<UserPage> {
    return this.#http.json(userPageSchema, 'GET', '/auth/admin/users', { query, signal })
  }

  create(body: { email: string; name?: string; role?: 'user' | 'admin' }): Promise<CreatedUser> {
    return this.#http.json(createdUserSchema, 'POST', '/auth/admin/users', { body })
  }

  /** A change of role and disabling end all of the user's sessions. */
  change(
    id: string,
    body: { role?: 'user' | 'admin'; disabled?: boolean; name?: string },
  ): Promise<void> {
    return this.#http.nothing('PATCH', userPath(id), { body })
  }

  createLink(id: string, kind: 'password_reset' | 'verify_email'): Promise<OneTimeLink> {
    const path = `${userPath(id)}/links`
    return this.#http.json(oneTimeLinkSchema, 'POST', path, { body: { kind } })
  }

  remove(id: string): Promise<void> {
    return this.#http.nothing('DELETE', userPath(id))
  }

  endSessions(id: string): Promise<void> {
    return this.#http.nothing('DELETE', `${userPath(id)}/sessions`)
  }

  removeTwoFactor(id: string): Promise<void> {
    return this.#http.nothing('DELETE', `${userPath(id)}/two-factor`)
  }

  /** Lets somebody sign in again before the lock of too many failures is over. */
  unlock(id: string): Promise<void> {
    return this.#http.nothing('POST', `${userPath(id)}/unlock`)
  }

  registration(signal?: AbortSignal): Promise<Registration> {
    return this.#http.json(registrationSchema, 'GET', '/auth/admin/registration', { signal })
  }

  /** `policy`: null takes the choice back, so that the configuration or the default holds. */
  setRegistration(body: {
    policy: Registration['policy'] | null
    domains: string[]
  }): Promise<Registration> {
    return this.#http.json(registrationSchema, 'PUT', '/auth/admin/registration', { body })
  }

  retention(signal?: AbortSignal): Promise<Retention> {
    return this.#http.json(retentionSchema, 'GET', '/api/admin/retention', { signal })
  }

  /** `days`: after so many, a conversation that nobody touched is erased; null keeps all. */
  setRetention(days: number | null): Promise<Retention> {
    return this.#http.json(retentionSchema, 'PUT', '/api/admin/retention', { body: { days } })
  }

  audit(
    query: {
      before?: number | undefined
      limit?: number
      user?: string | undefined
      /** The start of the actions' names, up to the point. */
      kind?: string | undefined
    },
    signal?: AbortSignal,
  ): Promise<AuditPage> {
    return this.#http.json(auditPageSchema, 'GET', '/auth/admin/audit', { query, signal })
  }

  /** Where a browser downloads the whole log. */
  auditExportAddress(format: 'jsonl' | 'csv'): string {
    return this.#http.address('/auth/admin/audit/export', { format })
  }
}
