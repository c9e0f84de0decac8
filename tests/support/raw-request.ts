import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection on which a test says each byte of its requests itself. */
export class RawConnection implements Disposable {
  readonly #socket: Socket
  readonly #host: string
  #heard = ''
  #isClosed = false
  #changed: () => void = () => undefined

  private constructor(socket: Socket, host: string) {
    this.#socket = socket
    this.#host = host
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      this.#heard += text
      this.#changed()
    })
    // A reset is an end, too.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#isClosed = true
      this.#changed()
    })
  }

  static async open(url: string): Promise<RawConnection> {
    const { host, hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    return new RawConnection(socket, host)
  }

  /** @param target as `POST /path`. */
  head(target: string, headers: Record<string, string> = {}): void {
    const lines = Object.entries({ host: this.#host, ...headers })
    this.say([`${target} HTTP/1.1`, ...lines.map((line) => line.join(': ')), '\r\n'].join('\r\n'))
  }

  /** The head of a request whose body is to come; resolves when the server waits for it. */
  async begin(target: string, headers: Record<string, string> = {}): Promise<this> {
    this.head(target, { expect: '100-continue', ...headers })
    return this.heard('100 Continue\r\n\r\n')
  }

  say(text: string): void {
    this.#socket.write(text)
  }

  /** Resolves when this has been heard; it and all before is forgotten. */
  async heard(text: string): Promise<this> {
    await this.#until(() => this.#heard.includes(text) || this.#isClosed)
    const at = this.#heard.indexOf(text)
    if (at < 0) throw new Error(`the connection was closed after: ${this.#heard}`)
    this.#heard = this.#heard.slice(at + text.length)
    return this
  }

  /** The status of the next answer, its head and what has come of its body. */
  async answer(): Promise<{ status: number; head: string }> {
    await this.#until(() => this.#heard.includes('\r\n\r\n') || this.#isClosed)
    const head = this.#heard.split('\r\n\r\n', 1)[0] ?? ''
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head: head.toLowerCase() }
  }

  /** Resolves with all that is left once the server has closed the connection. */
  async closed(): Promise<string> {
    await this.#until(() => this.#isClosed)
    return this.#heard
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (this.#changed = resolve))
  }
}
