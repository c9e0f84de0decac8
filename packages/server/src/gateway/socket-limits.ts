import type { IncomingMessage } from 'node:http'

import type { Clock } from '../platform/clock.ts'
import { networkOf } from '../platform/network.ts'
import { RateLimit } from '../platform/rate-limit.ts'
import type { Met } from './limit-notes.ts'
import { LIMITS } from './limits.ts'
import type { Registry } from './registry.ts'

/** What sockets may do (S16), beside what `LIMITS` says. */
export const SOCKET_RATES = {
  /** Attempts to open a socket, of one network. */
  hellos: { perMinute: 3_000, burst: 1_000 },
  /** What clients send: of one socket, and of all sockets of one user. */
  socketBytes: { perMinute: 60 * 512 * 1024, burst: 8 * 1024 * 1024 },
  userBytes: { perMinute: 60 * 1024 * 1024, burst: 16 * 1024 * 1024 },
}

/** Reading the smallest frame costs as much as so many bytes. */
const FRAME_BYTES = 512
/** Open sockets of one network: many people may sit behind one address. */
const PER_NETWORK = 2_000
/** On a plain local installation the callers of this machine are one person's programs. */
const LOCAL_FACTOR = 100
/** Sockets beyond a full node's that are still told so in words before they are refused at once. */
const TOLD_SHARE = 1.1

interface Needs {
  clock: Clock
  registry: Registry
  isLocal: (request: IncomingMessage) => boolean
  limited: (limit: string, who: Met) => void
  maxSockets: number
}

export interface TooMany {
  status: 429 | 503
  code: 'RATE_LIMITED' | 'SERVICE_UNAVAILABLE'
  message: string
  afterMs: number
}

const FULL_AFTER_MS = 5_000

/** How many sockets may be opened, by whom, and how much they may send. */
export class SocketLimits {
  readonly #needs: Needs
  readonly #hellos: RateLimit
  readonly #localHellos: RateLimit
  readonly #socketBytes: RateLimit
  readonly #userBytes: RateLimit

  constructor(needs: Needs) {
    const { clock } = needs
    const { perMinute, burst } = SOCKET_RATES.hellos
    this.#needs = needs
    this.#hellos = new RateLimit(clock, SOCKET_RATES.hellos)
    this.#localHellos = new RateLimit(clock, {
      perMinute: perMinute * LOCAL_FACTOR,
      burst: burst * LOCAL_FACTOR,
    })
    this.#socketBytes = new RateLimit(clock, SOCKET_RATES.socketBytes)
    this.#userBytes = new RateLimit(clock, SOCKET_RATES.userBytes)
  }

  /** Why this upgrade is refused before it is one, or undefined. */
  refusal(request: IncomingMessage, address: string): TooMany | undefined {
    const { registry, isLocal } = this.#needs
    const local = isLocal(request)
    const who = { ip: address, origin: request.headers.origin, code: 429 }
    const wait = (local ? this.#localHellos : this.#hellos).take(networkOf(address))
    if (wait > 0)
      return this.#tooMany('hellos', 'Too many sockets are opened from here.', who, wait)
    if (registry.countFrom(address) >= PER_NETWORK * (local ? LOCAL_FACTOR : 1)) {
      return this.#tooMany('sockets_of_address', 'Too many sockets are open from here.', who)
    }
    if (registry.strangersFrom(address) >= LIMITS.maxUnauthenticatedPerAddress) {
      const message = 'Too many sockets from this address have not said yet who they are.'
      return { ...this.#tooMany('strangers_of_address', message, who), ...LATER }
    }
    if (registry.size >= this.#needs.maxSockets * TOLD_SHARE) {
      const message = 'This server has as many sockets as it can serve.'
      return { ...this.#tooMany('sockets_of_node', message, who), ...LATER }
    }
    return undefined
  }

  /** Whether one socket more than this node serves is open; then the newest is closed (4010). */
  isFull(): boolean {
    return this.#needs.registry.size > this.#needs.maxSockets
  }

  /** Whether a socket may have sent this frame, too. */
  takes(
    frameBytes: number,
    { id, userId, address }: { id: string; userId: string | undefined; address: string },
  ): boolean {
    const cost = Math.max(frameBytes, FRAME_BYTES)
    const isFine =
      this.#socketBytes.take(id, cost) === 0 &&
      (userId === undefined || this.#userBytes.take(userId, cost) === 0)
    if (!isFine) this.#needs.limited('bytes', { user_id: userId, ip: address })
    return isFine
  }

  #tooMany(limit: string, message: string, who: Met, afterMs = FULL_AFTER_MS): TooMany {
    this.#needs.limited(limit, who)
    return { status: 429, code: 'RATE_LIMITED', message, afterMs }
  }
}

const LATER = { status: 503, code: 'SERVICE_UNAVAILABLE' } as const
