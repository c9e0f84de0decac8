const sorted = (values: readonly number[]): number[] => values.toSorted((one, other) => one - other)

/** The value that a share of all values does not exceed; 0 when there is none. */
export function quantile(values: readonly number[], share: number): number {
  const ascending = sorted(values)
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Half the distance between the quartiles, as a share of the median: how noisy the rounds were. */
export const spread = (values: readonly number[]): number =>
  (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / (median(values) || 1)
