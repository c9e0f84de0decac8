import type { Count, Metrics, Spread } from '../platform/metrics.ts'
import { limitCounter, type LimitNotes, type Met } from './limit-notes.ts'

/**
 * How an attempt to open a socket ended. `refused`: its proof was none. `limited`: too many sockets
 * of this user. `failed`: we could not tell, or could not go on; its proof counts as valid.
 */
export type HandshakeEnd = 'welcome' | 'refused' | 'limited' | 'failed'

const WELCOME_BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]

/** True numbers about sockets, as `/ws/health` and `/metrics` show them. */
export class SocketMetrics {
  readonly #frames: Count
  readonly #badFrames: Count
  readonly #handshakes: Count
  readonly #closes: Count
  readonly #limited: Count
  readonly #welcome: Spread
  readonly #notes: LimitNotes | undefined
  messagesReceived = 0
  badFrames = 0
  readonly handshakes: Record<HandshakeEnd, number> = {
    welcome: 0,
    refused: 0,
    limited: 0,
    failed: 0,
  }
  rateLimited = 0
  readonly closes = new Map<number, number>()

  constructor(metrics: Metrics, notes?: LimitNotes) {
    this.#notes = notes
    this.#frames = metrics.counter('netra_frames_received_total', 'Frames that clients sent.')
    this.#badFrames = metrics.counter(
      'netra_bad_frames_total',
      'Frames that could not be used; each was answered.',
    )
    this.#handshakes = metrics.counter(
      'netra_handshakes_total',
      'Attempts to open a socket by their end; failed is an attempt that this server let down.',
      ['end'],
    )
    metrics.gauge(
      'netra_handshake_success_ratio',
      'Attempts with a valid proof that ended in a welcome, of all such attempts.',
      { read: () => this.successRate },
    )
    this.#welcome = metrics.histogram(
      'netra_welcome_ms',
      'From the upgrade of a socket to its welcome.',
      WELCOME_BUCKETS_MS,
    )
    this.#limited = limitCounter(metrics)
    this.#closes = metrics.counter(
      'netra_closes_total',
      'Sockets and event requests that this server ended, by close code.',
      ['code'],
    )
  }

  /** What was counted before anybody but this process itself was served is nobody's. */
  begin(): void {
    this.messagesReceived = 0
    this.badFrames = 0
    this.rateLimited = 0
    Object.assign(this.handshakes, { welcome: 0, refused: 0, limited: 0, failed: 0 })
    this.closes.clear()
  }

  /** Something was refused because there was too much of it. */
  limited(limit: string, who?: Met): void {
    if (who) this.#notes?.note(limit, who)
    this.#limited.add({ limit })
    this.rateLimited += 1
  }

  received(): void {
    this.#frames.add()
    this.messagesReceived += 1
  }

  badFrame(): void {
    this.#badFrames.add()
    this.badFrames += 1
  }

  handshake(end: HandshakeEnd, limit = 'sockets_of_user'): void {
    if (end === 'limited') this.limited(limit)
    this.#handshakes.add({ end })
    this.handshakes[end] += 1
  }

  welcomed(ms: number): void {
    this.#welcome.observe(ms)
  }

  closed(code: number): void {
    this.#closes.add({ code: String(code) })
    this.closes.set(code, (this.closes.get(code) ?? 0) + 1)
  }

  /** Of the attempts with a valid proof; 1 when there was none yet. */
  get successRate(): number {
    const { welcome, limited, failed } = this.handshakes
    const valid = welcome + limited + failed
    return valid === 0 ? 1 : welcome / valid
  }

  get errorRate(): number {
    return this.messagesReceived === 0 ? 0 : this.badFrames / this.messagesReceived
  }
}
