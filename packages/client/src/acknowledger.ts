import { ACK_EVERY_BYTES, ACK_EVERY_EVENTS, ACK_EVERY_MS } from '@netra/protocol'

import type { Clock } from './clock.ts'

/**
 * Tells the server how far this socket has come: at the latest after 64 KB, 128 events or 250 ms.
 *
 * Invariant: `bytes` counts every frame of one socket and starts at 0 with the next, as the server
 * counts what it sent.
 */
export class Acknowledger {
  readonly #clock: Clock
  readonly #send: (bytes: number) => void
  #bytes = 0
  #ackedBytes = 0
  #events = 0
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, send: (bytes: number) => void) {
    this.#clock = clock
    this.#send = send
  }

  /** A frame was received and all of it applied. */
  received(bytes: number, events: number): void {
    this.#bytes += bytes
    this.#events += events
    if (this.#events >= ACK_EVERY_EVENTS || this.#bytes - this.#ackedBytes >= ACK_EVERY_BYTES) {
      return this.#acknowledge()
    }
    this.#cancelTimer ??= this.#clock.after(ACK_EVERY_MS, () => this.#acknowledge())
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #acknowledge(): void {
    this.stop()
    this.#ackedBytes = this.#bytes
    this.#events = 0
    this.#send(this.#bytes)
  }
}
