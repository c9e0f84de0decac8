/** How timed pieces arrived, as far as it tells what is between. */
export interface Arrivals {
  /** From the first piece to the last, ms. */
  spanMs: number
  /** The same as it was sent. */
  dueMs: number
  /** Groups of pieces that came together. */
  bursts: number
  pieces: number
  /** In the middle of all times between one piece and the next. */
  medianGapMs: number
  longestGapMs: number
}

/** Pieces that come within half a beat of each other came together. */
export function arrivalsOf(atMs: readonly number[], beatMs: number): Arrivals {
  const gaps = atMs.slice(1).map((at, index) => at - (atMs[index] ?? at))
  const sorted = gaps.toSorted((a, b) => a - b)
  return {
    spanMs: Math.round((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)),
    dueMs: gaps.length * beatMs,
    bursts: 1 + gaps.filter((gap) => gap > beatMs / 2).length,
    pieces: atMs.length,
    medianGapMs: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    longestGapMs: Math.round(sorted.at(-1) ?? 0),
  }
}

/** Held back until the end: all pieces came in less than half the time in which they were sent. */
export const isHeldBack = ({ spanMs, dueMs }: Arrivals): boolean => spanMs < dueMs / 2

/** Sent on in bunches: fewer than half of the pieces came on their own. */
export const isBunched = ({ bursts, pieces }: Arrivals): boolean => bursts < pieces / 2

export const inWords = (arrivals: Arrivals): string =>
  `${arrivals.pieces} pieces in ${arrivals.bursts} bursts over ${arrivals.spanMs} ms (sent over ${arrivals.dueMs}); between two ${arrivals.medianGapMs} ms in the middle, ${arrivals.longestGapMs} at most`
