/** The known name that takes the fewest changes. */
export function nearest(name: string, known: readonly string[]): string {
  const scored = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
  return scored.toSorted((a, b) => a.distance - b.distance)[0]?.candidate ?? ''
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
