import { randomUUID } from 'node:crypto'

import { SUBPROTOCOL } from '@netra/protocol'

import type { Account } from '../accounts.ts'
import { CheckFailure, CheckRefused } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { objectIn, type Heard, type Message } from './heard.ts'
import { RecordedSocket } from './socket.ts'

/** A client acknowledges well before the server's window is used up. */
const ACK_AFTER_MS = 100
const ACK_AFTER_EVENTS = 64

export interface NativeOptions {
  /** The address; that of `/api/config` unless told. */
  url?: string
  device?: string
  instance?: string
  resume?: readonly { stream: string; position: string | null }[]
  /** As a browser: a ticket in `hello`, the cookie and the Origin with the upgrade. */
  browser?: { ticket: string; cookie: string; origin: string }
  isUnrecorded?: boolean
}

/** What `send_message` was answered. */
export interface Sent {
  threadId: string
  runId: string
  /** Just before the message. */
  position: string
  isDuplicate: boolean
}

export interface Say {
  threadId?: string | null
  agent?: string | null
  model?: string | null
  clientMessageId?: string
}

const TERMINAL = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])

/** A client of the native protocol that does what a client must (acknowledge, answer pings), and no more. */
export class NativeClient implements Disposable {
  readonly socket: RecordedSocket
  readonly welcome: Message
  /** From the start of the upgrade to the welcome. */
  readonly welcomeMs: number
  readonly #context: CheckContext
  /** What was received of each stream, for `ack`. */
  readonly #seqs = new Map<string, number>()
  #epoch = ''
  #unacked = 0
  #ackTimer: NodeJS.Timeout | undefined
  #requests = 0

