import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'

/** Exports that fail are counted, and said once: when it begins, and when it is over. */
export class Outages {
  readonly #logger: Logger
  readonly #exports: ReturnType<Metrics['counter']>
  readonly #away = new Set<string>()

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger.child({ part: 'telemetry' })
    this.#exports = metrics.counter(
      'netra_telemetry_exports_total',
      'Spans, metrics, log lines and error reports that left for who watches this server, or did not.',
      ['signal', 'outcome'],
    )
  }

  count(signal: string, outcome: 'sent' | 'failed' | 'dropped', by: number): void {
    this.#exports.add({ signal, outcome }, by)
  }

  began(signal: string, why: string): void {
    if (this.#away.has(signal)) return
    this.#away.add(signal)
    this.#logger.warn(
      { signal, why },
      'telemetry cannot be exported; Netra goes on without, and says when it can again',
    )
  }

  over(signal: string): void {
    if (this.#away.delete(signal)) this.#logger.info({ signal }, 'telemetry is exported again')
  }
}
