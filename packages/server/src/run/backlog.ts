import type { Logger } from '../platform/logger.ts'
import type { RunMetrics } from './run-metrics.ts'

export interface BacklogLimits {
  /** Bytes of text that one run may have on their way to the store. */
  perRunBytes: number
  /** The same for all runs of this process together. */
  perNodeBytes: number
}

export const BACKLOG_LIMITS: BacklogLimits = {
  perRunBytes: 1024 * 1024,
  perNodeBytes: 64 * 1024 * 1024,
}

/** What the models of this process have said and the store has not taken yet. */
export class Backlog {
  readonly #limits: BacklogLimits
  readonly #metrics: Pick<RunMetrics, 'storeWaits'>
  #bytes = 0

  constructor(metrics: Pick<RunMetrics, 'storeWaits'>, limits: BacklogLimits = BACKLOG_LIMITS) {
    this.#limits = limits
    this.#metrics = metrics
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The share of one run. */
  share(logger: Logger): BacklogShare {
    let own = 0
    return {
      add: (bytes) => {
        own += bytes
        this.#bytes += bytes
      },
      taken: (bytes) => {
        own -= bytes
        this.#bytes -= bytes
      },
      mustWait: () => {
        const isFull = own > this.#limits.perRunBytes || this.#bytes > this.#limits.perNodeBytes
        if (!isFull || own === 0) return false
        this.#metrics.storeWaits.add()
        logger.warn({ run_bytes: own, node_bytes: this.#bytes }, 'a model waits for the store')
        return true
      },
    }
  }
}

export interface BacklogShare {
  add(bytes: number): void
  taken(bytes: number): void
  /** True when the reader of the model must wait until what it said is durable; told each time. */
  mustWait(): boolean
}
