import type { Duplex } from 'node:stream'

import type { SocketHandlers } from '@netra/client'
import type { WebSocket } from 'ws'

import type { Host } from './host.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'

/** What a machine takes for a connection before its writer has to keep the rest. */
const KERNEL_BYTES = 128 * 1024

/** One direction of a connection: in order, late, and at times into nothing. */
class Lane {
  readonly #schedule: Schedule
  readonly #random: Random
  readonly #receiver: Host
  latencyMs: number
  isBlack = false
  inFlight = 0
  #lastAt = 0

  constructor(parts: { schedule: Schedule; random: Random; receiver: Host }) {
    this.#schedule = parts.schedule
    this.#random = parts.random
    this.#receiver = parts.receiver
    this.latencyMs = parts.random.between(1, 60)
  }

  send(bytes: number, arrive: () => void): void {
    this.inFlight += bytes
    if (this.isBlack) return
    const { now } = this.#schedule
    this.#lastAt = Math.max(this.#lastAt, now + this.latencyMs * (0.5 + this.#random.next()))
    this.#schedule.after(this.#lastAt - now, () => {
      if (this.isBlack) return
      this.#receiver.run(() => {
        this.inFlight -= bytes
        arrive()
      })
    })
  }
}

/** One connection between a page and a node. Either end may learn of its end much later than the other. */
export class Wire {
  readonly name: string
  readonly up: Lane
  readonly down: Lane
  readonly page: Host
  readonly node: Host
  readonly #handlers: SocketHandlers
  #pageKnows = true
  #nodeKnows = true
  #listeners = new Map<string, ((...given: never[]) => void)[]>()
  #readyState = 1

  constructor(parts: {
    name: string
    schedule: Schedule
    random: Random
    page: Host
    node: Host
    handlers: SocketHandlers
  }) {
    this.name = parts.name
    this.page = parts.page
    this.node = parts.node
    this.#handlers = parts.handlers
    this.up = new Lane({ ...parts, receiver: parts.node })
    this.down = new Lane({ ...parts, receiver: parts.page })
  }

  get isOver(): boolean {
    return !this.#pageKnows && !this.#nodeKnows
  }

  // What the page does.

  say(text: string): void {
    if (!this.#pageKnows) return
    const data = Buffer.from(text)
    this.up.send(data.length, () => {
      if (this.#nodeKnows) this.#emit('message', data, false)
    })
  }

  leave(code: number, reason: string): void {
    if (!this.#pageKnows) return
    this.#pageKnows = false
    this.up.send(8, () => this.#nodeHears(code, reason))
  }

  // What the node does: as a `ws` socket and the stream below it.

  readonly socket = this.#socket()
  readonly stream = this.#stream()

  opened(): void {
    this.down.send(100, () => {
      if (this.#pageKnows) this.#handlers.onOpen()
    })
  }

  refused(): void {
    this.#nodeKnows = false
    this.down.send(100, () => this.#pageHears(1006, 'refused'))
  }

  #socket(): WebSocket {
    // oxlint-disable-next-line typescript/no-this-alias -- the getters below need both
    const wire = this
    const socket = {
      OPEN: 1,
      get readyState() {
        return wire.#readyState
      },
      on: (event: string, listener: (...given: never[]) => void) => {
        wire.#listeners.set(event, [...(wire.#listeners.get(event) ?? []), listener])
      },
      close: (code: number, reason: string) => {
        if (wire.#readyState !== 1) return
        wire.#readyState = 2
        wire.down.send(8, () => {
          if (!wire.#pageKnows) return
          wire.#pageHears(code, reason)
          wire.up.send(8, () => wire.#nodeHears(code, reason))
        })
      },
      terminate: () => {
        wire.down.send(8, () => wire.#pageHears(1006, ''))
        wire.#nodeHears(1006, '')
      },
    }
    return socket as unknown as WebSocket
  }

  #stream(): Duplex {
    // oxlint-disable-next-line typescript/no-this-alias -- as above
    const wire = this
    const stream = {
      get writableLength() {
        return Math.max(0, wire.down.inFlight - KERNEL_BYTES)
      },
      write: (chunk: string | Buffer, encoding?: BufferEncoding) => {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
        for (const text of textsOf(bytes)) {
          wire.down.send(Buffer.byteLength(text), () => {
            if (wire.#pageKnows) wire.#handlers.onFrame(text)
          })
        }
        return wire.down.inFlight < KERNEL_BYTES
      },
    }
    return stream as unknown as Duplex
  }

  // What befalls it.

  /** Both ends are told, each in its own time. */
  cut(): void {
    this.up.isBlack = true
    this.down.isBlack = true
    this.page.after(1, () => this.#pageHears(1006, ''))
    this.node.after(1, () => this.#nodeHears(1006, ''))
  }

  /** Nobody is told: silence from now on. */
  blacken(which: 'up' | 'down' | 'both'): void {
    if (which !== 'down') this.up.isBlack = true
    if (which !== 'up') this.down.isBlack = true
  }

  #pageHears(code: number, reason: string): void {
    if (!this.#pageKnows) return
    this.#pageKnows = false
    this.#handlers.onClose(code, reason)
  }

  #nodeHears(code: number, reason: string): void {
    if (!this.#nodeKnows) return
    this.#nodeKnows = false
    this.#readyState = 3
    this.#emit('close', code, Buffer.from(reason))
  }

  #emit(event: string, ...given: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...(given as never[]))
  }
}

/** The texts of whole, unmasked frames (RFC 6455, 5.2). */
function* textsOf(bytes: Buffer): Generator<string> {
  for (let at = 0; at < bytes.length;) {
    const short = (bytes[at + 1] ?? 0) & 0x7f
    const head = short < 126 ? 2 : short === 126 ? 4 : 10
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2))
    yield bytes.toString('utf8', at + head, at + head + length)
    at += head + length
  }
}
