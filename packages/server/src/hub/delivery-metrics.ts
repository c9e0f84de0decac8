import type { Count, Metrics, Spread } from '../platform/metrics.ts'
import type { DeliveryState } from './delivery-states.ts'

type Counted = DeliveryState | 'replayed'

const LAG_BUCKETS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000]
const FOLD_BUCKETS = [0, 10, 50, 100, 250, 500, 1_000, 2_500, 10_000, 100_000]

/** What is counted about delivery, under `netra_delivery_` and `netra_snapshot_`. */
export class DeliveryMetrics {
  readonly resumes: Count
  readonly gaps: Count
  readonly resets: Count
  readonly snapshots: Count
  readonly unreadable: Count
  readonly failures: Count
  /** What became of a snapshot that was to be stored. */
  readonly stored: Count
  /** Events that a fold had to read. */
  readonly folded: Spread
  readonly #events: Count
  readonly #replayed: Count
  readonly #lag: Spread
  readonly #firstEvent: Spread
  readonly #counted = new Map<Counted, number>()

  constructor(metrics: Metrics) {
    this.#events = metrics.counter(
      'netra_delivery_events_total',
      'Events committed, sent to a device, acknowledged by one, committed while nobody listened (waiting), and passed over by a snapshot (superseded)',
      ['state'],
    )
    this.#replayed = metrics.counter(
      'netra_delivery_replayed_events_total',
      'Events that were sent from the journal instead of as they were committed',
    )
    this.resumes = metrics.counter(
      'netra_delivery_resumes_total',
      'Streams that somebody began to read, by what the journal answered',
      ['answer'],
    )
    this.gaps = metrics.counter('netra_delivery_gaps_total', 'Holes found between two events read')
    this.resets = metrics.counter(
      'netra_delivery_resets_total',
      'Readers that were told that something may be lost',
      ['why'],
    )
    this.snapshots = metrics.counter(
      'netra_delivery_snapshots_total',
      'Snapshots sent instead of events',
      ['why'],
    )
    this.unreadable = metrics.counter(
      'netra_delivery_unreadable_events_total',
      'Events of the journal that could not be read or folded',
    )
    this.failures = metrics.counter(
      'netra_delivery_failures_total',
      'Deliveries that ended because a stream could not be read',
    )
    this.stored = metrics.counter(
      'netra_snapshot_stored_total',
      'Snapshots kept for the next fold: kept, refused (the stream was erased), failed, corrupt',
      ['result'],
    )
    this.folded = metrics.histogram(
      'netra_snapshot_folded_events',
      'Events that the fold of a snapshot read',
      FOLD_BUCKETS,
    )
    this.#lag = metrics.histogram(
      'netra_delivery_lag_ms',
      'From commit until all who listened were sent it, and until a device acknowledged it',
      LAG_BUCKETS,
      ['to'],
    )
    this.#firstEvent = metrics.histogram(
      'netra_first_event_ms',
      "From the commit of a message until its agent's first event was sent to a reader; without runs that waited for another one of their thread",
      LAG_BUCKETS,
    )
  }

  count(state: Counted, events: number): void {
    // A fan-out counts thousands of times a turn: one sum is told.
    if (this.#counted.size === 0) setImmediate(() => this.#tell())
    this.#counted.set(state, (this.#counted.get(state) ?? 0) + events)
  }

  firstEvent(ms: number): void {
    this.#firstEvent.observe(ms)
  }

  lag(to: 'sent' | 'acknowledged', ms: number): void {
    this.#lag.observe(ms, { to })
  }

  #tell(): void {
    for (const [state, events] of this.#counted) {
      if (state === 'replayed') this.#replayed.add({}, events)
      else this.#events.add({ state }, events)
    }
    this.#counted.clear()
  }
}
