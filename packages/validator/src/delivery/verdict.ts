import { noCounts, type Counts } from '../auditor/auditor.ts'
import type { PlanResult } from './run-plan.ts'

export interface Finding {
  schedule: number
  name: string
  rule: string
  device?: string
  stream?: string
  detail: string
}

export interface Verdict {
  ok: boolean
  seed: number
  /** That were run, and that were planned: the list of a seed follows from both. */
  schedules: number
  planned: number
  counts: Counts
  kills: number
  /** Connections by the code that they were closed with. */
  closes: Record<string, number>
  findings: Finding[]
  /** What could not be tried, and why. */
  untried: string[]
}

export function findingsOf({ plan, audit, notes }: PlanResult): Finding[] {
  const place = { schedule: plan.number, name: plan.name }
  return [
    ...audit.violations.map((violation) => ({ ...place, ...violation })),
    ...notes.problems.map((problem) => ({ ...place, rule: 'protocol', ...problem })),
  ]
}

export function addUp(options: {
  seed: number
  planned: number
  results: readonly PlanResult[]
  kills: number
  untried: string[]
}): Verdict {
  const { seed, planned, results, kills, untried } = options
  const counts = noCounts()
  const closes: Record<string, number> = {}
  for (const { audit, notes } of results) {
    for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += audit.counts[name]
    for (const [code, count] of notes.closes) closes[code] = (closes[code] ?? 0) + count
  }
  const findings = results.flatMap(findingsOf)
  const { lost, duplicated, reordered, unreported } = counts
  return {
    // Where nothing happened, nothing was shown.
    ok:
      counts.committed > 0 &&
      findings.length === 0 &&
      lost + duplicated + reordered + unreported === 0,
    seed,
    schedules: results.length,
    planned,
    counts,
    kills,
    closes,
    findings,
    untried,
  }
}

const MAX_SHOWN = 20

/** The table and, where something was found, what and how to have it again. */
export function render(verdict: Verdict): string {
  const { counts, findings, seed } = verdict
  const rows: [string, string | number][] = [
    ['schedules', verdict.schedules],
    ['events sent', counts.committed],
    ['delivered', counts.delivered],
    ['lost', counts.lost],
    ['duplicated', counts.duplicated],
    ['reordered', counts.reordered],
    ['unreported', counts.unreported],
    ['resumes', counts.resumes],
    ['resets', counts.resets],
    ['snapshots', counts.snapshots],
    ['closed as slow', verdict.closes['4004'] ?? 0],
    ['kills', verdict.kills],
    ['seed', seed],
  ]
  const table = rows.map(([name, value]) => `${name.padEnd(15)} ${String(value).padStart(10)}`)
  const shown = findings.slice(0, MAX_SHOWN).map(lineOf)
  const more = findings.length - shown.length
  const schedule = findings[0]?.schedule
  return [
    '',
    ...table,
    '',
    ...shown,
    ...(more > 0 ? [`… and ${more} more`] : []),
    ...verdict.untried.map((what) => `not tried: ${what}`),
    verdict.ok
      ? 'OK: every event arrived, in order, once, or its loss was reported.'
      : `FAILED. Again: netra verify-delivery --seed ${seed} --schedules ${verdict.planned}${schedule === undefined ? '' : ` --only ${schedule}`}`,
  ].join('\n')
}

function lineOf({ schedule, name, rule, device, stream, detail }: Finding): string {
  const place = [device, stream].filter((part) => part !== undefined).join(' ')
  return `schedule ${schedule} (${name}): ${rule}${place && ` at ${place}`}: ${detail}`
}
