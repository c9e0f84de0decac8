import type { Person } from './people.ts'
import { hello, openSocket, type Frame, type RawSocket } from './raw-socket.ts'

export interface Received {
  seq: number
  event: Record<string, unknown> & { type: string }
}

/** Well before the window of 256 KB is full. */
const ACK_BYTES = 64 * 1024

/**
 * One device of a person: follows streams over any number of sockets and keeps what it applied. It
 * trusts nothing: a hole, a repetition or a frame of somebody else's stream is an error at once.
 */
export class Follower {
  readonly person: Person
  readonly events = new Map<string, Received[]>()
  /** Every frame of every socket, as it came. */
  readonly frames: Frame[] = []
  readonly #positions = new Map<string, string>()
  readonly #violations: string[] = []
  #socket: RawSocket | undefined
  #requests = 0
  #acked = 0
  #ackedBytes = 0

  constructor(person: Person) {
    this.person = person
  }

  /** Opens a socket and resumes every stream from where this device is. */
  async connect(url: string): Promise<void> {
    const socket = await openSocket(url)
    this.#socket = socket
    this.#ackedBytes = 0
    const resume = [...this.#positions].map(([stream, position]) => ({ stream, position }))
    socket.send(hello(this.person.token, { resume: resume.slice(0, 20) }))
    this.#pump(socket)
    await socket.next((frame) => frame.type === 'welcome')
    for (const { stream, position } of resume.slice(20)) await this.#subscribe(stream, position)
  }

  disconnect(): void {
    this.#socket?.[Symbol.dispose]()
    this.#socket = undefined
  }

  async follow(stream: string, position: string | null = null): Promise<void> {
    this.events.set(stream, this.events.get(stream) ?? [])
    await this.#subscribe(stream, position)
  }

  /** Sends a message and follows its thread. */
  async ask(
    text: string,
    more: Record<string, unknown> = {},
  ): Promise<{ thread_id: string; run_id: string }> {
    const answer = await this.request({
      type: 'send_message',
      client_message_id: `${this.person.userId}-${this.#requests}-${text}`,
      thread_id: null,
      content: [{ type: 'text', text }],
      ...more,
    })
    if (answer.type !== 'ok') throw new Error(`send_message: ${JSON.stringify(answer)}`)
    const accepted = answer as unknown as { thread_id: string; run_id: string; position: string }
    const stream = `thread:${accepted.thread_id}`
    if (!this.events.has(stream)) await this.follow(stream, accepted.position)
    return accepted
  }

  async request(message: Record<string, unknown>): Promise<Frame> {
    const id = `request-${++this.#requests}`
    if (!this.#socket) throw new Error('not connected')
    this.#socket.send({ ...message, id })
    return this.#socket.next(
      (frame) => (frame.type === 'ok' || frame.type === 'error') && frame['id'] === id,
    )
  }

  /** Waits until an event of the stream fits. */
  async until(stream: string, fits: (event: Received['event']) => boolean): Promise<Received> {
    for (;;) {
      const found = this.events.get(stream)?.find(({ event }) => fits(event))
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  end(runId: string, threadId: string): Promise<Received> {
    return this.until(
      `thread:${threadId}`,
      (event) => event['run_id'] === runId && TERMINAL.has(event.type),
    )
  }

  /** What went against the promise; empty when nothing did. */
  get violations(): readonly string[] {
    return this.#violations
  }

  async #subscribe(stream: string, position: string | null): Promise<void> {
    const answer = await this.request({ type: 'subscribe', stream, position })
    if (answer.type !== 'ok') throw new Error(`subscribe: ${JSON.stringify(answer)}`)
  }

  #pump(socket: RawSocket): void {
    let read = 0
    const look = (): false => {
      for (; read < socket.frames.length; read++) this.#take(socket, socket.frames[read] as Frame)
      return false
    }
    void socket.next(look)
  }

  #take(socket: RawSocket, frame: Frame): void {
    this.frames.push(frame)
    if (frame.type === 'reset' || frame.type === 'snapshot') {
      this.#violations.push(`${frame.type} of ${String(frame['stream'])}: ${String(frame['why'])}`)
    }
    if (frame.type === 'ping') {
      socket.send({ type: 'pong', nonce: frame['nonce'] })
      // Of a few events in half a minute too: who owes an answer for longer is closed.
      if (socket.bytes > this.#ackedBytes) this.#acknowledge(socket)
    }
    if (frame.type === 'live')
      this.#positions.set(String(frame['stream']), String(frame['position']))
    if (frame.type !== 'event') return
    const { stream, seq, event } = frame as unknown as { stream: string } & Received
    const events = this.events.get(stream) ?? []
    this.events.set(stream, events)
    const expected = (events.at(-1)?.seq ?? 0) + 1
    if (seq !== expected) this.#violations.push(`${stream}: ${seq} came after ${expected - 1}`)
    const owner = event['user_id']
    if (owner !== undefined && owner !== this.person.userId) {
      this.#violations.push(`${stream} ${seq}: an event of ${JSON.stringify(owner)}`)
    }
    events.push({ seq, event })
    const epoch = this.#epoch
    if (epoch) this.#positions.set(stream, `${epoch}:${seq}`)
    this.#acked += 1
    const isDue = this.#acked % 64 === 0 || socket.bytes - this.#ackedBytes > ACK_BYTES
    if (isDue) this.#acknowledge(socket)
  }

  #acknowledge(socket: RawSocket): void {
    this.#ackedBytes = socket.bytes
    socket.send({ type: 'ack', positions: {}, bytes: socket.bytes })
  }

  get #epoch(): string | undefined {
    for (const position of this.#positions.values())
      return position.slice(0, position.lastIndexOf(':'))
    return undefined
  }
}

const TERMINAL = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])

/** The text a run showed: its deltas, without what a later attempt replaced. */
export function shownText(events: readonly Received[], runId: string): string {
  const texts = new Map<string, string>()
  for (const { event } of events) {
    if (event['run_id'] !== runId) continue
    const id = String(event['message_id'])
    if (event.type === 'message_delta') {
      const text = texts.get(id) ?? ''
      if (event['offset'] !== text.length)
        throw new Error(`delta at ${String(event['offset'])}, have ${text.length}`)
      texts.set(id, text + String(event['text']))
    }
    if (event.type === 'run_attempt') {
      for (const superseded of event['superseded'] as string[]) texts.delete(superseded)
    }
  }
  return [...texts.values()].join('')
}