  private constructor(
    context: CheckContext,
    socket: RecordedSocket,
    { message, atMs }: Heard,
    begunMs: number,
  ) {
    this.#context = context
    this.socket = socket
    this.welcome = message
    this.welcomeMs = Math.round(atMs - begunMs)
    socket.onMessage((next) => this.#take(next))
  }

  /** Welcomed. @throws CheckFailure, CheckTimedOut, CheckRefused (too many sockets) */
  static async open(
    context: CheckContext,
    account: Pick<Account, 'token'>,
    options: NativeOptions = {},
  ): Promise<NativeClient> {
    const { browser, isUnrecorded = false } = options
    const url = options.url ?? (await context.config()).ws_url
    const begun = performance.now()
    const socket = await RecordedSocket.open(context, {
      url,
      protocols: [SUBPROTOCOL],
      isUnrecorded,
      ...(browser && { headers: { cookie: browser.cookie }, origin: browser.origin }),
    })
    try {
      if (socket.protocol !== SUBPROTOCOL) {
        throw new CheckFailure(`subprotocol ${SUBPROTOCOL} was offered and not selected`)
      }
      socket.send({
        type: 'hello',
        protocol: 1,
        device: options.device ?? randomUUID(),
        instance: options.instance ?? randomUUID(),
        ...(browser ? { ticket: browser.ticket } : { token: account.token }),
        resume: options.resume ?? [],
      })
      const welcome = await socket.next(({ type }) => type === 'welcome', { what: 'welcome' })
      return new NativeClient(context, socket, welcome, begun)
    } catch (error) {
      const { code } = socket.isOpen ? { code: 0 } : await socket.ended
      socket[Symbol.dispose]()
      if (code === 4504 || code === 4010 || code === 4007) {
        throw new CheckRefused(`too many sockets: closed with ${code}`)
      }
      throw error
    }
  }

  /** Sends a message with an id and waits for its `ok`. @throws CheckFailure on its `error` */
  async request(message: Record<string, unknown> & { type: string }): Promise<Message> {
    const id = `request-${++this.#requests}`
    const from = this.socket.heard.length
    this.socket.send({ ...message, id })
    const { message: answer } = await this.socket.next(
      (heard) => (heard.type === 'ok' || heard.type === 'error') && heard['id'] === id,
      { what: `the answer to ${message.type}`, from },
    )
    this.#learnEpoch(answer['position'] ?? answer['head'])
    if (answer.type === 'ok') return answer
    const said = `${message.type} was refused with ${String(answer['code'])}: ${String(answer['message'])}`
    const isLimit = answer['code'] === 'rate_limited' || answer['code'] === 'busy'
    throw isLimit ? new CheckRefused(said) : new CheckFailure(said)
  }

  /** To the selftest agent unless told. */
  async say(text: string, options: Say = {}): Promise<Sent> {
    const { threadId = null, agent = 'selftest', model, clientMessageId } = options
    const ok = await this.request({
      type: 'send_message',
      client_message_id: clientMessageId ?? randomUUID(),
      thread_id: threadId,
      content: [{ type: 'text', text }],
      ...(agent !== null && { agent }),
      ...(model != null && { model }),
    })
    const { thread_id, run_id, position, duplicate } = ok
    if (typeof thread_id !== 'string' || typeof run_id !== 'string') {
      throw new CheckFailure('the ok to send_message names no thread_id or run_id')
    }
    return {
      threadId: thread_id,
      runId: run_id,
      position: typeof position === 'string' ? position : '',
      isDuplicate: duplicate === true,
    }
  }

  subscribe(stream: string, position: string | null): Promise<Message> {
    return this.request({ type: 'subscribe', stream, position })
  }

  /** Subscribes and waits until what comes is new. */
  async follow(stream: string, position: string | null): Promise<void> {
    const from = this.socket.heard.length
    await this.subscribe(stream, position)
    await this.socket.next((heard) => heard.type === 'live' && heard['stream'] === stream, {
      what: `the end of the replay of ${stream}`,
      from,
    })
  }

  /** Sends, subscribes from just before the message, and waits for the run's end. */
  async turn(text: string, options: Say = {}): Promise<Sent & { events: Heard[]; end: Message }> {
    const sent = await this.say(text, options)
    const stream = `thread:${sent.threadId}`
    const isFollowed = this.#seqs.has(stream)
    if (!isFollowed) await this.subscribe(stream, sent.position)
    const end = await this.end(sent)
    const ofRun = this.eventsOf(stream).filter(
      ({ message }) => objectIn(message, 'event')['run_id'] === sent.runId,
    )
    return { ...sent, events: ofRun, end }
  }

  /** The terminal event of a run. @throws CheckTimedOut after `pace.turnMs` */
  async end(
    { runId }: Pick<Sent, 'runId'>,
    withinMs = this.#context.pace.turnMs,
  ): Promise<Message> {
    const { message } = await this.socket.next(isEndOf(runId), {
      what: `the end of run ${runId}`,
      withinMs,
    })
    return objectIn(message, 'event') as Message
  }

  /** The events of a stream, as they came. */
  eventsOf(stream: string): Heard[] {
    return this.socket.heard.filter(
      ({ message }) => message.type === 'event' && message['stream'] === stream,
    )
  }

  /** When it is answered, everything that was sent before has come. */
  async ping(): Promise<void> {
    const nonce = randomUUID()
    this.socket.send({ type: 'ping', nonce })
    await this.socket.next((heard) => heard.type === 'pong' && heard['nonce'] === nonce, {
      what: 'the pong to our ping',
    })
  }

  /** `<epoch>:<seq>` of the last event that came of a stream. */
  positionOf(stream: string): string {
    return `${this.#epoch}:${this.#seqs.get(stream) ?? 0}`
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#ackTimer)
    this.socket[Symbol.dispose]()
  }

  #take(message: Message): void {
    if (message.type === 'ping') {
      this.socket.send({ type: 'pong', nonce: message['nonce'] })
      return
    }
    const { stream, seq, position } = message
    if (typeof stream !== 'string') return
    if (message.type === 'event' && typeof seq === 'number') {
      this.#seqs.set(stream, seq)
      this.#unacked += 1
    } else if (message.type === 'live' || message.type === 'snapshot') {
      this.#learnEpoch(position)
      const at = typeof position === 'string' ? Number(position.split(':')[1]) : Number.NaN
      if (Number.isSafeInteger(at)) this.#seqs.set(stream, at)
    } else return
    if (this.#unacked >= ACK_AFTER_EVENTS) this.#acknowledge()
    else this.#ackTimer ??= setTimeout(() => this.#acknowledge(), ACK_AFTER_MS)
  }

  #acknowledge(): void {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = undefined
    this.#unacked = 0
    if (!this.socket.isOpen || this.#epoch === '') return
    const positions = Object.fromEntries(
      [...this.#seqs].map(([stream, seq]) => [stream, `${this.#epoch}:${seq}`]),
    )
    this.socket.send({ type: 'ack', positions, bytes: this.socket.bytes })
  }

  #learnEpoch(position: unknown): void {
    if (typeof position === 'string') this.#epoch = position.split(':')[0] ?? this.#epoch
  }
}

export const isEndOf =
  (runId: string) =>
  (message: Message): boolean => {
    const event = objectIn(message, 'event')
    return (
      message.type === 'event' && event['run_id'] === runId && TERMINAL.has(String(event['type']))
    )
  }

export const isTerminalType = (type: string): boolean => TERMINAL.has(type)
