import type { NewEvent, StreamName } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { Turns } from '../platform/turns.ts'
import type { DeliveryMetrics } from './delivery-metrics.ts'
import { LazyFrames } from './frames.ts'
import type { Subscriber } from './subscriber.ts'

export interface AudienceParts {
  clock: Clock
  metrics: DeliveryMetrics
  turns: Turns
}

/** What lies between the newest commit and the slowest listener; beyond it all read the journal. */
const MOST_EVENTS_BEHIND = 4_096
const TIMES_REMEMBERED = 512

/**
 * All who listen to one stream. A commit is handed to them in slices, so that thousands of listeners
 * hold up nobody else; its frames are built once.
 *
 * When commits come faster than they are handed on, what is not handed on is forgotten here and read
 * from the journal instead: the cursors know where everybody is (F27).
 */
export class Audience {
  readonly subscribers = new Set<Subscriber>()
  readonly #parts: AudienceParts
  readonly #stream: StreamName
  readonly #unfollow: () => void
  #commits: { frames: LazyFrames; at: number }[] = []
  /** Of the newest commits: their last event and when they were. */
  readonly #times: { through: number; at: number }[] = []
  #behind = 0
  #isRunning = false
  #hasForgotten = false

  constructor(
    parts: AudienceParts,
    stream: StreamName,
    follow: (listener: (head: number) => void) => () => void,
  ) {
    this.#parts = parts
    this.#stream = stream
    this.#unfollow = follow(() => this.#readOn())
  }

  committed(first: number, events: readonly NewEvent[]): void {
    const frames = new LazyFrames(this.#stream, first, events)
    const at = this.#parts.clock.monotonic()
    this.#times.push({ through: frames.last, at })
    // In halves, so that a busy stream does not move the whole list with each commit.
    if (this.#times.length > TIMES_REMEMBERED) this.#times.splice(0, TIMES_REMEMBERED / 2)
    this.#behind += events.length
    if (this.#behind > MOST_EVENTS_BEHIND) this.#forget()
    else this.#commits.push({ frames, at })
    if (!this.#isRunning) void this.#run()
  }

  /** Another process appended something. */
  #readOn(): void {
    this.#hasForgotten = true
    if (!this.#isRunning) void this.#run()
  }

  /** When the newest commit up to this event was, if that is still known. */
  timeOf(seq: number): number | undefined {
    return this.#times.findLast(({ through }) => through <= seq)?.at
  }

  close(): void {
    this.#unfollow()
    this.#commits = []
  }

  #forget(): void {
    this.#commits = []
    this.#behind = 0
    this.#hasForgotten = true
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (;;) {
      const commit = this.#commits.shift()
      if (commit) {
        const { frames, at } = commit
        this.#behind -= frames.last - frames.first + 1
        await this.#each((subscriber) => subscriber.committed(frames))
        this.#parts.metrics.lag('sent', this.#parts.clock.monotonic() - at)
      } else if (this.#hasForgotten) {
        this.#hasForgotten = false
        await this.#each((subscriber) => subscriber.pump())
      } else break
    }
    this.#isRunning = false
  }

  /** Without a wait in between as long as there is time. */
  async #each(step: (subscriber: Subscriber) => void): Promise<void> {
    for (const subscriber of this.subscribers) {
      const turn = this.#parts.turns.take()
      if (turn) await turn
      step(subscriber)
    }
  }
}
