import type { ClientMessageInput, ServerMessage } from '@netra/protocol'
import { parseServerFrame, utf8Length } from '@netra/protocol'

import { Acknowledger } from './acknowledger.ts'
import type { Clock } from './clock.ts'
import { Heartbeat } from './heartbeat.ts'
import { SlicedQueue } from './sliced-queue.ts'
import type { StreamMessage } from './subscriptions.ts'
import type { Socket, Transport } from './transport.ts'
import { unreachable } from './unreachable.ts'

type Welcome = Extract<ServerMessage, { type: 'welcome' }>
type Goaway = Extract<ServerMessage, { type: 'goaway' }>
type Positions = Extract<ClientMessageInput, { type: 'ack' }>['positions']

/** How a link ended. `code` 0: it was given up here. */
export interface Ending {
  code: number
  why: string
  goaway: Goaway | undefined
  /** Of the HTTP answer that came instead of a socket. */
  status: number | undefined
}

export interface LinkParts {
  url: string
  transport: Transport
  clock: Clock
  /** Positions applied so far, for `ack`. */
  positions(): Positions
  onOpen(): void
  onWelcome(welcome: Welcome): void
  onMessage(message: StreamMessage): void
  onAuthenticationDue(): void
  /** Once, and never after `drop()`. */
  onEnd(ending: Ending): void
}

type Work =
  | { kind: 'frame'; text: string }
  | { kind: 'message'; message: ServerMessage }
  | { kind: 'applied'; bytes: number; events: number }
  | { kind: 'closed'; ending: Omit<Ending, 'goaway'> }

/**
 * One socket from its opening to its end: frames in order, a slice at a time, acknowledged once they
 * are applied; a heartbeat from the welcome on.
 *
 * Invariant: after `drop()` or `onEnd` nothing is called, also not for frames that still waited.
 */
export class Link {
  readonly #parts: LinkParts
  readonly #queue: SlicedQueue<Work>
  readonly #socket: Socket
  #heartbeat: Heartbeat | undefined
  #acknowledger: Acknowledger | undefined
  #goaway: Goaway | undefined
  #over = false
  #pings = 0

  constructor(parts: LinkParts) {
    this.#parts = parts
    this.#queue = new SlicedQueue(
      (work) => this.#do(work),
      () => parts.clock.monotonic(),
    )
    this.#socket = parts.transport.open(parts.url, {
      onOpen: () => {
        if (!this.#over) parts.onOpen()
      },
      onFrame: (text) => {
        this.#heartbeat?.heard()
        if (!this.#over) this.#queue.push({ kind: 'frame', text })
      },
      onClose: (code, why, status) => {
        if (!this.#over) this.#queue.push({ kind: 'closed', ending: { code, why, status } })
      },
    })
  }

  send(message: ClientMessageInput): void {
    this.#socket.send(JSON.stringify(message))
  }

  /** Asks at once whether the other side lives. */
  probe(): void {
    this.#heartbeat?.probe()
  }

  /** Lets go of the socket and of every timer that belongs to it. */
  drop(code: number, reason: string): void {
    if (this.#over) return
    this.#stop()
    this.#socket.close(code, reason)
  }

  #stop(): void {
    this.#over = true
    this.#queue.stop()
    this.#heartbeat?.stop()
    this.#acknowledger?.stop()
  }

  #do(work: Work): readonly Work[] | undefined {
    switch (work.kind) {
      case 'frame':
        return this.#read(work.text)
      case 'message':
        this.#take(work.message)
        return undefined
      case 'applied':
        this.#acknowledger?.received(work.bytes, work.events)
        return undefined
      case 'closed':
        this.#end(work.ending)
        return undefined
      default:
        return unreachable(work)
    }
  }

  #read(text: string): readonly Work[] | undefined {
    const frame = parseServerFrame(text)
    if (!frame.ok) {
      this.#giveUp(`a frame could not be read: ${frame.message}`)
      return undefined
    }
    const { messages } = frame
    const events = messages.filter(({ type }) => type === 'event' || type === 'snapshot').length
    const work = messages.map((message): Work => ({ kind: 'message', message }))
    return [...work, { kind: 'applied', bytes: utf8Length(text), events }]
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#welcomed(message)
      case 'ping':
        this.send({ type: 'pong', nonce: message.nonce })
        return this.#parts.onMessage(message)
      case 'goaway':
        this.#goaway = message
        return
      case 'authentication_due':
        return this.#parts.onAuthenticationDue()
      case 'authenticated':
      case 'pong':
        return
      case 'event':
      case 'snapshot':
      case 'reset':
      case 'live':
      case 'ok':
      case 'error':
        return this.#parts.onMessage(message)
      default:
        return unreachable(message)
    }
  }

  #welcomed(welcome: Welcome): void {
    const { clock } = this.#parts
    this.#acknowledger = new Acknowledger(clock, (bytes) =>
      this.send({ type: 'ack', positions: this.#parts.positions(), bytes }),
    )
    const { interval_ms: intervalMs, timeout_ms: timeoutMs } = welcome.heartbeat
    this.#heartbeat = new Heartbeat({
      clock,
      intervalMs,
      timeoutMs,
      ping: () => this.send({ type: 'ping', nonce: String(++this.#pings) }),
      dead: () => this.#giveUp('nothing was heard from the server'),
    })
    this.#parts.onWelcome(welcome)
  }

  #giveUp(why: string): void {
    this.#socket.close(4000, 'given up')
    this.#end({ code: 0, why, status: undefined })
  }

  #end(ending: Omit<Ending, 'goaway'>): void {
    if (this.#over) return
    this.#stop()
    this.#parts.onEnd({ ...ending, goaway: this.#goaway })
  }
}
