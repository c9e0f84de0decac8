import type { Count, Metrics } from '../platform/metrics.ts'

/** True numbers about sockets, as `/ws/health` and `/metrics` show them. */
export class SocketMetrics {
  readonly #frames: Count
  readonly #badFrames: Count
  readonly #handshakes: Count
  readonly #closes: Count
  messagesReceived = 0
  badFrames = 0
  handshakesAccepted = 0
  handshakesRefused = 0
  rateLimited = 0
  /** Milliseconds from upgrade to welcome, of the last 1,000. */
  readonly welcomeMs: number[] = []
  readonly closes = new Map<number, number>()

  constructor(metrics: Metrics) {
    this.#frames = metrics.counter('netra_frames_received_total', 'Frames that clients sent.')
    this.#badFrames = metrics.counter(
      'netra_bad_frames_total',
      'Frames that could not be used; each was answered.',
    )
    this.#handshakes = metrics.counter('netra_handshakes_total', 'Hellos by their end.', ['end'])
    this.#closes = metrics.counter(
      'netra_closes_total',
      'Sockets and event requests that this server ended, by close code.',
      ['code'],
    )
  }

  received(): void {
    this.#frames.add()
    this.messagesReceived += 1
  }

  badFrame(): void {
    this.#badFrames.add()
    this.badFrames += 1
  }

  handshake(accepted: boolean): void {
    this.#handshakes.add({ end: accepted ? 'welcome' : 'refused' })
    if (accepted) this.handshakesAccepted += 1
    else this.handshakesRefused += 1
  }

  welcomed(ms: number): void {
    this.welcomeMs.push(ms)
    if (this.welcomeMs.length > 1_000) this.welcomeMs.shift()
  }

  closed(code: number): void {
    this.#closes.add({ code: String(code) })
    this.closes.set(code, (this.closes.get(code) ?? 0) + 1)
  }

  /** Share of handshakes that ended in a welcome; 1 when there was none yet. */
  get successRate(): number {
    const all = this.handshakesAccepted + this.handshakesRefused
    return all === 0 ? 1 : this.handshakesAccepted / all
  }

  get errorRate(): number {
    return this.messagesReceived === 0 ? 0 : this.badFrames / this.messagesReceived
  }
}
