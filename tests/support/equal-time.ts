const ROUNDS = 4_000

/**
 * How likely chance alone makes pairs differ as much as these do: of each pair it is as likely that
 * the first is the slower one as that the second is, if nothing tells them apart. The noise is that
 * of the data itself.
 *
 * @param differences first minus second, of measurements made one after the other
 */
export function chanceOf(differences: readonly number[], seed = 1): number {
  const random = seeded(seed)
  const seen = Math.abs(medianOf(differences))
  let asFar = 0
  for (let round = 0; round < ROUNDS; round++) {
    const flipped = differences.map((difference) => (random() < 0.5 ? difference : -difference))
    if (Math.abs(medianOf(flipped)) >= seen) asFar += 1
  }
  return (asFar + 1) / (ROUNDS + 1)
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export interface Comparison {
  /** In milliseconds. */
  medians: [number, number]
  differences: number[]
  chance: number
}

/** Runs both in turns, the order changing, and times each in milliseconds. */
export async function compare(
  pairs: number,
  first: (index: number) => Promise<unknown>,
  second: (index: number) => Promise<unknown>,
): Promise<Comparison> {
  const times: [number, number][] = []
  for (let index = 0; index < pairs; index++) {
    if (index % 2 === 0) {
      const a = await timed(() => first(index))
      times.push([a, await timed(() => second(index))])
    } else {
      const b = await timed(() => second(index))
      times.push([await timed(() => first(index)), b])
    }
  }
  const differences = times.map(([a, b]) => a - b)
  return {
    medians: [medianOf(times.map(([a]) => a)), medianOf(times.map(([, b]) => b))],
    differences,
    chance: chanceOf(differences),
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
