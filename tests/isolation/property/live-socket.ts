import { WebSocket, type ClientOptions } from 'ws'

/** A socket that somebody keeps open for a while; every frame goes to whoever watches. */
export class LiveSocket {
  readonly #socket: WebSocket
  readonly #waiting = new Map<string, (frame: Record<string, unknown>) => void>()
  readonly welcomed: Promise<boolean>
  isOpen = true
  #bytes = 0
  #asked = 0

  constructor(
    at: { url: string; protocols: string[]; options: ClientOptions },
    hello: object | undefined,
    watch: (text: string) => void,
  ) {
    const socket = new WebSocket(at.url, at.protocols, at.options)
    this.#socket = socket
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.welcomed = promise
    socket.on('open', () => {
      if (hello) socket.send(JSON.stringify(hello))
    })
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      this.#bytes += data.length
      watch(text)
      for (const frame of [JSON.parse(text)].flat() as Record<string, unknown>[]) {
        if (frame['type'] === 'welcome' || frame['type'] === 'system_message') resolve(true)
        if (frame['type'] === 'ping') this.say({ type: 'pong', nonce: frame['nonce'] })
        const id = frame['id']
        if (typeof id === 'string') this.#waiting.get(id)?.(frame)
      }
      if (this.#bytes % 7 === 0) this.say({ type: 'ack', positions: {}, bytes: this.#bytes })
    })
    socket.on('close', (code, reason) => {
      this.isOpen = false
      watch(`closed ${code} ${reason.toString()}`)
      for (const answer of this.#waiting.values()) answer({ type: 'closed' })
      resolve(false)
    })
    socket.on('error', () => resolve(false))
  }

  say(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  /** The answer to one question; `closed` when none came. */
  async ask(message: object): Promise<Record<string, unknown>> {
    if (!this.isOpen) return { type: 'closed' }
    this.#asked += 1
    const id = `q${this.#asked}`
    const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>()
    this.#waiting.set(id, resolve)
    const timer = setTimeout(() => resolve({ type: 'late' }), 10_000)
    this.say({ ...message, id })
    const answer = await promise
    clearTimeout(timer)
    this.#waiting.delete(id)
    return answer
  }

  /** Gone without a word, as when a cable is pulled. */
  cut(): void {
    this.#socket.terminate()
  }
}
