import type { Clock } from '../platform/clock.ts'
import { isoTime } from '../platform/clock.ts'
import type { Sample } from '../platform/metrics.ts'
import { quantileOf, since, tallyOf, type Tally } from './distribution.ts'
import type { Source } from './levels.ts'

type Found = ReadonlyMap<string, readonly Sample[]>

/** What the charts show of one moment. Rates and times are of the ten seconds before it. */
export interface Point {
  at: string
  sockets: number
  runs_per_minute: number
  failures_per_minute: number
  events_per_second: number
  /** Null when there was none. */
  delivery_p95_ms: number | null
  first_event_p95_ms: number | null
  api_p95_ms: number | null
  requests_per_second: number
  event_loop_ms: number
  memory_bytes: number
}

const API: Source = {
  kind: 'duration',
  metric: 'netra_http_request_ms',
  withinMs: 250,
  routes: ['/api/', '/auth/'],
}
const FIRST: Source = { kind: 'duration', metric: 'netra_first_event_ms', withinMs: 1_000 }
const LAG: Source = { kind: 'duration', metric: 'netra_delivery_lag_ms', withinMs: 1_000 }
const EVENT_LOOP = 'nodejs_eventloop_lag_p99_seconds'
const MEMORY = 'process_resident_memory_bytes'

interface Totals {
  atMs: number
  ended: number
  failed: number
  delivered: number
  api: Tally
  first: Tally
  lag: Tally
}

const sum = (samples: readonly Sample[] = []): number =>
  samples.reduce((total, { value }) => total + value, 0)

const isFailure = ({ labels }: Sample): boolean =>
  labels['outcome'] !== 'completed' && labels['outcome'] !== 'cancelled'

/** A ring of what the last hour was like; it begins when the process does. */
export class History {
  static readonly NAMES: readonly string[] = [
    'netra_sockets',
    'netra_run_ended_total',
    'netra_delivery_events_total',
    API.metric,
    FIRST.metric,
    LAG.metric,
    // Measures what the next one tells.
    'nodejs_eventloop_lag_seconds',
    EVENT_LOOP,
    MEMORY,
  ]
  readonly points: Point[] = []
  readonly #clock: Clock
  readonly #most: number
  #before: Totals | undefined

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  add(found: Found): void {
    const now = this.#totals(found)
    const before = this.#before
    this.#before = now
    if (!before) return
    const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000)
    const api = since(now.api, before.api)
    this.points.push({
      at: isoTime(this.#clock),
      sockets: sum(found.get('netra_sockets')),
      runs_per_minute: ((now.ended - before.ended) / seconds) * 60,
      failures_per_minute: ((now.failed - before.failed) / seconds) * 60,
      events_per_second: (now.delivered - before.delivered) / seconds,
      delivery_p95_ms: quantileOf(since(now.lag, before.lag), 0.95),
      first_event_p95_ms: quantileOf(since(now.first, before.first), 0.95),
      api_p95_ms: quantileOf(api, 0.95),
      requests_per_second: api.all / seconds,
      event_loop_ms: sum(found.get(EVENT_LOOP)) * 1000,
      memory_bytes: sum(found.get(MEMORY)),
    })
    if (this.points.length > this.#most) this.points.shift()
  }

  #totals(found: Found): Totals {
    const tally = (source: Source, counts?: (sample: Sample) => boolean): Tally =>
      tallyOf({ source }, (found.get(source.metric) ?? []).filter(counts ?? (() => true)))
    const ended = found.get('netra_run_ended_total')
    return {
      atMs: this.#clock.monotonic(),
      ended: sum(ended),
      failed: sum(ended?.filter(isFailure)),
      delivered: sum(
        found
          .get('netra_delivery_events_total')
          ?.filter(({ labels }) => labels['state'] === 'sent'),
      ),
      api: tally(API),
      first: tally(FIRST),
      lag: tally(LAG, ({ labels }) => labels['to'] === 'sent'),
    }
  }
}
