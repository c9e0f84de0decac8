import {
  EventsRemoved,
  JournalUnavailable,
  positionOf,
  type Journal,
  type Plan,
  type Position,
  type StoredEvent,
  type StreamName,
} from '../journal/journal.ts'
import type { Logger } from '../platform/logger.ts'
import type { Turns } from '../platform/turns.ts'
import type { DeliveryMetrics } from './delivery-metrics.ts'
import type { Jump } from './delivery-states.ts'
import type { FirstEvents } from './first-events.ts'
import { eventFrame, type LazyFrames } from './frames.ts'
import type { Sink } from './sink.ts'
import type { Snapshot, Snapshots } from './snapshots.ts'

const PAGE = { events: 256, bytes: 256 * 1024 }
/** Snapshots in a row without one event after them: then the stream cannot be delivered. */
const MOST_TRIES = 3

/** What all subscribers of a hub share. */
export interface SubscriberParts {
  journal: Journal
  snapshots: Snapshots
  logger: Logger
  metrics: DeliveryMetrics
  turns: Turns
  firsts: Pick<FirstEvents, 'sent'>
  /** Takes an ended subscriber out of those that are told. */
  forget(subscriber: Subscriber): void
}

/** Why the events from the cursor on cannot be sent; `isLoss`: nor be proven to be all. */
export interface Missing {
  why:
    | 'too_old'
    | 'compacted'
    | 'unknown'
    | 'ahead'
    | 'other_epoch'
    | 'epoch_changed'
    | 'unreadable'
  isLoss: boolean
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
  readonly head: Position
  readonly status: 'replay' | 'snapshot'
  /** What the newest snapshot stood for. */
  jump: Jump | undefined
  /** When it began, on the monotonic clock. */
  since = 0
  readonly #parts: SubscriberParts
  readonly #sink: Sink
  /** Set: a snapshot must come before any event. */
  #missing: Missing | undefined
  /** `seq` of the last event the sink was given. */
  #cursor = 0
  /** The epoch that the cursor belongs to. */
  #epoch: string
  /** Where replay is over and `live` is said; undefined once it was. */
  #liveAt: number | undefined
  #tries = 0
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
    this.#epoch = parts.journal.epoch
    this.head = positionOf(this.#epoch, head)
    this.status = plan.kind === 'range' ? 'replay' : 'snapshot'
    this.#liveAt = head
    if (plan.kind === 'range') this.#cursor = plan.after
    else this.#missing = missingOf(plan)
  }

  /** Begins delivery; called once the answer that must come before the events is on its way. */
  start(): void {
    this.#started = true
    this.pump()
  }

  /** After the last frame that the sink was given; undefined while a snapshot is yet to come. */
  get position(): Position | undefined {
    return this.#missing ? undefined : positionOf(this.#epoch, this.#cursor)
  }

