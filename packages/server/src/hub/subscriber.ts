import { positionOf, type Journal, type Plan, type StreamName } from '../journal/journal.ts'
import type { Logger } from '../platform/logger.ts'
import { eventFrame, type LazyFrames } from './frames.ts'
import type { Sink } from './sink.ts'
import type { Snapshots } from './snapshots.ts'

const PAGE = { events: 256, bytes: 256 * 1024 }

/**
 * One reader of one stream: a cursor over the journal.
 *
 * Invariant: the sink gets events with `seq` = cursor + 1 and nothing else, so a stream is
 * contiguous and without repetition whatever replay, live commits and a full window do meanwhile.
 * Catch-up and live are one path: `pump` reads from the cursor; a commit that begins exactly at the
 * cursor of an idle subscriber is handed over without reading it back.
 */
export class Subscriber {
  readonly headAtStart: string
  readonly #stream: StreamName
  readonly #sink: Sink
  readonly #journal: Journal
  readonly #snapshots: Snapshots
  readonly #logger: Logger
  #plan: Plan | undefined
  /** `seq` of the last event the sink was given. */
  #cursor = 0
  /** Where replay is over and `live` is said; undefined once it was. */
  #liveAt: number | undefined
  #started = false
  #pumping = false
  #again = false
  #ended = false

  constructor(options: {
    stream: StreamName
    plan: Plan
    sink: Sink
    journal: Journal
    snapshots: Snapshots
    logger: Logger
  }) {
    this.#stream = options.stream
    this.#sink = options.sink
    this.#journal = options.journal
    this.#snapshots = options.snapshots
    this.#logger = options.logger
    const { plan } = options
    const head = plan.kind === 'unknown' ? 0 : plan.head
    this.headAtStart = positionOf(this.#journal.epoch, head)
    this.#liveAt = head
    if (plan.kind === 'range') this.#cursor = plan.after
    else this.#plan = plan
  }

  start(): void {
    this.#started = true
    this.pump()
  }

  committed(first: number, frames: LazyFrames): void {
    const idle = this.#started && !this.#pumping && this.#plan === undefined
    if (!idle || this.#liveAt !== undefined || first !== this.#cursor + 1) return this.pump()
    while (this.#cursor < frames.last && this.#sink.open && !this.#ended) {
      this.#cursor += 1
      this.#sink.send(frames.at(this.#cursor), true)
    }
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
        this.#logger.error({ err: error, stream: this.#stream }, 'delivery failed')
        this.#sink.failed(error)
      },
    )
  }

  end(): void {
    this.#ended = true
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#ended) {
      this.#again = false
      if (this.#plan) await this.#sendSnapshot(this.#plan)
      while (this.#sink.open && !this.#ended) {
        const events = await this.#journal.read(this.#stream, this.#cursor, PAGE)
        if (this.#ended) return
        let sent = 0
        for (const event of events) {
          if (!this.#sink.open) break
          if (event.seq !== this.#cursor + 1) {
            throw new Error(`${this.#stream}: read ${event.seq} after ${this.#cursor}`)
          }
          this.#cursor = event.seq
          this.#sink.send(eventFrame(this.#stream, event.seq, event.payload), true)
          sent += 1
        }
        this.#sayLive()
        if (sent === 0) break
      }
    }
  }

  async #sendSnapshot(plan: Plan): Promise<void> {
    const snapshot = await this.#snapshots.of(this.#stream)
    if (this.#ended) return
    const position = positionOf(this.#journal.epoch, snapshot.seq)
    const stream = this.#stream
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
    const position = positionOf(this.#journal.epoch, this.#cursor)
    this.#sink.send(JSON.stringify({ type: 'live', stream: this.#stream, position }), false)
  }
}
