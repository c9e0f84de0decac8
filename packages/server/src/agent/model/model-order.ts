import { recoveryOf } from '../../platform/recovery/recovery-table.ts'
import { AgentFailure, type Fallback } from '../step.ts'
import type { OpenModel } from './models.ts'

export interface Chosen {
  model: OpenModel
  /** Set when another model was to answer. */
  fallback?: Fallback
}

/**
 * The models that may answer one run: the one that was asked for, then the configured others in
 * their order, each at most once. Who takes the next one has to say so.
 */
export class ModelOrder {
  readonly #open: (id: string | null) => Promise<OpenModel>
  /** The one that was asked for. */
  readonly wanted: string
  readonly #left: string[]
  readonly #onFallback: (fallback: Fallback, failure: AgentFailure) => void
  #current: string
  /** Why the one that was asked for did not answer. */
  #first: AgentFailure | undefined

  constructor(options: {
    open: (id: string | null) => Promise<OpenModel>
    wanted: string
    /** Ids of the models that may stand in. */
    others: readonly string[]
    onFallback: (fallback: Fallback, failure: AgentFailure) => void
  }) {
    this.#open = options.open
    this.wanted = options.wanted
    this.#current = options.wanted
    this.#left = options.others.filter((id) => id !== options.wanted)
    this.#onFallback = options.onFallback
  }

  /** The model that was asked for, or where it cannot be had the first that can. @throws AgentFailure */
  async first(): Promise<Chosen> {
    try {
      return { model: await this.#open(this.wanted) }
    } catch (error) {
      return this.next(error)
    }
  }

  /** The model to go on with after this failure. @throws what ends the run when there is none. */
  async next(error: unknown): Promise<Chosen> {
    let failure = error
    for (;;) {
      if (!(failure instanceof AgentFailure) || !mayFallBack(failure)) throw this.#ending(failure)
      this.#first ??= failure
      const to = this.#left.shift()
      if (to === undefined) throw this.#ending(failure)
      const fallback = { from: this.#current, to, why: failure.message }
      this.#current = to
      try {
        const model = await this.#open(to)
        this.#onFallback(fallback, failure)
        return { model, fallback }
      } catch (unopened) {
        failure = unopened
      }
    }
  }

  /** What was asked for matters most to whoever sets Netra up; what stood in for it is told too. */
  #ending(last: unknown): unknown {
    const first = this.#first
    if (first === undefined || first === last || !(last instanceof AgentFailure)) return last
    const { code, retry, breaker, kind } = first
    const message = `${first.message} ${this.#current}, which stands in for it, failed too: ${last.message}`
    return new AgentFailure(code, message, {
      retry,
      cause: last,
      ...(breaker && { breaker }),
      ...(kind && { kind }),
    })
  }
}

const mayFallBack = ({ kind }: AgentFailure): boolean =>
  kind !== undefined && recoveryOf(kind).fallsBack === true
