import type { Clock } from '../platform/clock.ts'

interface Leaving {
  goAway(jitterMs: number): void
}

/** So many are sent away in a second: a node that takes them up welcomes ten times as many. */
const MS_FOR_EACH = 10
const TICK_MS = 20
/** Of the window; the rest is for answers that are under way. */
const SHARE = 0.8
/** Whoever is sent away comes back within so long, a millisecond for each: not all at once. */
const JITTER_MS = { least: 2_000, most: 10_000 }

/** How long so many sockets are told of the end one after the other. */
export const spreadMs = (count: number, withinMs: number): number =>
  Math.min(withinMs * SHARE, count * MS_FOR_EACH)

/** Those that were sent away over a while come back over that while already. */
export const jitterMs = (count: number, spread: number): number =>
  Math.max(500, Math.min(JITTER_MS.most, Math.max(JITTER_MS.least, count)) - spread)

/**
 * Sends everybody away, spread over a part of the window and in no order that anybody could rely on:
 * thousands that came back in one moment would be the next node's end (F93). Resolves when nobody is
 * left.
 */
export async function sendAway(options: {
  open: () => Iterable<Leaving>
  withinMs: number
  clock: Clock
  /** 0 ≤ x < 1 */
  random?: () => number
}): Promise<{ sent: number; spreadMs: number }> {
  const { open, withinMs, clock, random = Math.random } = options
  const leaving = shuffled([...open()], random)
  const spread = spreadMs(leaving.length, withinMs)
  const jitter = jitterMs(leaving.length, spread)
  const begun = clock.monotonic()
  let sent = 0
  while (sent < leaving.length) {
    const share = spread === 0 ? 1 : (clock.monotonic() - begun) / spread
    const due = Math.ceil(Math.min(1, share) * leaving.length)
    for (; sent < due; sent += 1) leaving[sent]?.goAway(jitter)
    if (sent < leaving.length) await new Promise<void>((go) => clock.after(TICK_MS, go))
  }
  // Streams that were asked for meanwhile.
  for (const late of open()) late.goAway(jitter)
  return { sent, spreadMs: Math.round(clock.monotonic() - begun) }
}

function shuffled<T>(all: T[], random: () => number): T[] {
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const [a, b] = [all[last], all[other]]
    if (a !== undefined && b !== undefined) [all[last], all[other]] = [b, a]
  }
  return all
}
