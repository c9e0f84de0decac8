import type { ClientMessageInput, ServerMessage, StreamName } from '@netra/protocol'
import { MAX_RESUME_STREAMS, utf8Length } from '@netra/protocol'

import type { Clock } from './clock.ts'
import { backoffMs } from './reconnect-policy.ts'
import type { StreamReader, Wish } from './stream-reader.ts'
import { unreachable } from './unreachable.ts'

type Welcome = Extract<ServerMessage, { type: 'welcome' }>
type ErrorFrame = Extract<ServerMessage, { type: 'error' }>
type Positions = Extract<ClientMessageInput, { type: 'ack' }>['positions']
/** What a connection passes on: the rest is its own affair. */
export type StreamMessage = Extract<
  ServerMessage,
  { type: 'event' | 'snapshot' | 'reset' | 'live' | 'ping' | 'ok' | 'error' }
>
type Resume = { stream: StreamName; position: string | null }[]

const HELLO = 'hello'

export interface SubscriptionsParts {
  clock: Clock
  random: () => number
  send(message: ClientMessageInput): boolean
  nextId(): string
}

/** All streams that are read over the one connection, each with its own cursor. */
export class Subscriptions {
  readonly #parts: SubscriptionsParts
  readonly #readers = new Map<StreamName, StreamReader>()
  readonly #requests = new Map<string, StreamName>()
  readonly #retries = new Map<StreamName, { count: number; cancel: () => void }>()

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts
  }

  has(stream: StreamName): boolean {
    return this.#readers.has(stream)
  }

  /** Starts reading. A stream has one reader at a time, because a socket has one cursor for it. */
  open(reader: StreamReader): void {
    const known = this.#readers.get(reader.stream)
    if (known && known !== reader) {
      throw new Error(`${reader.stream} is being read already: use that reader, or close it first`)
    }
    this.#readers.set(reader.stream, reader)
    reader.want()
    this.#subscribe(reader)
  }

  close(reader: StreamReader): void {
    if (this.#readers.get(reader.stream) !== reader) return
    this.#readers.delete(reader.stream)
    this.#forgetRetry(reader.stream)
    const position = reader.position
    reader.unwant()
    const id = this.#parts.nextId()
    const { stream } = reader
    this.#parts.send({ type: 'unsubscribe', id, stream, ...(position !== null && { position }) })
  }

  /** The streams for `hello`: at most 20, and no more than fit into what a first frame may hold. */
  resume(room: number): Resume {
    const resume: Resume = []
    let left = room
    for (const reader of this.#readers.values()) {
      if (!reader.isWanted || resume.length === MAX_RESUME_STREAMS) continue
      const item = { stream: reader.stream, position: reader.position }
      left -= utf8Length(JSON.stringify(item)) + 1
      if (left < 0) break
      resume.push({ stream: reader.stream, position: reader.subscribing(HELLO) })
    }
    return resume
  }

  /** What each stream has applied, for `ack`. */
  positions(): Positions {
    const positions: Positions = {}
    for (const reader of this.#readers.values()) {
      if (reader.position !== null) positions[reader.stream] = reader.position
    }
    return positions
  }

  onWelcome(welcome: Welcome): void {
    const answers = new Map(welcome.streams.map((item) => [item.stream, item.status]))
    for (const reader of this.#readers.values()) {
      const status = reader.isAwaiting(HELLO) ? answers.get(reader.stream) : undefined
      if (status === 'not_found') reader.refused('gone', 'there is no such stream')
      else if (status) reader.accepted()
      else if (reader.isWanted) this.#subscribe(reader)
    }
  }

  onLost(): void {
    this.#requests.clear()
    for (const stream of this.#retries.keys()) this.#forgetRetry(stream)
    for (const reader of this.#readers.values()) reader.lost()
  }

  /** True when the message was for a stream or answered a subscription. */
  onMessage(message: StreamMessage): boolean {
    switch (message.type) {
      case 'event':
        return this.#with(message.stream, (reader) => reader.onEvent(message.seq, message.event))
      case 'snapshot':
        return this.#with(message.stream, (reader) =>
          reader.onSnapshot(message.position, message.why, message.state),
        )
      case 'reset':
        return this.#with(message.stream, (reader) => {
          reader.onReset(message.why)
          return 'nothing'
        })
      case 'live':
        return this.#with(message.stream, (reader) => {
          const wish = reader.onLive(message.position)
          // Only once it is taken: while the reader waits to ask again, it belongs to the cursor before.
          if (reader.phase === 'live') this.#forgetRetry(message.stream)
          return wish
        })
      case 'ping':
        for (const reader of this.#readers.values()) {
          const head = message.heads[reader.stream]
          if (head !== undefined) this.#with(reader.stream, () => reader.onHead(head))
        }
        return true
      case 'ok':
        return this.#answered(message.id, (reader) => reader.accepted())
      case 'error':
        return (
          message.id !== null &&
          this.#answered(message.id, (reader) => this.#refused(reader, message))
        )
      default:
        return unreachable(message)
    }
  }

  #with(stream: StreamName, work: (reader: StreamReader) => Wish): boolean {
    const reader = this.#readers.get(stream)
    if (!reader) return true
    const wish = work(reader)
    if (wish === 'nothing') return true
    if (wish === 'restart') reader.forget()
    // The first time at once; a stream that keeps failing must not keep the server busy.
    if (this.#retries.has(reader.stream)) this.#later(reader)
    else {
      this.#retries.set(reader.stream, { count: 0, cancel: () => undefined })
      this.#subscribe(reader)
    }
    return true
  }

  #subscribe(reader: StreamReader): void {
    const id = this.#parts.nextId()
    const { stream, position } = reader
    if (!this.#parts.send({ type: 'subscribe', id, stream, position })) return
    reader.subscribing(id)
    this.#requests.set(id, stream)
  }

  #answered(id: string, answer: (reader: StreamReader) => void): boolean {
    const stream = this.#requests.get(id)
    if (stream === undefined) return false
    this.#requests.delete(id)
    const reader = this.#readers.get(stream)
    // An older request of the same stream: the newer one's answer is still to come.
    if (reader?.isAwaiting(id)) answer(reader)
    return true
  }

  #refused(reader: StreamReader, error: ErrorFrame): void {
    if (error.retry === 'no' || error.retry === 'new') {
      this.#readers.delete(reader.stream)
      return reader.refused(error.code === 'not_found' ? 'gone' : 'broken', error.message)
    }
    this.#later(reader, error.after_ms)
  }

  #later(reader: StreamReader, afterMs?: number): void {
    const { clock, random } = this.#parts
    const count = (this.#retries.get(reader.stream)?.count ?? 0) + 1
    this.#forgetRetry(reader.stream)
    const cancel = clock.after(afterMs ?? backoffMs(count, random), () => {
      if (reader.isWanted) this.#subscribe(reader)
    })
    this.#retries.set(reader.stream, { count, cancel })
    // Nothing that still comes fits; the answer to the next subscription begins anew.
    reader.subscribing('later')
  }

  #forgetRetry(stream: StreamName): void {
    this.#retries.get(stream)?.cancel()
    this.#retries.delete(stream)
  }
}