  /** The sink has room again. */
  resume(): void {
    if (this.#waiting) this.pump()
  }

  /** What was delivered cannot be gone on from: the reader is told, and gets a snapshot. */
  reset(why: Missing['why']): void {
    this.#missing = { why, isLoss: true }
    this.pump()
  }

  committed(frames: LazyFrames): void {
    if (frames.last <= this.#cursor || (this.#waiting && !this.#sink.open)) return
    const isIdle = this.#started && !this.#pumping && this.#missing === undefined
    if (!isIdle || this.#liveAt !== undefined || frames.first > this.#cursor + 1) {
      return this.pump()
    }
    const before = this.#cursor
    while (this.#cursor < frames.last && this.#sink.open && !this.#ended) {
      this.#cursor += 1
      this.#sink.send(frames.at(this.#cursor), true)
    }
    this.#waiting = this.#cursor < frames.last
    this.#parts.metrics.count('sent', this.#cursor - before)
    this.#noteSent()
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
        const { logger, metrics } = this.#parts
        metrics.failures.add()
        logger.error(
          { err: error, stream: this.stream, position: this.position },
          'delivery failed',
        )
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
      if (this.#missing) await this.#replace(this.#missing)
      while (this.#sink.open && !this.#ended && !this.#missing) {
        const events = await this.#read()
        if (this.#ended || this.#missing) break
        const sent = this.#send(events)
        this.#sayLive()
        if (sent === 0) break
      }
      this.#waiting = !this.#sink.open
    }
  }

  /** Nothing when the cursor cannot be read on from; what is missing is set then. */
  async #read(): Promise<readonly StoredEvent[]> {
    const { journal, turns } = this.#parts
    try {
      const events = await journal.read(this.stream, this.#cursor, PAGE)
      const turn = turns.take()
      if (turn) await turn
      return events
    } catch (error) {
      if (error instanceof JournalUnavailable || this.#tries >= MOST_TRIES) throw error
      if (error instanceof EventsRemoved) this.#lacks({ why: 'compacted', isLoss: false })
      else this.#lost(error)
      return []
    }
  }

  #send(events: readonly StoredEvent[]): number {
    const before = this.#cursor
    for (const event of events) {
      if (!this.#sink.open) break
      if (event.seq !== this.#cursor + 1) {
        this.#parts.metrics.gaps.add()
        this.#lost(new Error(`${this.stream}: read ${event.seq} after ${this.#cursor}`))
        break
      }
      this.#cursor = event.seq
      this.#sink.send(eventFrame(this.stream, event.seq, event.payload), true)
    }
    const sent = this.#cursor - before
    if (sent > 0) {
      this.#tries = 0
      this.#parts.metrics.count('sent', sent)
      this.#parts.metrics.count('replayed', sent)
      this.#noteSent()
    }
    return sent
  }

  #lost(error: unknown): void {
    const { logger, metrics } = this.#parts
    metrics.unreadable.add()
    logger.error(
      { err: error, stream: this.stream, position: this.position },
      'a stream has a fault',
    )
    this.#lacks({ why: 'unreadable', isLoss: true })
  }

  #lacks(missing: Missing): void {
    this.#tries += 1
    this.#missing = missing
    this.#again = true
  }

  /** A snapshot in place of events; not before the sink has room for it. */
  async #replace(missing: Missing): Promise<void> {
    if (!this.#sink.open) return
    const snapshot = await this.#parts.snapshots.of(this.stream)
    if (this.#ended || !this.#sink.open) return
    if (this.#missing !== missing || snapshot.epoch !== this.#parts.journal.epoch) {
      this.#again = true
      return
    }
    this.#give(snapshot, missing)
  }

  #give(snapshot: Snapshot, { why, isLoss }: Missing): void {
    const { metrics } = this.#parts
    const stream = this.stream
    const position = positionOf(snapshot.epoch, snapshot.seq)
    if (isLoss || !snapshot.isWhole) {
      const reason = isLoss ? why : 'unreadable'
      metrics.resets.add({ why: reason })
      this.#sink.send(JSON.stringify({ type: 'reset', stream, position, why: reason }), false)
    }
    metrics.snapshots.add({ why })
    if (snapshot.epoch === this.#epoch && snapshot.seq > this.#cursor) {
      metrics.count('superseded', snapshot.seq - this.#cursor)
    }
    this.#missing = undefined
    const after = snapshot.epoch === this.#epoch ? Math.min(this.#cursor, snapshot.seq) : 0
    this.jump = { after, through: snapshot.seq }
    this.#cursor = snapshot.seq
    this.#epoch = snapshot.epoch
    this.#liveAt = snapshot.seq
    this.#sink.send(
      `{"type":"snapshot","stream":${JSON.stringify(stream)},"position":${JSON.stringify(position)},"why":${JSON.stringify(why)},"state":${snapshot.state}}`,
      true,
    )
    this.#noteSent()
  }

  #noteSent(): void {
    this.#parts.firsts.sent(this.stream, this.#cursor, this.since)
  }

  #sayLive(): void {
    if (this.#liveAt === undefined || this.#cursor < this.#liveAt || this.#missing) return
    this.#liveAt = undefined
    const { position, stream } = this
    this.#sink.send(JSON.stringify({ type: 'live', stream, position }), false)
  }
}

function missingOf(plan: Exclude<Plan, { kind: 'range' }>): Missing {
  if (plan.kind === 'snapshot') return { why: plan.why, isLoss: false }
  return { why: plan.kind, isLoss: plan.kind !== 'unknown' }
}
