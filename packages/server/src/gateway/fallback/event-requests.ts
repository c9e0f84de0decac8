import type { CloseCode } from '@netra/protocol'

import type { StreamName } from '../../hub/hub.ts'
import type { Identity } from '../../identity/identity.ts'
import type { DeviceId } from '../../platform/ids.ts'

/** Who reads what. */
export interface EventReader {
  identity: Identity
  stream: StreamName
  device: DeviceId
  /** One page of one browser; what it asks anew takes the place of what it asked before. */
  instance: string
}

/** A request that reads a stream now. */
export interface OpenRequest {
  readonly reader: EventReader
  /** Called about once a second. */
  sweep(): void
  /** Silence of so many milliseconds was this server's own. */
  forgive(pausedMs: number): void
  /** Says why and when to come back, then ends. */
  close(code: CloseCode, why: string): void
  goAway(jitterMs: number): void
}

const keyOf = ({ reader }: OpenRequest): string =>
  JSON.stringify([reader.identity.userId, reader.instance, reader.stream])

/** Requests that read a stream now, found by user, login session or (user, instance, stream). */
export class EventRequests {
  readonly #all = new Set<OpenRequest>()
  readonly #byKey = new Map<string, OpenRequest>()
  readonly #counts = new Map<string, number>()
  readonly #ended: (code: number) => void

  constructor(ended: (code: number) => void) {
    this.#ended = ended
  }

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): IterableIterator<OpenRequest> {
    return this.#all.values()
  }

  countOf(userId: string): number {
    return this.#counts.get(userId) ?? 0
  }

  /** A page that asks for a stream again has lost the answer before, whatever a proxy still holds. */
  add(request: OpenRequest): void {
    const key = keyOf(request)
    this.#byKey.get(key)?.close(4506, 'asked for anew by the same page')
    this.#byKey.set(key, request)
    this.#all.add(request)
    const { userId } = request.reader.identity
    this.#counts.set(userId, this.countOf(userId) + 1)
  }

  remove(request: OpenRequest): void {
    if (!this.#all.delete(request)) return
    const key = keyOf(request)
    if (this.#byKey.get(key) === request) this.#byKey.delete(key)
    const { userId } = request.reader.identity
    const left = this.countOf(userId) - 1
    if (left > 0) this.#counts.set(userId, left)
    else this.#counts.delete(userId)
  }

  /** The server ended one, for the reason that a socket would have been closed with. */
  ended(code: number): void {
    this.#ended(code)
  }

  ofSession(sessionId: string): OpenRequest[] {
    return [...this.#all].filter(({ reader }) => reader.identity.sessionId === sessionId)
  }
}
