import { z } from 'zod'

import { ApiError } from './api-error.ts'
import { systemClock, type Clock } from './clock.ts'
import { HttpRequester, type HttpOptions } from './http-request.ts'

/** A token this close to its end is renewed before it is used; at most half of its life. */
const RENEW_BEFORE_MS = 60_000

const answerSchema = z.object({ access_token: z.string(), expires_in: z.number() })

/**
 * The access token of a page whose node is at another host than the auth service: got with the session
 * cookie of that host, held in memory alone, renewed before it ends, one request at a time.
 */
export class PageToken {
  readonly #http: HttpRequester
  readonly #clock: Clock
  #token: string | null = null
  #renewAt = 0
  #renewing: Promise<string> | undefined

  constructor(options: Pick<HttpOptions, 'baseUrl' | 'authUrl' | 'fetch'>, clock = systemClock) {
    this.#http = new HttpRequester(options)
    this.#clock = clock
  }

  /** For a request; null when nobody is signed in, which the answer to the request then says. */
  async orNobody(): Promise<string | null> {
    try {
      return await this.get()
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) return null
      throw error
    }
  }

  /** @throws ApiError 401 or 403 when nobody is signed in, another when it cannot be told now. */
  async get({ fresh = false }: { fresh?: boolean } = {}): Promise<string> {
    if (!fresh && this.#token !== null && this.#clock.now() < this.#renewAt) return this.#token
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async #renew(): Promise<string> {
    try {
      const answer = await this.#http.json(answerSchema, 'POST', '/auth/token', { body: {} })
      const lifeMs = answer.expires_in * 1000
      this.#renewAt = this.#clock.now() + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 2)
      this.#token = answer.access_token
      return answer.access_token
    } catch (error) {
      // Somebody else may sign in next on this page.
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) this.#token = null
      throw error
    }
  }
}
