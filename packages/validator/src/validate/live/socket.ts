import { WebSocket } from 'ws'

import { MOST_CHARS, MOST_OF_CONNECTION, MOST_OF_FRAME, TOO_MUCH } from '../at-most.ts'
import { CheckFailure, CheckRefused, CheckTimedOut } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { isMessage, typesOf, type Heard, type Message } from './heard.ts'
import { Transcript } from './transcript.ts'
import { Waiting } from './waiting.ts'

export interface SocketOptions {
  url: string
  protocols?: readonly string[]
  headers?: Record<string, string>
  /** As a browser says where its page is from. */
  origin?: string
  /** For many sockets at once, which would drown the report. */
  isUnrecorded?: boolean
}

export interface Ended {
  code: number
  reason: string
}

/** A socket that remembers what it heard and when, speaks no protocol of its own, and is evidence. */
export class RecordedSocket implements Disposable {
  /** The subprotocol that the server selected; empty when none. */
  readonly protocol: string
  /** From the first byte of the request to the answer of the upgrade. */
  readonly openedMs: number
  readonly ended: Promise<Ended>
  readonly #socket: WebSocket
  readonly #context: CheckContext
  readonly #transcript: Transcript
  readonly #waiting = new Waiting<Heard>()
  #bytes = 0
  #onMessage: ((message: Message) => void) | undefined

  private constructor(
    socket: WebSocket,
    at: { context: CheckContext; transcript: Transcript; openedMs: number },
  ) {
    this.#socket = socket
    this.#context = at.context
    this.#transcript = at.transcript
    this.openedMs = at.openedMs
    this.protocol = socket.protocol
    const over = Promise.withResolvers<Ended>()
    this.ended = over.promise
    socket.on('message', (data: Buffer, isBinary) => this.#hear(data, isBinary))
    socket.on('close', (code, reason) => {
      const why = reason.toString()
      this.#transcript.noteReceived(`(closed with ${code}${why && ` ${why}`})`)
      this.#waiting.end(closedWith(code, why, this.messages))
      over.resolve({ code, reason: why })
    })
    socket.on('error', (error) => this.#transcript.noteReceived(`(${error.message})`))
    at.context.signal.addEventListener('abort', () => socket.terminate(), { once: true })
  }

  /** @throws CheckFailure that says how the upgrade was answered instead. */
  static async open(context: CheckContext, options: SocketOptions): Promise<RecordedSocket> {
    const { url, protocols = [], headers, origin, isUnrecorded } = options
    context.assertTrusted(url)
    const transcript = new Transcript(`SOCKET ${url} ${protocols.map(shownProtocol).join(', ')}`)
    if (!isUnrecorded) context.note(transcript.exchange)
    const begun = performance.now()
    const socket = new WebSocket(url, [...protocols], {
      handshakeTimeout: context.pace.answerMs,
      perMessageDeflate: false,
      maxPayload: MOST_OF_FRAME,
      ...(headers && { headers }),
      ...(origin !== undefined && { origin }),
    })
    // The first frame may come with the answer to the upgrade: whoever hears it must be there.
    return new Promise((resolve, reject) => {
      const fail = (error: CheckFailure): void => {
        transcript.noteReceived(`(${error.message})`)
        reject(error)
        socket.on('error', () => undefined)
        socket.terminate()
      }
      const failed = (error: Error): void => fail(notOpened(url, error))
      const aborted = (): void => fail(new CheckTimedOut(`${url} was still opening at the end`))
      context.signal.addEventListener('abort', aborted, { once: true })
      socket.once('error', failed)
      socket.once('unexpected-response', (_request, response) => {
        const status = response.statusCode ?? 0
        const text: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          text.push(chunk)
          if (bytes > MOST_CHARS) response.destroy(new Error(TOO_MUCH))
        })
        const told = (): void => {
          const said = Buffer.concat(text).toString('utf8', 0, 300)
          const words = `the upgrade of ${url} was answered with ${status}: ${said}`
          fail(status === 429 ? new CheckRefused(words) : new CheckFailure(words))
        }
        response.on('end', told)
        response.on('error', told)
      })
      socket.once('open', () => {
        socket.off('error', failed)
        context.signal.removeEventListener('abort', aborted)
        const openedMs = performance.now() - begun
        transcript.noteReceived(`101, subprotocol ${socket.protocol || 'none'}`)
        resolve(new RecordedSocket(socket, { context, transcript, openedMs }))
      })
    })
  }

