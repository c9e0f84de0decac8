import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { Count, Metrics } from '../metrics.ts'
import { currentTrace, newTraceId } from '../tracing.ts'

/** So many within the window are no accident any more. */
const REPEATED = 3
const WINDOW_MS = 10 * 60_000
/** Beyond so many in the window only some are written down: a loop must not fill the disk. */
const MOST_LOGGED = 100
const THEN_EVERY = 1_000

/**
 * What catches the errors that nobody caught (S41). What one request or socket did wrong must not end
 * everybody else's, so the process serves on; it is counted, and told as degraded when it goes on.
 */
export class LastResort {
  readonly #clock: Clock
  readonly #logger: Logger
  #counted: Count | undefined
  #recent: number[] = []
  #total = 0

  constructor({ clock, logger }: { clock: Clock; logger: Logger }) {
    this.#clock = clock
    this.#logger = logger
  }

  /** From here on, until it is disposed of. A rejection that nobody handled comes the same way. */
  install(): Disposable {
    const caught = (error: unknown, origin: string): void => this.caught(error, origin)
    process.on('uncaughtException', caught)
    return { [Symbol.dispose]: () => process.off('uncaughtException', caught) }
  }

  measure(metrics: Metrics): void {
    this.#counted = metrics.counter(
      'netra_uncaught_errors_total',
      'Errors that nobody caught; the process served on.',
      ['origin'],
    )
  }

  /** Never throws: there is nobody left who would catch it. */
  caught(error: unknown, origin: string): void {
    try {
      this.#total += 1
      const now = this.#clock.monotonic()
      this.#recent = [...this.#recent, now].slice(-MOST_LOGGED - 1)
      const isFlood = this.#within(now) > MOST_LOGGED
      this.#counted?.add({
        origin: origin === 'unhandledRejection' ? 'rejection' : 'exception',
      })
      if (isFlood && this.#total % THEN_EVERY !== 0) return
      // Outside of every trace it gets one of its own, by which it can be spoken of.
      const trace = currentTrace() ? {} : { trace_id: newTraceId() }
      const line = { err: error, origin, uncaught: this.#total, ...trace }
      this.#logger.fatal(line, 'an error that nobody caught; serving on')
    } catch {
      // The log itself is what fails.
    }
  }

  /** Since the start. */
  get total(): number {
    return this.#total
  }

  /** In words, once it is no accident any more; undefined otherwise. */
  problem(): string | undefined {
    const count = this.#within(this.#clock.monotonic())
    if (count < REPEATED) return undefined
    const shown = count > MOST_LOGGED ? `more than ${MOST_LOGGED}` : String(count)
    return `${shown} errors in the last ten minutes were caught by nobody; the log has each as "an error that nobody caught". Restart this node when it is convenient, and report them`
  }

  #within(now: number): number {
    return this.#recent.filter((at) => now - at < WINDOW_MS).length
  }
}
