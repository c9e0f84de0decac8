import { once } from 'node:events'

import { WebSocket } from 'ws'

import { newId } from '../platform/ids.ts'

interface Frame {
  type: string
}

interface Waiting {
  fits: (frame: Frame) => boolean
  resolve: (frame: Frame) => void
  reject: (error: Error) => void
}

/** A socket of this process to its own door, with a proof that it made itself. */
export class OwnSocket {
  readonly #socket: WebSocket
  readonly #frames: Frame[] = []
  #waiting: Waiting[] = []
  #end: Error | undefined

  private constructor(socket: WebSocket, signal: AbortSignal) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => this.#take(data))
    socket.on('close', (code, reason) =>
      this.#ended(new Error(`the socket was closed with ${code} ${reason.toString()}`)),
    )
    socket.on('error', (error) => this.#ended(error))
    signal.addEventListener('abort', () => {
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate()
    })
  }

  /** @throws when the upgrade is refused or nobody answers. */
  static async open(
    at: { address: string; host: string; token: string },
    signal: AbortSignal,
  ): Promise<OwnSocket> {
    const { address, host, token } = at
    const headers = { authorization: `Bearer ${token}`, host }
    const socket = new WebSocket(`ws://${address}/ws`, ['netra.v1'], { headers })
    const own = new OwnSocket(socket, signal)
    await once(socket, 'open')
    const hello = { type: 'hello', protocol: 1, device: newId(), instance: newId() }
    own.send({ ...hello, token, resume: [] })
    return own
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message))
  }

  next<Wanted extends Frame>(fits: (frame: Frame) => frame is Wanted): Promise<Wanted> {
    const found = this.#frames.find(fits)
    if (found) return Promise.resolve(found)
    if (this.#end) return Promise.reject(this.#end)
    return new Promise<Wanted>((resolve, reject) => {
      this.#waiting.push({ fits, resolve: (frame) => resolve(frame as Wanted), reject })
    })
  }

  async close(): Promise<void> {
    if (this.#end) return
    const closed = once(this.#socket, 'close')
    this.#socket.close(1000)
    await closed
  }

  #take(data: Buffer): void {
    const frames = [JSON.parse(data.toString()) as Frame | Frame[]].flat()
    for (const frame of frames) {
      this.#frames.push(frame)
      const told = this.#waiting.filter(({ fits }) => fits(frame))
      this.#waiting = this.#waiting.filter((waiting) => !told.includes(waiting))
      for (const { resolve } of told) resolve(frame)
    }
  }

  #ended(error: Error): void {
    this.#end ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end)
  }
}
