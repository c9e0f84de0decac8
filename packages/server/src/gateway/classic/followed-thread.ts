import { isTerminal, parsePosition, parseServerFrame } from '@netra/protocol'
import type { ServerMessage, StreamEvent } from '@netra/protocol'

import type { Delivery, Sink, StreamName, Subscription } from '../../hub/hub.ts'
import type { ThreadId, UserId } from '../../platform/ids.ts'
import { classicEvent } from './classic-event.ts'
import type { ClassicServerMessage } from './classic-server-message.ts'
import { loadedThread } from './loaded-thread.ts'

/** Where the messages of followed threads go: one classic socket. */
export interface Outlet {
  readonly open: boolean
  send(message: ClassicServerMessage): void
  /** A thread cannot be gone on with. */
  failed(error: unknown): void
  isoTime(): string
}

type Snapshot = Extract<ServerMessage, { type: 'snapshot' }>

/** `thread:<id>|<epoch>:<seq>`: the place of an event among all events; opaque to clients. */
export const eventIdOf = (stream: StreamName, position: string): string => `${stream}|${position}`

/** The position that an event id names in this stream; what is none leads to a snapshot. */
export function positionIn(stream: StreamName, eventId: string): string {
  const start = `${stream}|`
  return eventId.startsWith(start) ? eventId.slice(start.length) : ''
}

/**
 * One thread that a classic socket follows: the same cursor over the journal as any reader's, with
 * each event in its classic form.
 */
export class FollowedThread implements Sink {
  readonly threadId: ThreadId
  readonly stream: StreamName
  readonly #userId: UserId
  readonly #outlet: Outlet
  /** Agents by run, for events that name none. Its keys are the runs that are under way. */
  readonly #agents: Map<string, string | null>
  #subscription: Subscription | undefined
  #delivery: Delivery | undefined
  #ended = false

  constructor(thread: {
    threadId: ThreadId
    stream: StreamName
    userId: UserId
    outlet: Outlet
    openRuns: readonly { id: string; agent: string | null }[]
  }) {
    this.threadId = thread.threadId
    this.stream = thread.stream
    this.#userId = thread.userId
    this.#outlet = thread.outlet
    this.#agents = new Map(thread.openRuns.map(({ id, agent }) => [id, agent]))
  }

  get hasOpenRun(): boolean {
    return this.#agents.size > 0
  }

  get open(): boolean {
    return !this.#ended && this.#outlet.open
  }

  /** Begins delivery. */
  start(subscription: Subscription, delivery: Delivery): void {
    this.#subscription = subscription
    this.#delivery = delivery
    subscription.start()
  }

  resume(): void {
    this.#subscription?.resume()
  }

  end(): void {
    this.#ended = true
    this.#delivery?.left()
    this.#subscription?.end()
  }

  send(frame: string): void {
    if (this.#ended) return
    try {
      const parsed = parseServerFrame(frame)
      if (!parsed.ok) throw new Error(`an event of ours cannot be read: ${parsed.message}`)
      for (const message of parsed.messages) this.#translate(message)
    } catch (error) {
      this.failed(error)
    }
  }

  failed(error: unknown): void {
    if (!this.#ended) this.#outlet.failed(error)
  }

  /** `live` says nothing to a reader who gets each event as it comes. */
  #translate(message: ServerMessage): void {
    if (message.type === 'snapshot') return this.#snapshot(message)
    if (message.type === 'event' && message.event.type !== 'unknown') {
      return this.#event(message.event)
    }
    if (message.type !== 'reset') return
    this.#outlet.send({
      type: 'system_message',
      data: { event: 'events_lost', thread_id: this.threadId, why: message.why },
      timestamp: this.#outlet.isoTime(),
    })
  }

  #event(event: StreamEvent): void {
    const { run_id } = event
    if (event.type === 'run_accepted') this.#agents.set(event.run_id, event.agent)
    const agent = run_id === null ? null : (this.#agents.get(run_id) ?? null)
    if (isTerminal(event)) this.#agents.delete(event.run_id)
    const shown = classicEvent(event, {
      userId: this.#userId,
      threadId: this.threadId,
      agent,
      eventId: eventIdOf(this.stream, this.#subscription?.position ?? ''),
      now: this.#outlet.isoTime(),
    })
    this.#outlet.send(shown)
  }

  #snapshot({ state, position, why }: Snapshot): void {
    if (!('runs' in state)) return
    this.#agents.clear()
    for (const run of state.runs) if (run.outcome === null) this.#agents.set(run.id, run.agent)
    const eventId = eventIdOf(this.stream, position)
    const isReal = parsePosition(position) !== undefined
    this.#outlet.send(
      loadedThread(state, {
        threadId: this.threadId,
        why,
        eventId: isReal ? eventId : null,
        now: this.#outlet.isoTime(),
      }),
    )
  }
}
