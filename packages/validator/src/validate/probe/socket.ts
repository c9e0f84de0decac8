import { randomUUID } from 'node:crypto'

import { WebSocket } from 'ws'

import { BoundedText, MOST_OF_CONNECTION, MOST_OF_FRAME } from '../at-most.ts'
import type { CheckContext } from '../context.ts'
import { reasonOf } from '../http-client.ts'
import { CheckFailure, CheckRefused, CheckTimedOut } from '../outcome.ts'
import { due } from './due.ts'

export interface Frame {
  type: string
  [name: string]: unknown
}

export interface Socket {
  /** What the server chose of the subprotocols. */
  protocol: string
  send(message: unknown): void
  /** The next frame of this type, past or to come. @throws CheckTimedOut */
  next(type: string): Promise<Frame>
  /** @throws CheckTimedOut unless it is closed within so many ms. */
  closed(withinMs: number): Promise<{ code: number; reason: string }>
  close(): void
}

export type Upgraded = { socket: Socket } | { refused: number; text: string }

export interface Upgrade {
  url: string
  protocols?: readonly string[]
  headers?: Record<string, string>
}

const NATIVE = ['netra.v1']

/**
 * Opens a socket that ends with the check. An answer instead of an upgrade is no failure here.
 *
 * @throws CheckFailure when nothing answers as HTTP does, CheckTimedOut when nothing answers.
 */
export async function upgrade(context: CheckContext, ask: Upgrade): Promise<Upgraded> {
  const { signal, pace, note } = context
  const { url, protocols = NATIVE, headers = {} } = ask
  context.assertTrusted(url)
  const begun = performance.now()
  const elapsed = () => Math.round(performance.now() - begun)
  const told = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const sent = [`upgrade ${url}`, `subprotocols ${protocols.join(', ') || 'none'}`, ...told].join(
    ' · ',
  )
  const socket = new WebSocket(url, [...protocols], {
    headers,
    handshakeTimeout: pace.answerMs,
    perMessageDeflate: false,
    maxPayload: MOST_OF_FRAME,
  })
  signal.addEventListener('abort', () => socket.terminate())
  const live = new LiveSocket(socket, context)
  const refusal = Promise.withResolvers<Upgraded>()
  socket.on('unexpected-response', (_request, response) => {
    const bounded = new BoundedText()
    response.setEncoding('utf8')
    response.on('data', (data: string) => {
      try {
        bounded.add(data)
      } catch (error) {
        refusal.reject(error)
        response.destroy()
      }
    })
    response.on('end', () =>
      refusal.resolve({ refused: response.statusCode ?? 0, text: bounded.text }),
    )
    response.on('error', refusal.reject)
  })
  socket.on('error', refusal.reject)
  socket.on('open', () => refusal.resolve({ socket: live }))
  try {
    const result = await refusal.promise
    const received =
      'refused' in result
        ? `${result.refused} ${result.text.slice(0, 600)}`
        : `101 ${socket.protocol || 'no subprotocol'}`
    note({ sent, received, durationMs: elapsed() })
    return result
  } catch (error) {
    if (signal.aborted) throw error
    const why = reasonOf(error)
    note({ sent, received: why, durationMs: elapsed() })
    const isLate = why.includes('timed out')
    throw new (isLate ? CheckTimedOut : CheckFailure)(`${sent}: ${why}`)
  }
}

/** @throws CheckFailure also when the upgrade is refused; CheckRefused when a limit did it. */
export async function openSocket(context: CheckContext, ask: Upgrade): Promise<Socket> {
  const result = await upgrade(context, ask)
  if ('socket' in result) return result.socket
  const { refused, text } = result
  const message = `the upgrade of ${ask.url} was answered ${refused}, not 101: ${text.slice(0, 200)}`
  throw refused === 429 ? new CheckRefused(message) : new CheckFailure(message)
}

/** A socket that knows who it is. @throws CheckFailure */
export async function welcomed(
  context: CheckContext,
  proof: { token: string } | { ticket: string },
  ask: Upgrade,
): Promise<{ socket: Socket; welcome: Frame }> {
  const socket = await openSocket(context, ask)
  const id = randomUUID()
  socket.send({ type: 'hello', protocol: 1, device: id, instance: id, ...proof, resume: [] })
  const welcome = await socket.next('welcome')
  due(typeof welcome['user_id'] === 'string', 'welcome says no user_id')
  return { socket, welcome }
}

class LiveSocket implements Socket {
  readonly #socket: WebSocket
  readonly #context: CheckContext
  readonly #frames: Frame[] = []
  readonly #waiting = new Set<() => void>()
  #end: { code: number; reason: string } | undefined

  constructor(socket: WebSocket, context: CheckContext) {
    this.#socket = socket
    this.#context = context
    let bytes = 0
    socket.on('message', (data: Buffer) => {
      bytes += data.length
      if (bytes > MOST_OF_CONNECTION) return socket.terminate()
      const parsed = parse(data.toString())
      this.#frames.push(...parsed)
      for (const { type, ...rest } of parsed) {
        context.note({ sent: '', received: `${type} ${short(rest)}`, durationMs: 0 })
        if (type === 'ping') this.send({ type: 'pong', nonce: rest['nonce'] })
      }
      this.#wake()
    })
    socket.on('close', (code, reason) => {
      this.#end = { code, reason: reason.toString() }
      context.note({ sent: '', received: `close ${code} ${reason.toString()}`, durationMs: 0 })
      this.#wake()
    })
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  send(message: unknown): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    this.#context.note({ sent: text.slice(0, 400), received: '', durationMs: 0 })
    this.#socket.send(text)
  }

  async next(type: string): Promise<Frame> {
    const find = (): Frame | undefined => {
      const index = this.#frames.findIndex((frame) => frame.type === type)
      return index < 0 ? undefined : this.#frames.splice(index, 1)[0]
    }
    const found = await this.#until(find, this.#context.pace.answerMs)
    if (found) return found
    if (this.#end) {
      const { code, reason } = this.#end
      const message = `the socket closed with ${code} ${reason} before ${type}`
      throw code === 4504 || code === 4010 ? new CheckRefused(message) : new CheckFailure(message)
    }
    throw new CheckTimedOut(`no ${type} within ${this.#context.pace.answerMs} ms`)
  }

  async closed(withinMs: number): Promise<{ code: number; reason: string }> {
    const end = await this.#until(() => this.#end, withinMs)
    if (!end) throw new CheckTimedOut(`the socket is still open after ${withinMs} ms`)
    return end
  }

  close(): void {
    this.#socket.close(1000)
  }

  /** Undefined when the time is over, or the socket closed without it. */
  async #until<T>(look: () => T | undefined, withinMs: number): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<T | undefined>()
    const timer = setTimeout(() => resolve(undefined), withinMs)
    const again = (): void => {
      const found = look()
      if (found !== undefined || this.#end) resolve(found)
    }
    this.#waiting.add(again)
    again()
    const found = await promise
    clearTimeout(timer)
    this.#waiting.delete(again)
    return found
  }

  #wake(): void {
    for (const again of this.#waiting) again()
  }
}

const short = (rest: object): string => JSON.stringify(rest).slice(0, 400)

function parse(text: string): Frame[] {
  try {
    return [JSON.parse(text)].flat() as Frame[]
  } catch {
    return [{ type: 'unreadable', text: text.slice(0, 200) }]
  }
}
