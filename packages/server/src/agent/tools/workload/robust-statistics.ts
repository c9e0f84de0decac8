/** Between the two middle values of an even number of them; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).toSorted()
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}

/**
 * Modified z-scores: 0.6745 (x - median) / MAD, where MAD is the median absolute deviation. If MAD is
 * 0, the mean absolute deviation stands in: (x - median) / (1.253314 mean); if that is 0, all are 0.
 *
 * B. Iglewicz, D. C. Hoaglin, How to Detect and Handle Outliers, ASQC Quality Press 1993; they call
 * |score| > 3.5 an outlier.
 */
export function modifiedZScores(values: readonly number[]): number[] {
  const centre = median(values)
  const deviations = values.map((value) => Math.abs(value - centre))
  const mad = median(deviations)
  if (mad > 0) return values.map((value) => (0.6745 * (value - centre)) / mad)
  const mean = deviations.reduce((sum, deviation) => sum + deviation, 0) / values.length
  if (!(mean > 0)) return values.map(() => 0)
  return values.map((value) => (value - centre) / (1.253314 * mean))
}

interface MannKendall {
  s: number
  z: number
  /** Two-sided. */
  pValue: number
}

const spread = (count: number): number => count * (count - 1) * (2 * count + 5)

/**
 * The Mann–Kendall test against a monotonic trend, with the variance corrected for ties.
 *
 * H. B. Mann, Nonparametric Tests Against Trend, Econometrica 13 (1945); M. G. Kendall, Rank
 * Correlation Methods, Griffin 1975.
 */
export function mannKendall(values: readonly number[]): MannKendall {
  const n = values.length
  let s = 0
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 1; j < n; j += 1) s += Math.sign((values[j] ?? 0) - (values[i] ?? 0))
  }
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const ties = [...counts.values()].reduce((sum, count) => sum + spread(count), 0)
  const variance = (spread(n) - ties) / 18
  const z = s === 0 || variance <= 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(variance)
  return { s, z, pValue: Math.min(1, complementaryError(Math.abs(z) / Math.SQRT2)) }
}

/**
 * The median of the slopes between all pairs of values one step apart, and the line's begin.
 *
 * H. Theil, A rank-invariant method of linear and polynomial regression analysis, 1950; P. K. Sen,
 * Estimates of the Regression Coefficient Based on Kendall's Tau, JASA 63 (1968).
 */
export function theilSen(values: readonly number[]): { slope: number; intercept: number } {
  const n = values.length
  const slopes = new Float64Array((n * (n - 1)) / 2)
  let next = 0
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 1; j < n; j += 1) {
      slopes[next] = ((values[j] ?? 0) - (values[i] ?? 0)) / (j - i)
      next += 1
    }
  }
  slopes.sort()
  const middle = slopes.length >> 1
  const upper = slopes[middle] ?? 0
  const slope = slopes.length % 2 === 1 ? upper : (upper + (slopes[middle - 1] ?? 0)) / 2
  return { slope, intercept: median(values.map((value, index) => value - slope * index)) }
}

/** What each phase of a season adds: the median of its values less the median of these medians. */
export function seasonalMedians(values: readonly number[], season: number): number[] {
  const phases = Array.from({ length: season }, (_, phase) =>
    median(values.filter((_value, index) => index % season === phase)),
  )
  const level = median(phases)
  return phases.map((phase) => phase - level)
}

/** erfc for x ≥ 0, to 1.2e-7 of its value (W. H. Press et al., Numerical Recipes, § 6.2). */
function complementaryError(x: number): number {
  const t = 1 / (1 + x / 2)
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ]
  const series = terms.reduceRight((sum, term) => sum * t + term, 0)
  return t * Math.exp(-x * x + series)
}
