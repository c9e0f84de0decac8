import type { Duplex } from 'node:stream'

import type { WebSocket } from 'ws'

import { due } from '../due-outboxes.ts'
import { LIMITS } from '../limits.ts'
import { writeTextFrame } from '../text-frame.ts'

/**
 * What goes out on a classic socket: each message is a frame of its own, and nobody acknowledges
 * any. So what waits in this process is the only flow control: beyond the window, streams wait.
 */
export class ClassicOutbox {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #frames: string[] = []
  #gatheredBytes = 0
  #written = 0

  /** `stream` is what the WebSocket itself writes to; both write whole frames. */
  constructor(socket: WebSocket, stream: Duplex, onRoom: () => void) {
    this.#socket = socket
    this.#stream = stream
    stream.on('drain', onRoom)
  }

  /** False while as much waits as may wait for a reader. */
  get open(): boolean {
    return this.unread < LIMITS.windowBytes
  }

  /** Bytes that wait in this process because the client does not read. */
  get unread(): number {
    return this.#stream.writableLength + this.#gatheredBytes
  }

  /** Bytes that the system has taken so far. */
  get taken(): number {
    return this.#written - this.#stream.writableLength
  }

  send(message: object): void {
    const frame = JSON.stringify(message)
    this.#gatheredBytes += Buffer.byteLength(frame)
    if (this.#frames.push(frame) === 1) due.add(this)
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
    const frames = this.#frames.splice(0)
    this.#gatheredBytes = 0
    if (frames.length === 0 || this.#socket.readyState !== this.#socket.OPEN) return
    this.#stream.cork()
    for (const frame of frames) {
      const bytes = Buffer.byteLength(frame)
      writeTextFrame(this.#stream, frame, bytes)
      this.#written += bytes
    }
    this.#stream.uncork()
  }
}
