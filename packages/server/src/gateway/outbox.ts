import type { Duplex } from 'node:stream'

import type { WebSocket } from 'ws'

import { due } from './due-outboxes.ts'
import { LIMITS } from './limits.ts'
import { writeTextFrame } from './text-frame.ts'

/**
 * What goes out on one socket. Frames of one turn of the loop leave as one JSON array: several
 * events per write cost hardly more than one. `bufferedAmount` is no flow control (a client that
 * does not read swallowed 3.9 MB before it rose), so events count against a window that only the
 * client's own `ack` opens again.
 */
export class Outbox {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #frames: string[] = []
  #scheduled = false
  #sentBytes = 0
  #ackedBytes = 0
  #eventsOut = 0
  /** Sizes of the frames sent since the last ack, to know how many events an ack covers. */
  readonly #unacked: { upTo: number; events: number }[] = []
  #eventsInBatch = 0
  #gatheredBytes = 0
  /** Frames and events handed to the socket so far. */
  sent = 0

  /** `stream` is what the WebSocket itself writes to; both write whole frames. */
  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket
    this.#stream = stream
  }

  get open(): boolean {
    const bytes = this.#sentBytes - this.#ackedBytes + this.#gatheredBytes
    return bytes < LIMITS.windowBytes && this.#eventsOut + this.#eventsInBatch < LIMITS.windowEvents
  }

  /** True while the client owes an acknowledgement. */
  get waiting(): boolean {
    return this.#eventsOut > 0
  }

  /** Bytes that wait in this process because the client does not read. */
  get unread(): number {
    return this.#stream.writableLength + this.#gatheredBytes
  }

  send(frame: string, isEvent: boolean): void {
    this.#frames.push(frame)
    this.#gatheredBytes += frame.length
    if (isEvent) this.#eventsInBatch += 1
    if (this.#scheduled) return
    this.#scheduled = true
    due.add(this)
  }

  /** A frame that cannot be written ends its own socket, not the turn of all the others. */
  flushOrEnd(): void {
    try {
      this.flush()
    } catch {
      this.#socket.terminate()
    }
  }

  /** Writes what was gathered; at once before a close, else once per turn of the loop. */
  flush(): void {
    this.#scheduled = false
    if (this.#frames.length === 0 || this.#socket.readyState !== this.#socket.OPEN) return
    const text = this.#frames.length === 1 ? (this.#frames[0] ?? '') : `[${this.#frames.join(',')}]`
    const bytes = Buffer.byteLength(text)
    this.#sentBytes += bytes
    this.sent += this.#frames.length
    if (this.#eventsInBatch > 0) {
      this.#unacked.push({ upTo: this.#sentBytes, events: this.#eventsInBatch })
      this.#eventsOut += this.#eventsInBatch
    }
    this.#frames.length = 0
    this.#gatheredBytes = 0
    this.#eventsInBatch = 0
    writeTextFrame(this.#stream, text, bytes)
  }

  /** The client has received so many bytes on this socket; saying so again is no progress. */
  ack(bytes: number): 'some' | 'none' | 'impossible' {
    if (bytes > this.#sentBytes) return 'impossible'
    if (bytes <= this.#ackedBytes) return 'none'
    this.#ackedBytes = bytes
    while (this.#unacked[0] && this.#unacked[0].upTo <= bytes) {
      this.#eventsOut -= this.#unacked.shift()?.events ?? 0
    }
    return 'some'
  }
}
