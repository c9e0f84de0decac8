import type { Socket } from 'node:net'
import { PassThrough, type Readable } from 'node:stream'

import { LIMITS } from '../limits.ts'
import type { EventResponse } from './event-request.ts'

/** Server-sent events. What is written in one turn of the loop leaves in one piece. */
export class StreamedResponse implements EventResponse {
  readonly transport = 'events'
  readonly #stream: string
  readonly #socket: Socket
  readonly #out = new PassThrough({ highWaterMark: LIMITS.windowBytes })
  #gathered: string[] = []
  #gatheredLength = 0

  constructor(stream: string, socket: Socket) {
    this.#stream = stream
    this.#socket = socket
    // Proxies and browsers see the beginning of an answer at once, and so its status.
    this.#out.write(':\n\n')
  }

  get body(): Readable {
    return this.#out
  }

  onDrain(listener: () => void): void {
    this.#out.on('drain', listener)
  }

  onClose(listener: () => void): void {
    this.#out.on('close', listener)
  }

  get open(): boolean {
    const waits = this.#gatheredLength + this.#out.writableLength
    return this.#out.writable && waits < LIMITS.windowBytes && !this.#out.writableNeedDrain
  }

  get waiting(): boolean {
    const { readableLength, writableLength } = this.#out
    return this.#gatheredLength + readableLength + writableLength + this.#socket.writableLength > 0
  }

  get taken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength
  }

  write(message: string, position: string | undefined): void {
    const id = position === undefined ? '' : `id: ${this.#stream}|${position}\n`
    const text = `${id}data: ${message}\n\n`
    if (this.#gathered.push(text) === 1) setImmediate(() => this.#flush())
    this.#gatheredLength += text.length
  }

  end(): void {
    this.#flush()
    this.#out.end()
  }

  cut(): void {
    this.#out.destroy()
  }

  #flush(): void {
    if (this.#gathered.length === 0) return
    const text = this.#gathered.join('')
    this.#gathered = []
    this.#gatheredLength = 0
    if (this.#out.writable) this.#out.write(text)
  }
}
