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
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** ISO 8601 in UTC, as every time on the wire. */
export const isoTime = (clock: Clock): string => new Date(clock.now()).toISOString()
