import {
  CircuitState as State,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  type CircuitBreakerPolicy,
} from 'cockatiel'

import { isoTime, type Clock } from './clock.ts'

export type CircuitState = 'CLOSED' | 'OPEN' | 'HALF_OPEN'

export interface CircuitStatus {
  state: CircuitState
  /** Failures in a row. */
  failure_count: number
  /** Successes since the process started. */
  success_count: number
  last_failure_time: string | null
  /** When an open circuit lets one call through to try; null while it is closed. */
  next_attempt_time: string | null
}

/** One call that the circuit let through; exactly one of the three ends it. */
export interface CircuitCall {
  succeeded(): Promise<void>
  failed(error: unknown): Promise<void>
  /** Neither: the caller stopped waiting, or the fault was its own. A trial that ends so proves nothing. */
  abandoned(): Promise<void>
}

export interface CircuitBreaker {
  /** @throws CircuitOpen at once while the circuit is open or its one trial call is under way. */
  enter(): CircuitCall
  status(): CircuitStatus
  /** What the last counted failure said; for administrators alone. */
  readonly lastError: string | null
  /** Closed again, whatever was; calls under way no longer count. */
  reset(): void
}

export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen'
}

/**
 * Opens after `failures` failures in a row, then lets one call through every `openMs` until one
 * succeeds. Work that streams has no single promise to wrap, so a call enters and reports its end.
 */
export function createCircuitBreaker(options: {
  clock: Clock
  failures?: number
  openMs?: number
  onOpened?: () => void
}): CircuitBreaker {
  const { clock, failures = 5, openMs = 30_000 } = options
  const fresh = () => ({
    policy: circuitBreaker(handleAll, {
      // When that is, is decided by our own clock, at the entrance.
      halfOpenAfter: 0,
      breaker: new ConsecutiveBreaker(failures),
    }),
    failuresInARow: 0,
    successes: 0,
    lastFailure: null as string | null,
    lastError: null as string | null,
    /** On the clock that never steps; the other is for people. */
    shutUntil: 0,
    opensAgainAt: 0,
    trialUnderWay: false,
  })
  let life = begin()

  /** A reset begins another; what a call of an earlier one reports is of no effect on it. */
  function begin() {
    const begun = fresh()
    begun.policy.onBreak(() => {
      begun.shutUntil = clock.monotonic() + openMs
      begun.opensAgainAt = clock.now() + openMs
      options.onOpened?.()
    })
    return begun
  }

  function enter(): CircuitCall {
    const own = life
    if (own.trialUnderWay) throw new CircuitOpen('another call is trying whether it works again')
    const isShut = own.policy.state === State.Open && clock.monotonic() < own.shutUntil
    const call = isShut ? undefined : admit(own.policy)
    if (!call) throw new CircuitOpen('it failed several times in a row')
    const isTrial = own.policy.state === State.HalfOpen
    own.trialUnderWay = isTrial
    const end = (error: Error | undefined): Promise<void> => {
      if (isTrial) own.trialUnderWay = false
      return call(error)
    }
    return {
      succeeded() {
        own.failuresInARow = 0
        own.successes += 1
        return end(undefined)
      },
      failed(error) {
        own.failuresInARow += 1
        own.lastFailure = isoTime(clock)
        own.lastError = error instanceof Error ? error.message : String(error)
        return end(error instanceof Error ? error : new Error(String(error)))
      },
      abandoned: () => (isTrial ? end(new Error('abandoned')) : Promise.resolve()),
    }
  }

  function state(): CircuitState {
    const { policy, shutUntil } = life
    if (policy.state === State.Closed) return 'CLOSED'
    if (policy.state === State.HalfOpen) return 'HALF_OPEN'
    return clock.monotonic() < shutUntil ? 'OPEN' : 'HALF_OPEN'
  }

  return {
    enter,
    status: () => ({
      state: state(),
      failure_count: life.failuresInARow,
      success_count: life.successes,
      last_failure_time: life.lastFailure,
      next_attempt_time:
        life.policy.state === State.Closed ? null : new Date(life.opensAgainAt).toISOString(),
    }),
    get lastError() {
      return life.lastError
    },
    reset() {
      life = begin()
    },
  }
}

/** The policy calls its function before `execute` returns, or not at all: that is the admission. */
function admit(policy: CircuitBreakerPolicy): ((error?: Error) => Promise<void>) | undefined {
  const work = Promise.withResolvers<void>()
  let admitted = false
  const settled = policy
    .execute(() => {
      admitted = true
      return work.promise
    })
    .then(
      () => undefined,
      () => undefined,
    )
  if (!admitted) return undefined
  return (error) => {
    if (error) work.reject(error)
    else work.resolve()
    return settled
  }
}
