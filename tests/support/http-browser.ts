/** Where a chain of redirects ended. */
export interface Landed {
  url: URL
  status: number
  body: string
  headers: Headers
  /** Every address on the way, the first one included. */
  way: string[]
}

/** What a browser does with cookies and redirects, without one; it reads pages, not JSON. */
export class HttpBrowser {
  /** By host and port; browsers share them among ports, which no test here must rely on. */
  readonly #cookies = new Map<string, Map<string, string>>()

  /** Follows redirects for as long as `until` does not hold for the next address. */
  async go(
    url: string,
    options: {
      form?: Record<string, string>
      headers?: Record<string, string>
      until?: (url: URL) => boolean
    } = {},
  ): Promise<Landed> {
    const way: string[] = []
    let form = options.form
    for (let next = new URL(url); way.length < 20;) {
      way.push(next.href)
      const response = await fetch(next, {
        method: form === undefined ? 'GET' : 'POST',
        redirect: 'manual',
        headers: {
          accept: 'text/html',
          cookie: this.cookieFor(next.host),
          ...(form !== undefined && { origin: next.origin }),
          ...options.headers,
        },
        ...(form !== undefined && { body: new URLSearchParams(form) }),
      })
      this.#keep(next.host, response.headers)
      const body = await response.text()
      const location = response.headers.get('location')
      const to = location === null ? undefined : new URL(location, next)
      if (to === undefined || options.until?.(to)) {
        return { url: to ?? next, status: response.status, body, headers: response.headers, way }
      }
      form = undefined
      next = to
    }
    throw new Error(`too many redirects: ${way.join(' → ')}`)
  }

  /** What a script of a page of that host asks; a JSON body, and cookies. */
  async ask<Body = Record<string, unknown>>(
    url: string,
    options: { method?: string; body?: unknown } = {},
  ): Promise<{ status: number; body: Body }> {
    const { host, origin } = new URL(url)
    const { method = options.body === undefined ? 'GET' : 'POST', body } = options
    const response = await fetch(url, {
      method,
      headers: {
        origin,
        cookie: this.cookieFor(host),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    this.#keep(host, response.headers)
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    return { status: response.status, body: (isJson ? JSON.parse(text) : text) as Body }
  }

  /** The Cookie header for a host. */
  cookieFor(host: string): string {
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  #keep(host: string, headers: Headers): void {
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    for (const line of headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
      if (value === '' || /max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    this.#cookies.set(host, jar)
  }
}
