import type { Results } from './runner.ts'

/** What is not as it should be; empty when what fails is exactly what is listed. */
export function faultsOf(
  runs: readonly Results[],
  listed: Readonly<Record<string, string>>,
): { fails: string[]; listedAndPasses: string[] } {
  const used = new Set<string>()
  const fails: string[] = []
  for (const results of runs) {
    for (const [scenario, checks] of results) {
      for (const check of checks) {
        const name = scenario in listed ? scenario : `${scenario}: ${check}`
        if (name in listed) used.add(name)
        else fails.push(name)
      }
    }
  }
  return { fails, listedAndPasses: Object.keys(listed).filter((name) => !used.has(name)) }
}
