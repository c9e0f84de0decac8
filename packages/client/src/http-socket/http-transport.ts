import type { ClientMessage, ServerMessageInput } from '@netra/protocol'
import { closeCode, HEARTBEAT_INTERVAL_MS, WINDOW_BYTES, WINDOW_EVENTS } from '@netra/protocol'
import { MAX_CLIENT_FRAME_BYTES } from '@netra/protocol'

import { apiErrorOf, jsonOf } from '../api-error.ts'
import { systemClock, type Clock } from '../clock.ts'
import { isRecord } from '../is-record.ts'
import type { Socket, SocketHandlers, Transport } from '../transport.ts'
import { Feed, Streaming } from './feed.ts'
import { Slots } from './slots.ts'

/** Where the requests go; `GET /api/config` names them. */
export interface HttpAddresses {
  events: string
  commands: string
  /** Who is signed in. */
  me: string
}

export interface HttpTransportOptions {
  fetch?: typeof fetch
  clock?: Clock
  /** Requests that may stay open at once; a browser opens six connections to one host at most. */
  parallel?: number
}

/** Longer than a poll: the feeds notice silence themselves. */
const TIMEOUT_MS = 60_000
/** A streamed response has a ping every 10 s. */
const HEARD_WITHIN_MS = 12_000

const isBrowser = 'location' in globalThis

/**
 * The socket protocol by plain requests, for where a proxy lets no socket through: `GET` for each
 * stream, streamed or as long polls, and `POST` for each command. The rest of the SDK notices no
 * difference; a page's cookie or the token of `hello` says who asks.
 */
export function httpTransport(
  addresses: HttpAddresses,
  options: HttpTransportOptions = {},
): Transport {
  const streaming = new Streaming()
  return {
    open: (_, handlers) => new HttpSocket({ addresses, options, handlers, streaming }),
  }
}

interface Parts {
  addresses: HttpAddresses
  options: HttpTransportOptions
  handlers: SocketHandlers
  streaming: Streaming
}

type Hello = Extract<ClientMessage, { type: 'hello' }>
type Command = Extract<
  ClientMessage,
  { type: 'send_message' | 'regenerate' | 'cancel_run' | 'decide' }
>
type Subscribe = Extract<ClientMessage, { type: 'subscribe' }>

class HttpSocket implements Socket {
  readonly #parts: Parts
  readonly #clock: Clock
  readonly #slots: Slots
  readonly #ended = new AbortController()
  readonly #feeds = new Map<string, Feed>()
  #token: string | undefined
  #who: Record<string, string> = {}

  constructor(parts: Parts) {
    this.#parts = parts
    this.#clock = parts.options.clock ?? systemClock
    this.#slots = new Slots(this.#clock, parts.options.parallel ?? (isBrowser ? 4 : 64))
    queueMicrotask(() => {
      if (!this.#isOver) parts.handlers.onOpen()
    })
  }

  get #isOver(): boolean {
    return this.#ended.signal.aborted
  }

