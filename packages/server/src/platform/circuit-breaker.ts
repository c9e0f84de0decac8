import {
  CircuitState as State,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  type CircuitBreakerPolicy,
} from 'cockatiel'

import { isoTime, type Clock } from './clock.ts'

type CircuitState = 'CLOSED' | 'OPEN' | 'HALF_OPEN'

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
}): CircuitBreaker {
  const { clock, failures = 5, openMs = 30_000 } = options
  const policy = circuitBreaker(handleAll, {
    halfOpenAfter: openMs,
    breaker: new ConsecutiveBreaker(failures),
  })
  const tally = { failuresInARow: 0, successes: 0, lastFailure: null as string | null }
  let opensAgainAt = 0
  let trialUnderWay = false
  policy.onBreak(() => {
    opensAgainAt = clock.now() + openMs
  })

  function enter(): CircuitCall {
    if (trialUnderWay) throw new CircuitOpen('another call is trying whether it works again')
    const call = admit(policy)
    if (!call) throw new CircuitOpen('it failed several times in a row')
    const isTrial = policy.state === State.HalfOpen
    trialUnderWay = isTrial
    const end = (error: Error | undefined): Promise<void> => {
      if (isTrial) trialUnderWay = false
      return call(error)
    }
    return {
      succeeded() {
        tally.failuresInARow = 0
        tally.successes += 1
        return end(undefined)
      },
      failed(error) {
        tally.failuresInARow += 1
        tally.lastFailure = isoTime(clock)
        return end(error instanceof Error ? error : new Error(String(error)))
      },
      abandoned: () => (isTrial ? end(new Error('abandoned')) : Promise.resolve()),
    }
  }

  function state(): CircuitState {
    if (policy.state === State.Closed) return 'CLOSED'
    if (policy.state === State.HalfOpen) return 'HALF_OPEN'
    return clock.now() < opensAgainAt ? 'OPEN' : 'HALF_OPEN'
  }

  return {
    enter,
    status: () => ({
      state: state(),
      failure_count: tally.failuresInARow,
      success_count: tally.successes,
      last_failure_time: tally.lastFailure,
      next_attempt_time:
        policy.state === State.Closed ? null : new Date(opensAgainAt).toISOString(),
    }),
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
