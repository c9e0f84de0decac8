import type { CircuitBreaker } from './circuit-breaker.ts'

/**
 * One call of a service, made only while its circuit lets it through.
 *
 * @param options.isUnwell whether this failure says that the service itself is unwell.
 * @throws CircuitOpen at once, or what the call threw.
 */
export async function behindBreaker<Answer>(
  breaker: CircuitBreaker,
  call: () => Promise<Answer>,
  isUnwell: (error: unknown) => boolean,
): Promise<Answer> {
  const circuit = breaker.enter()
  try {
    const answer = await call()
    await circuit.succeeded()
    return answer
  } catch (error) {
    // It answered, if only to say no.
    await (isUnwell(error) ? circuit.failed(error) : circuit.succeeded())
    throw error
  }
}

/** Milliseconds until an open circuit lets a call through again; at least `leastMs`. */
export function untilNextCall(breaker: CircuitBreaker, now: number, leastMs = 1_000): number {
  const next = breaker.status().next_attempt_time
  return Math.max(leastMs, next === null ? 0 : Date.parse(next) - now)
}