  get heard(): readonly Heard[] {
    return this.#waiting.items
  }

  get messages(): Message[] {
    return this.#waiting.items.map(({ message }) => message)
  }

  /** All bytes of the server's frames. */
  get bytes(): number {
    return this.#bytes
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** Called for each message that came and comes, in order, before anybody who waits sees it. */
  onMessage(listener: (message: Message) => void): void {
    for (const message of this.messages) listener(message)
    this.#onMessage = listener
  }

  send(message: object | string): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    this.#transcript.noteSent(text)
    if (this.isOpen) this.#socket.send(text)
  }

  /** The first message that fits, past or to come. @throws CheckTimedOut, CheckFailure */
  next(
    fits: (message: Message) => boolean,
    options: { what: string; withinMs?: number; from?: number },
  ): Promise<Heard> {
    const { pace, signal } = this.#context
    return this.#waiting.next(({ message }) => fits(message), {
      withinMs: pace.answerMs,
      ...options,
      signal,
    })
  }

  /** Without a word, as when the network goes away. */
  cut(): void {
    this.#transcript.noteSent('(cut)')
    this.#socket.terminate()
  }

  /** In order, as a page that is left. */
  async close(): Promise<Ended> {
    this.#transcript.noteSent('(close 1000)')
    this.#socket.close(1000)
    const timer = setTimeout(() => this.#socket.terminate(), this.#context.pace.answerMs)
    const ended = await this.ended
    clearTimeout(timer)
    return ended
  }

  [Symbol.dispose](): void {
    if (this.isOpen) this.#socket.close(1000)
    // A server that does not close its side must not keep this process.
    const timer = setTimeout(() => this.#socket.terminate(), 1_000)
    timer.unref()
    void this.ended.then(() => clearTimeout(timer))
  }

  #hear(data: Buffer, isBinary: boolean): void {
    const atMs = performance.now()
    const text = isBinary ? `(${data.length} bytes, binary)` : data.toString()
    this.#bytes += data.length
    if (this.#bytes > MOST_OF_CONNECTION) {
      this.#waiting.end('more than 64 MB came over the socket')
      this.#socket.terminate()
      return
    }
    this.#transcript.noteReceived(text)
    for (const message of messagesIn(text)) {
      this.#onMessage?.(message)
      this.#waiting.add({ atMs, message })
    }
  }
}

/** What a frame holds; what is no message stands in for itself, so that a check can tell of it. */
function messagesIn(text: string): Message[] {
  try {
    const parsed: unknown = JSON.parse(text)
    const found: unknown[] = Array.isArray(parsed) ? parsed : [parsed]
    if (found.every(isMessage)) return found
  } catch {
    // Said below.
  }
  return [{ type: '(unreadable)', text: text.slice(0, 200) }]
}

const shownProtocol = (name: string): string => (name.startsWith('jwt.') ? 'jwt.…' : name)

function notOpened(url: string, error: Error): CheckFailure {
  if (error.message.includes('handshake has timed out')) {
    return new CheckTimedOut(`the upgrade of ${url} was not answered in time`)
  }
  return new CheckFailure(`no socket at ${url}: ${error.message}`)
}

const closedWith = (code: number, reason: string, messages: readonly Message[]): string =>
  `the socket closed with ${code}${reason && ` (${reason})`} after ${typesOf(messages)}`
