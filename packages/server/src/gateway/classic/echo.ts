import type { Duplex } from 'node:stream'

import type { WebSocket } from 'ws'

import { isoTime, type Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import { networkOf } from '../../platform/network.ts'
import { RateLimit } from '../../platform/rate-limit.ts'
import { parseClassicFrame } from './classic-message.ts'

/** The largest frame that is echoed. */
export const MAX_ECHO_BYTES = 4 * 1024
const LIFE_MS = 60_000
const MOST_PER_NETWORK = 10
const MOST_UNREAD_BYTES = 64 * 1024

/**
 * `/ws/test`: says back what it is told, to anybody, so that a socket's way through proxies can be
 * tried without an account. It knows nobody and reads nothing, lives 60 s, and is not there in
 * production.
 */
export class Echo {
  readonly #clock: Clock
  readonly #rate: RateLimit
  /** By network. */
  readonly #open = new Map<WebSocket, string>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#rate = new RateLimit(clock, { perMinute: 120, burst: 20 })
  }

  hasRoomFor(address: string): boolean {
    const network = networkOf(address)
    const theirs = [...this.#open.values()].filter((other) => other === network)
    return theirs.length < MOST_PER_NETWORK
  }

  accept(socket: WebSocket, stream: Duplex, address: string): void {
    const network = networkOf(address)
    this.#open.set(socket, network)
    const say = (message: object): void =>
      socket.send(JSON.stringify({ ...message, timestamp: isoTime(this.#clock) }))
    const cancel = this.#clock.after(LIFE_MS, () => {
      say({ type: 'system_message', data: { event: 'test_over' } })
      socket.close(1000, 'the test socket lives for 60 s')
    })
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      cancel()
      this.#open.delete(socket)
    })
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer
      const waitMs = this.#rate.take(network)
      if (waitMs > 0 || stream.writableLength > MOST_UNREAD_BYTES) {
        say({
          type: 'error_message',
          error_code: 'RATE_LIMITED',
          error_message: 'Too much at once.',
        })
        socket.close(1013, 'too much at once')
        return
      }
      say(isBinary ? { type: 'echo', bytes: bytes.length } : echoOf(bytes.toString('utf8')))
    })
    const connection_id = newId()
    say({
      type: 'system_message',
      data: { event: 'connection_established', connection_id, test: true },
    })
  }

  close(): void {
    for (const socket of this.#open.keys()) socket.close(1012, 'the server is restarting')
  }
}

function echoOf(text: string): object {
  const parsed = parseClassicFrame(text)
  if (parsed.ok && parsed.message.type === 'ping') return { type: 'pong' }
  return { type: 'echo', received: text }
}
