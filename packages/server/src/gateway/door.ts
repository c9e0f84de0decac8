import type { IncomingMessage } from 'node:http'

import { belowBase, plainTarget } from './addresses.ts'

/** Who asks for these is answered from the first moment on: they say that it is not ready. */
const HEALTH = new Set([
  '/health',
  '/health/live',
  '/health/ready',
  '/health/startup',
  '/api/health',
  '/ws/health',
])

/**
 * Until the checks of a start are over, only this process itself is served, and whoever asks for its
 * health; everybody else waits at the door for the moment that takes. Nobody is refused, and nobody
 * is served by a server that does not start after all.
 */
export class Door {
  readonly #isOwn: (authorization: string) => boolean
  readonly #basePath: string
  readonly #opened = Promise.withResolvers<void>()
  #isOpen = false

  constructor(isOwn: (authorization: string) => boolean, basePath = '') {
    this.#isOwn = isOwn
    this.#basePath = basePath
  }

  /** What a request waits for; undefined when it may pass. */
  wait({ headers, url = '' }: Pick<IncomingMessage, 'headers' | 'url'>): Promise<void> | undefined {
    const path = belowBase(this.#basePath, plainTarget(url)).split('?')[0] ?? ''
    return HEALTH.has(path) ? undefined : this.waitToUpgrade({ headers })
  }

  /** The same for a socket, which has no health to ask for. */
  waitToUpgrade(request: Pick<IncomingMessage, 'headers'>): Promise<void> | undefined {
    return this.#isOpen || this.isOwn(request) ? undefined : this.#opened.promise
  }

  /** Whether this process itself asks, which it does only while it starts. */
  isOwn({ headers: { authorization } }: Pick<IncomingMessage, 'headers'>): boolean {
    return authorization !== undefined && this.#isOwn(authorization)
  }

  open(): void {
    this.#isOpen = true
    this.#opened.resolve()
  }
}
