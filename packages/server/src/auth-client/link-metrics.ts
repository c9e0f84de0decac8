import type { Count, Metrics } from '../platform/metrics.ts'

interface Readings {
  breaker: () => 'CLOSED' | 'HALF_OPEN' | 'OPEN'
  silentMs: () => number
  remembered: () => number
}

const LEVELS = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 }

/** True numbers about how this node and its auth service get on. */
export class LinkMetrics {
  readonly #metrics: Metrics
  readonly #asked: Count
  readonly #opened: Count
  readonly #changes: Count
  readonly #answers: Count
  readonly counts = { asked: 0, failed: 0, opened: 0, resets: 0, hits: 0, misses: 0 }

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    this.#asked = metrics.counter(
      'netra_auth_client_calls_total',
      'Calls of the auth service by their end.',
      ['end'],
    )
    this.#opened = metrics.counter(
      'netra_auth_client_breaker_opened_total',
      'How often the circuit to the auth service opened.',
    )
    this.#changes = metrics.counter(
      'netra_auth_feed_changes_total',
      'What the feed of the auth service said.',
      ['kind'],
    )
    this.#answers = metrics.counter(
      'netra_auth_client_answers_total',
      'Whether sessions lived: from memory or asked for.',
      ['from'],
    )
  }

  read({ breaker, silentMs, remembered }: Readings): void {
    this.#metrics.gauge(
      'netra_auth_client_breaker_state',
      'The circuit to the auth service: 0 closed, 1 trying, 2 open.',
      { read: () => LEVELS[breaker()] },
    )
    this.#metrics.gauge(
      'netra_auth_feed_doubt_ms',
      'For how long something may have been revoked unheard.',
      { read: silentMs },
    )
    this.#metrics.gauge('netra_auth_client_sessions', 'Sessions remembered.', { read: remembered })
  }

  asked(end: 'answered' | 'refused' | 'failed' | 'circuit_open'): void {
    this.#asked.add({ end })
    this.counts.asked += 1
    if (end !== 'answered') this.counts.failed += 1
  }

  opened(): void {
    this.#opened.add()
    this.counts.opened += 1
  }

  changed(kind: string): void {
    this.#changes.add({ kind })
    if (kind === 'reset') this.counts.resets += 1
  }

  fromMemory(isHit: boolean): void {
    this.#answers.add({ from: isHit ? 'memory' : 'service' })
    if (isHit) this.counts.hits += 1
    else this.counts.misses += 1
  }
}
