/**
 * Whether two kinds of requests take like times: neither is slower in clearly more than half of the
 * pairs of measurements. Load moves both, so they are taken in turns.
 */
export async function alikeInTime(
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
  pairs = 120,
): Promise<{ alike: boolean; share: number }> {
  let share = 0.5
  // Noise of the machine does not come back in each attempt; a difference of the server does.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const [first, second]: [number[], number[]] = [[], []]
    for (let pair = 0; pair < pairs; pair += 1) {
      const order = Math.random() < 0.5
      if (order) first.push(await timed(one))
      second.push(await timed(other))
      if (!order) first.push(await timed(one))
    }
    const above = first.flatMap((a) => second.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)))
    share = above.reduce<number>((sum, value) => sum + value, 0) / above.length
    if (Math.abs(share - 0.5) < 0.17) return { alike: true, share }
  }
  return { alike: false, share }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
