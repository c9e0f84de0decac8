/** Time as a parameter: everything that waits or stamps takes a Clock, so that tests own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds that never step back; only differences mean anything. */
  monotonic(): number
  /** Runs `callback` once after `ms`; the answer cancels it. Never keeps the process alive. */
  after(ms: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      const isLast = leftMs <= LONGEST_TIMER_MS
      timer = setTimeout(
        () => (isLast ? callback() : wait(leftMs - LONGEST_TIMER_MS)),
        Math.min(leftMs, LONGEST_TIMER_MS),
      )
      timer.unref()
    }
    wait(ms)
    return () => clearTimeout(timer)
  },
}

/** A longer one would fire at once: an API key ends in months, and so does what it opened. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** ISO 8601 in UTC, as every time on the wire. */
export const isoTime = (clock: Clock): string => new Date(clock.now()).toISOString()
