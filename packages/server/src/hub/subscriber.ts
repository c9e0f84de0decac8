import { positionOf, type Journal, type Plan, type StreamName } from '../journal/journal.ts'
import type { Logger } from '../platform/logger.ts'
import { eventFrame, type LazyFrames } from './frames.ts'
import type { Sink } from './sink.ts'
import type { Snapshots } from './snapshots.ts'

const PAGE = { events: 256, bytes: 256 * 1024 }

/** What all subscribers of a hub share. */
export interface SubscriberParts {
  journal: Journal
  snapshots: Snapshots
  logger: Logger
  /** Takes an ended subscriber out of those that are told. */
  forget(subscriber: Subscriber): void
}

/**
 * One reader of one stream: a cursor over the journal.
 *
 * Invariant: the sink gets events with `seq` = cursor + 1 and nothing else, so a stream is
 * contiguous and without repetition whatever replay, live commits and a full window do meanwhile.
 * Catch-up and live are one path: `pump` reads from the cursor; a commit that begins exactly at the
 * cursor of an idle subscriber is handed over without reading it back.
 */
export class Subscriber {
  readonly stream: StreamName
  /** Position of the head when the subscription began. */
  readonly head: string
  readonly status: 'replay' | 'snapshot'
  readonly #parts: SubscriberParts
  readonly #sink: Sink
  #plan: Plan | undefined
  /** `seq` of the last event the sink was given. */
  #cursor = 0
  /** Where replay is over and `live` is said; undefined once it was. */
  #liveAt: number | undefined
  #started = false
  #pumping = false
  #again = false
  #ended = false
  /** The window was shut when delivery stopped. */
  #waiting = false

  constructor(parts: SubscriberParts, stream: StreamName, plan: Plan, sink: Sink) {
    this.#parts = parts
    this.stream = stream
    this.#sink = sink
    const head = plan.kind === 'unknown' ? 0 : plan.head
    this.head = positionOf(parts.journal.epoch, head)
    this.status = plan.kind === 'range' ? 'replay' : 'snapshot'
    this.#liveAt = head
    if (plan.kind === 'range') this.#cursor = plan.after
    else this.#plan = plan
  }

  /** Begins delivery; called once the answer that must come before the events is on its way. */
  start(): void {
    this.#started = true
    this.pump()
  }

  /** The sink has room again. */
  resume(): void {
    if (this.#waiting) this.pump()
  }

  committed(first: number, frames: LazyFrames): void {
    const idle = this.#started && !this.#pumping && this.#plan === undefined
    if (!idle || this.#liveAt !== undefined || first !== this.#cursor + 1) return this.pump()
    while (this.#cursor < frames.last && this.#sink.open && !this.#ended) {
      this.#cursor += 1
      this.#sink.send(frames.at(this.#cursor), true)
    }
    this.#waiting = this.#cursor < frames.last
  }

  /** Delivers until the head is reached or the window is shut. Safe to call at any time. */
  pump(): void {
    if (!this.#started || this.#ended) return
    this.#again = true
    if (this.#pumping) return
    this.#pumping = true
    this.#run().then(
      () => {
        this.#pumping = false
        if (this.#again) this.pump()
      },
      (error: unknown) => {
        this.#pumping = false
        if (this.#ended) return
        this.#parts.logger.error({ err: error, stream: this.stream }, 'delivery failed')
        this.#sink.failed(error)
      },
    )
  }

  end(): void {
    this.#ended = true
    this.#parts.forget(this)
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#ended) {
      this.#again = false
      if (this.#plan) await this.#sendSnapshot(this.#plan)
      while (this.#sink.open && !this.#ended) {
        const events = await this.#parts.journal.read(this.stream, this.#cursor, PAGE)
        if (this.#ended) return
        let sent = 0
        for (const event of events) {
          if (!this.#sink.open) break
          if (event.seq !== this.#cursor + 1) {
            throw new Error(`${this.stream}: read ${event.seq} after ${this.#cursor}`)
          }
          this.#cursor = event.seq
          this.#sink.send(eventFrame(this.stream, event.seq, event.payload), true)
          sent += 1
        }
        this.#sayLive()
        if (sent === 0) break
      }
      this.#waiting = !this.#sink.open
    }
  }

  async #sendSnapshot(plan: Plan): Promise<void> {
    const snapshot = await this.#parts.snapshots.of(this.stream)
    if (this.#ended) return
    const position = positionOf(this.#parts.journal.epoch, snapshot.seq)
    const stream = this.stream
    if (plan.kind === 'ahead' || plan.kind === 'other_epoch') {
      this.#sink.send(JSON.stringify({ type: 'reset', stream, position, why: plan.kind }), false)
    }
    const why = plan.kind === 'snapshot' ? plan.why : plan.kind
    this.#sink.send(
      `{"type":"snapshot","stream":${JSON.stringify(stream)},"position":${JSON.stringify(position)},"why":${JSON.stringify(why)},"state":${snapshot.state}}`,
      true,
    )
    this.#plan = undefined
    this.#cursor = snapshot.seq
    this.#liveAt = snapshot.seq
  }

  #sayLive(): void {
    if (this.#liveAt === undefined || this.#cursor < this.#liveAt) return
    this.#liveAt = undefined
    const position = positionOf(this.#parts.journal.epoch, this.#cursor)
    this.#sink.send(JSON.stringify({ type: 'live', stream: this.stream, position }), false)
  }
}