  send(text: string): void {
    if (this.#isOver) return
    const message = JSON.parse(text) as ClientMessage
    switch (message.type) {
      case 'hello':
        return this.#run(this.#hello(message))
      case 'authenticate':
        this.#token = message.token
        return
      case 'subscribe':
        return this.#subscribe(message)
      case 'unsubscribe':
        this.#feeds.get(message.stream)?.end()
        this.#feeds.delete(message.stream)
        return this.#tell({ type: 'ok', id: message.id, stream: message.stream })
      case 'ping':
        return this.#ping(message.nonce)
      case 'send_message':
      case 'regenerate':
      case 'cancel_run':
      case 'decide':
        return this.#run(this.#command(message))
      case 'ack':
      case 'pong':
        return
      default:
        return message satisfies never
    }
  }

  close(): void {
    if (this.#isOver) return
    this.#ended.abort()
    for (const feed of this.#feeds.values()) feed.end()
    this.#feeds.clear()
    this.#slots.stop()
  }

  #fail(code: number, why: string): void {
    if (this.#isOver) return
    this.close()
    this.#parts.handlers.onClose(code, why)
  }

  /** What a request throws is the network's doing, or its owner's, who does not listen any more. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail(1006, String(error)))
  }

  #fetch(url: string, accept: string, init: RequestInit = {}): Promise<Response> {
    const fetchWith = this.#parts.options.fetch ?? globalThis.fetch
    const token = this.#token
    return fetchWith(url, {
      credentials: 'include',
      cache: 'no-store',
      signal: this.#ended.signal,
      ...init,
      headers: {
        accept,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(init.body != null && { 'content-type': 'application/json' }),
      },
    })
  }

  #tell(...messages: ServerMessageInput[]): void {
    if (this.#isOver) return
    this.#parts.handlers.onFrame(JSON.stringify(messages))
  }

  async #hello(hello: Hello): Promise<void> {
    this.#token = hello.token
    this.#who = { device: hello.device, instance: hello.instance }
    const response = await this.#fetch(this.#parts.addresses.me, 'application/json')
    const body = jsonOf(await response.text())
    if (!response.ok || !isRecord(body)) return this.#refused(response.status)
    const now = this.#clock.now()
    this.#tell({
      type: 'welcome',
      connection_id: hello.instance,
      node: 'http',
      user_id: String(body['id']),
      expires_at: new Date(now).toISOString(),
      now: new Date(now).toISOString(),
      heartbeat: { interval_ms: HEARTBEAT_INTERVAL_MS, timeout_ms: TIMEOUT_MS },
      limits: {
        max_frame_bytes: MAX_CLIENT_FRAME_BYTES,
        window_bytes: WINDOW_BYTES,
        window_events: WINDOW_EVENTS,
      },
      streams: [],
    })
  }

  /** 401: with fresh credentials it may go better, and whoever has none learns that they are out. */
  #refused(status: number): void {
    if (status === 401) this.#fail(closeCode('token_expired'), 'these credentials do not count')
    else this.#fail(1006, `the request was answered with ${status}`)
  }

  #subscribe(message: Subscribe): void {
    const { id, stream, position } = message
    this.#feeds.get(stream)?.end()
    const feed: Feed = new Feed(stream, position ?? null, {
      clock: this.#clock,
      slots: this.#slots,
      streaming: this.#parts.streaming,
      request: (query, accept, signal) => {
        const search = new URLSearchParams({ ...query, ...this.#who })
        return this.#fetch(`${this.#parts.addresses.events}?${search}`, accept, { signal })
      },
      accepted: () => this.#tell({ type: 'ok', id, stream }),
      refused: async (response) => {
        if (this.#feeds.get(stream) === feed) this.#feeds.delete(stream)
        await this.#refuse(id, response)
      },
      messages: (texts) => {
        if (this.#feeds.get(stream) === feed) this.#receive(texts)
      },
      failed: (code, why) => this.#fail(code, why),
    })
    this.#feeds.set(stream, feed)
  }

  async #refuse(id: string, response: Response): Promise<void> {
    const text = await response.text()
    if (response.status === 401 || !isRecord(jsonOf(text))) return this.#refused(response.status)
    const problem = apiErrorOf(response.status, text, response.headers.get('retry-after'))
    const message = problem.user_message
    if (response.status === 404) {
      return this.#tell({ type: 'error', id, code: 'not_found', message, retry: 'no' })
    }
    const { retry_after_ms } = problem
    const after = retry_after_ms === null ? {} : { after_ms: retry_after_ms }
    this.#tell({ type: 'error', id, code: 'unavailable', message, retry: 'after', ...after })
  }

  #receive(texts: readonly string[]): void {
    if (this.#isOver) return
    this.#parts.handlers.onFrame(texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(',')}]`)
    for (const text of texts) {
      if (!/"(goaway|expired)"/.test(text)) continue
      const message = jsonOf(text)
      if (!isRecord(message)) continue
      const { type, code, id } = message
      if (type === 'goaway') this.#fail(Number(code), String(message['why']))
      else if (type === 'error' && code === 'expired' && id === null) {
        this.#fail(closeCode('token_expired'), String(message['message']))
      }
    }
  }

  /** Answered while every streamed response is heard; a poll is silent by its nature. */
  #ping(nonce: string): void {
    const isAlive = [...this.#feeds.values()].every((feed) => feed.isHeardWithin(HEARD_WITHIN_MS))
    if (isAlive) this.#tell({ type: 'pong', nonce })
  }

  async #command(message: Command): Promise<void> {
    const response = await this.#fetch(this.#parts.addresses.commands, 'application/json', {
      method: 'POST',
      body: JSON.stringify(message),
    })
    const text = await response.text()
    const answer = jsonOf(text)
    const isAnswer = isRecord(answer) && (answer['type'] === 'ok' || answer['type'] === 'error')
    if (!isAnswer || response.status === 401) return this.#refused(response.status)
    // A server that could not even read its store names no id; the request says whose answer it is.
    this.#receive([JSON.stringify({ ...answer, id: answer['id'] ?? message.id })])
  }
}
