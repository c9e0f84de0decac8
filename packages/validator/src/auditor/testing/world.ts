import {
  emptyThreadState,
  emptyUserState,
  foldThread,
  foldUser,
  formatPosition,
  type ClientMessageInput,
  type ReceivedEvent,
  type ThreadState,
  type UserState,
} from '@netra/protocol'

import type { HeardMessage, JournalEvent, Observation, StreamState } from '../auditor.ts'

/** A journal and devices that keep every promise; tests then break one. */
export class World {
  readonly observations: Observation[] = []
  readonly journal = new Map<string, JournalEvent[]>()
  epoch = 'one'
  #count = 0

  commit(stream: string, ...events: JournalEvent[]): void {
    const log = this.journal.get(stream) ?? []
    this.journal.set(stream, log)
    for (const event of events) {
      log.push(event)
      const seq = log.length
      this.observations.push({ kind: 'committed', stream, epoch: this.epoch, seq, event })
    }
  }

  device(name: string, user = 'u'): Device {
    return new Device(this, name, user)
  }

  head(stream: string): string {
    return formatPosition(this.epoch, this.journal.get(stream)?.length ?? 0)
  }

  fold(stream: string, seq: number): StreamState {
    const events = (this.journal.get(stream) ?? []).slice(0, seq) as ReceivedEvent[]
    return stream.startsWith('user:')
      ? events.reduce(foldUser, emptyUserState())
      : events.reduce(foldThread, emptyThreadState())
  }

  /** Faults have stopped, and somebody without a memory reads every stream. */
  calm(): void {
    this.observations.push({ kind: 'faults_stopped' })
    for (const [stream, log] of this.journal) {
      this.observations.push({
        kind: 'journal',
        stream,
        position: this.head(stream),
        events: log.map((event, index) => ({ seq: index + 1, event })),
        state: this.fold(stream, log.length),
      })
    }
  }

  next(what: string): string {
    this.#count += 1
    return `${what}-${this.#count}`
  }
}

interface Place {
  epoch: string
  seq: number
}

/** One memory of one person: a correct client on correct connections. */
export class Device {
  readonly name: string
  readonly #world: World
  readonly #user: string
  readonly #places = new Map<string, Place>()
  socket = ''
  #bytes = 0

  constructor(world: World, name: string, user: string) {
    this.#world = world
    this.name = name
    this.#user = user
  }

  open(): this {
    const { name: device } = this
    this.socket = this.#world.next('socket')
    this.#bytes = 0
    this.#world.observations.push({
      kind: 'opened',
      device,
      socket: this.socket,
      user: this.#user,
    })
    const resume = [...this.#places].map(([stream, { epoch, seq }]) => ({
      stream: stream as `thread:${string}`,
      position: formatPosition(epoch, seq),
    }))
    this.say({ type: 'hello', protocol: 1, device, instance: 'i', token: 't', resume })
    this.hear({
      type: 'welcome',
      connection_id: this.socket,
      node: 'n',
      user_id: this.#user,
      expires_at: '2026-01-01T00:00:00.000Z',
      now: '2026-01-01T00:00:00.000Z',
      heartbeat: { interval_ms: 10_000, timeout_ms: 25_000 },
      limits: { max_frame_bytes: 65_536, window_bytes: 10_000, window_events: 8 },
      streams: resume.map(({ stream }) => ({ stream, status: 'replay', head: null })),
    })
    return this
  }

  close(): this {
    this.#world.observations.push({ kind: 'closed', device: this.name, socket: this.socket })
    return this
  }

  subscribe(stream: string, from?: string | null): this {
    const id = this.#world.next('request')
    const place = this.#places.get(stream)
    const known = place ? formatPosition(place.epoch, place.seq) : null
    const position = from === undefined ? known : from
    this.say({ type: 'subscribe', id, stream: stream as `thread:${string}`, position })
    this.hear({ type: 'ok', id, stream: stream as `thread:${string}` })
    const seq = position === null ? 0 : Number(position.slice(position.indexOf(':') + 1))
    this.#places.set(stream, { epoch: this.#world.epoch, seq })
    return this
  }

  /** The next `count` events of the stream, each in a frame of its own, acknowledged. */
  take(stream: string, count = Infinity): this {
    const place = this.#places.get(stream)
    if (!place) throw new Error(`${stream} is not subscribed`)
    const log = this.#world.journal.get(stream) ?? []
    for (let taken = 0; taken < count && place.seq < log.length; taken += 1) {
      place.seq += 1
      const event = log[place.seq - 1] as never
      this.hear({ type: 'event', stream: stream as `thread:${string}`, seq: place.seq, event })
      this.say({ type: 'ack', positions: {}, bytes: this.#bytes })
    }
    return this
  }

  live(stream: string): this {
    const { epoch, seq } = this.#places.get(stream) ?? { epoch: this.#world.epoch, seq: 0 }
    const position = formatPosition(epoch, seq)
    return this.hear({ type: 'live', stream: stream as `thread:${string}`, position })
  }

  snapshot(stream: string, change: (state: StreamState) => StreamState = (state) => state): this {
    const seq = this.#world.journal.get(stream)?.length ?? 0
    const position = formatPosition(this.#world.epoch, seq)
    this.#places.set(stream, { epoch: this.#world.epoch, seq })
    const state = change(this.#world.fold(stream, seq)) as ThreadState & UserState
    const name = stream as `thread:${string}`
    return this.hear({ type: 'snapshot', stream: name, position, why: 'too_old', state })
  }

  reset(stream: string): this {
    const name = stream as `thread:${string}`
    return this.hear({
      type: 'reset',
      stream: name,
      position: this.#world.head(stream),
      why: 'other_epoch',
    })
  }

  /** What it made of the stream. */
  state(stream: string, change: (state: StreamState) => StreamState = (state) => state): this {
    const { epoch, seq } = this.#places.get(stream) ?? { epoch: this.#world.epoch, seq: 0 }
    this.#world.observations.push({
      kind: 'state',
      device: this.name,
      stream,
      position: formatPosition(epoch, seq),
      state: change(this.#world.fold(stream, seq)),
    })
    return this
  }

  /** Sends a message under this id, and hears this answer. */
  send(clientMessageId: string, text: string, answer: Record<string, unknown>): this {
    const id = this.#world.next('request')
    this.say({
      type: 'send_message',
      id,
      client_message_id: clientMessageId,
      thread_id: 't',
      content: [{ type: 'text', text }],
    })
    return this.hear({ type: 'ok', id, ...answer })
  }

  say(message: ClientMessageInput): this {
    this.#world.observations.push({
      kind: 'said',
      device: this.name,
      socket: this.socket,
      message,
    })
    return this
  }

  hear(...messages: HeardMessage[]): this {
    const bytes = JSON.stringify(messages).length
    this.#bytes += bytes
    this.#world.observations.push({
      kind: 'heard',
      device: this.name,
      socket: this.socket,
      messages,
      bytes,
    })
    return this
  }
}
