import type { z } from 'zod'

import { ApiError, apiErrorOf, jsonOf, unreachableError } from './api-error.ts'

export interface HttpOptions {
  /** Where Netra is served; '' in a browser, for the page's own origin. */
  baseUrl: string
  /** Where the auth service is reached, when that is elsewhere. */
  authUrl?: string
  /** Sent as a bearer token with a request to this path; a page has its session cookie instead. */
  token?: (path: string) => string | null | Promise<string | null>
  fetch?: typeof fetch
  /** Called for every 401, before the error is thrown: the session has ended. */
  onSignedOut?: () => void
}

export interface HttpRequest {
  query?: Record<string, string | number | boolean | null | undefined>
  /** Sent as JSON. */
  body?: unknown
  form?: FormData
  signal?: AbortSignal | undefined
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One door for every request: the address, the token, and errors as `ApiError`. */
export class HttpRequester {
  readonly #options: HttpOptions

  constructor(options: HttpOptions) {
    this.#options = options
  }

  address(path: string, query: HttpRequest['query'] = {}): string {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined) search.set(name, String(value))
    }
    const text = search.toString()
    const { baseUrl, authUrl = baseUrl } = this.#options
    const base = isOfAuth(path) ? authUrl : baseUrl
    return `${base.replace(/\/$/, '')}${path}${text === '' ? '' : `?${text}`}`
  }

  async headers(path: string): Promise<Record<string, string>> {
    const token = await this.#options.token?.(path)
    return { accept: 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  }

  /** @throws ApiError for everything but 2xx; the signal's reason when aborted. */
  async send(method: Method, path: string, request: HttpRequest = {}): Promise<Response> {
    const fetchWith = this.#options.fetch ?? globalThis.fetch
    const headers = await this.headers(path)
    const isJson = request.body !== undefined
    let response: Response
    try {
      response = await fetchWith(this.address(path, request.query), {
        method,
        headers: { ...headers, ...(isJson && { 'content-type': 'application/json' }) },
        // A page's cookie goes along also to another host of its site.
        credentials: 'include',
        body: isJson ? JSON.stringify(request.body) : (request.form ?? null),
        signal: request.signal ?? null,
      })
    } catch (error) {
      if (request.signal?.aborted) throw error
      throw unreachableError(error)
    }
    if (response.ok) return response
    const body = await response.text().catch(() => '')
    if (response.status === 401) this.#options.onSignedOut?.()
    throw apiErrorOf(response.status, body, response.headers.get('retry-after'))
  }

  async json<Schema extends z.ZodType>(
    schema: Schema,
    method: Method,
    path: string,
    request: HttpRequest = {},
  ): Promise<z.output<Schema>> {
    const response = await this.send(method, path, request)
    return parseAnswer(schema, response.status, await response.text())
  }

  async nothing(method: Method, path: string, request: HttpRequest = {}): Promise<void> {
    const response = await this.send(method, path, request)
    await response.body?.cancel()
  }
}

/** The auth service's own routes, wherever it runs. */
export const isOfAuth = (path: string): boolean =>
  path.startsWith('/auth/') || path.startsWith('/oauth/')

/** @throws ApiError when the answer is not what this version of the SDK knows. */
export function parseAnswer<Schema extends z.ZodType>(
  schema: Schema,
  status: number,
  body: string,
): z.output<Schema> {
  const parsed = schema.safeParse(jsonOf(body))
  if (parsed.success) return parsed.data
  throw new ApiError({
    status,
    error_code: 'UNEXPECTED_ANSWER',
    message: `The answer of the server does not fit: ${parsed.error.message}`,
    user_message: 'The server answered in a way this page does not understand. Reload the page.',
  })
}
