const sorted = (values: readonly number[]): number[] => values.toSorted((one, other) => one - other)

/** For each share the value that it of all values does not exceed; 0 when there is none. */
export function quantiles(values: readonly number[], shares: readonly number[]): number[] {
  const ascending = sorted(values)
  return shares.map(
    (share) => ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0,
  )
}

export const quantile = (values: readonly number[], share: number): number =>
  quantiles(values, [share])[0] ?? 0

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Half the distance between the quartiles, as a share of the median: how noisy the rounds were. */
export const spread = (values: readonly number[]): number =>
  (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / (median(values) || 1)
