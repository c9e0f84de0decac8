import type { Clock } from '../platform/clock.ts'
import type { RunId } from '../platform/ids.ts'

/** All in milliseconds. */
export interface LeaseTimes {
  /** How long a lease holds on the store's clock. */
  leaseMs: number
  renewEveryMs: number
  /** So much before its lease can end, an owner that could not renew it stops by itself. */
  fenceEarlyMs: number
  /** How often an owner looks whether its run was stopped or taken elsewhere. */
  lookEveryMs: number
  /** How often a node looks for runs that nobody owns. */
  sweepEveryMs: number
}

export const LEASE_TIMES: LeaseTimes = {
  leaseMs: 15_000,
  renewEveryMs: 5_000,
  fenceEarlyMs: 3_000,
  lookEveryMs: 500,
  sweepEveryMs: 1_500,
}

/**
 * What an owner knows of its lease. `lapsed`: no renewal came through in time, so another may own the
 * run by now; `overtaken`: another does; `given_up`: by this owner, in order.
 */
export type LeaseState = 'held' | 'lapsed' | 'overtaken' | 'given_up'
export type LeaseEvent = 'renewed' | 'silent' | 'taken' | 'released'

/** Nothing leads back to `held`: who goes on with the run claims it anew, with a higher fence. */
export const LEASE: Record<LeaseState, Record<LeaseEvent, LeaseState>> = {
  held: { renewed: 'held', silent: 'lapsed', taken: 'overtaken', released: 'given_up' },
  lapsed: { renewed: 'lapsed', silent: 'lapsed', taken: 'overtaken', released: 'given_up' },
  overtaken: {
    renewed: 'overtaken',
    silent: 'overtaken',
    taken: 'overtaken',
    released: 'overtaken',
  },
  given_up: { renewed: 'given_up', silent: 'given_up', taken: 'given_up', released: 'given_up' },
}

/** Why an attempt must stop and write nothing more. */
export class LeaseGone extends Error {
  override readonly name = 'LeaseGone'
  readonly why: 'lapsed' | 'overtaken' | 'given_up'
  constructor(why: LeaseGone['why']) {
    super(`the lease is ${why}`)
    this.why = why
  }
}

/**
 * One run's lease as its owner sees it, by a clock that never steps. The fence in the store decides
 * in the end; this one makes an owner that lost touch stop before it is refused.
 */
export class Lease {
  readonly runId: RunId
  readonly fence: number
  /** Rejects, once, when the lease is gone and was not given up. */
  readonly gone: Promise<never>
  readonly #clock: Clock
  readonly #holdsMs: number
  readonly #reject: (reason: LeaseGone) => void
  #state: LeaseState = 'held'
  #until: number

  constructor(
    run: { id: RunId; fence: number },
    { clock, times, asked }: { clock: Clock; times: LeaseTimes; asked: number },
  ) {
    this.runId = run.id
    this.fence = run.fence
    this.#clock = clock
    this.#holdsMs = times.leaseMs - times.fenceEarlyMs
    this.#until = asked + this.#holdsMs
    const { promise, reject } = Promise.withResolvers<never>()
    this.gone = promise
    this.#reject = reject
    // Nobody need listen.
    promise.catch(() => undefined)
  }

  get state(): LeaseState {
    if (this.#clock.monotonic() >= this.#until) this.note('silent')
    return this.#state
  }

  /** @throws LeaseGone when another may own the run. */
  assertHeld(): void {
    const { state } = this
    if (state !== 'held') throw new LeaseGone(state)
  }

  /** The store took a renewal that was sent at `asked` on the owner's monotonic clock. */
  renewed(asked: number): void {
    if (this.state === 'held') this.#until = Math.max(this.#until, asked + this.#holdsMs)
  }

  note(event: LeaseEvent): void {
    const before = this.#state
    this.#state = LEASE[before][event]
    if (before === 'held' && (this.#state === 'lapsed' || this.#state === 'overtaken')) {
      this.#reject(new LeaseGone(this.#state))
    }
  }
}
