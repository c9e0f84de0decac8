import { notPassed } from './report/json.ts'
import type { Report } from './report/report.ts'
import type { Verdict } from './verdict.ts'

export const EVERY_MS = 60_000

export interface WatchClock {
  /** Ms since the epoch. */
  now(): number
  /** Resolves at that time, or when the signal is aborted. */
  until(at: number, signal: AbortSignal): Promise<void>
}

export interface Change {
  at: number
  number: number
  verdict: Verdict
  /** Ids of what did not pass. */
  open: readonly string[]
  /** Undefined for the first round. */
  before: { verdict: Verdict; open: readonly string[]; sinceMs: number } | undefined
}

export interface Outage {
  from: number
  /** Null: not over when the watch ended. */
  until: number | null
  open: readonly string[]
}

export interface WatchSummary {
  rounds: number
  /** Of the rounds, those that were ready (also with warnings). */
  ready: number
  begun: number
  ended: number
  outages: readonly Outage[]
  /** Of a round, ms. */
  durations: { median: number; p95: number; longest: number }
}

/** The golden path once a minute; tells what changes and sums up. */
export async function watch(options: {
  forMs: number
  everyMs?: number
  clock: WatchClock
  signal: AbortSignal
  /** @throws when it cannot be tried at all, which is not ready. */
  round: () => Promise<Pick<Report, 'verdict' | 'results' | 'durationMs'>>
  changed: (change: Change) => void
}): Promise<WatchSummary> {
  const { forMs, everyMs = EVERY_MS, clock, signal, round, changed } = options
  const begun = clock.now()
  const durations: number[] = []
  const outages: Outage[] = []
  let known: { verdict: Verdict; open: readonly string[]; at: number } | undefined
  let rounds = 0
  let ready = 0
  let due = begun
  while (!signal.aborted && due < begun + forMs) {
    await clock.until(due, signal)
    if (signal.aborted) break
    const at = clock.now()
    const { verdict, open, durationMs } = await outcomeOf(round)
    if (signal.aborted && verdict === 'could_not_run') break
    rounds += 1
    durations.push(durationMs)
    const isReady = verdict === 'ready' || verdict === 'ready_with_warnings'
    if (isReady) ready += 1
    note(outages, { at, isReady, open })
    if (!known || known.verdict !== verdict || known.open.join() !== open.join()) {
      const before = known && { verdict: known.verdict, open: known.open, sinceMs: at - known.at }
      changed({ at, number: rounds, verdict, open, before })
      known = { verdict, open, at }
    }
    // A round that took longer than its minute costs the next one, and no more.
    while (due <= clock.now()) due += everyMs
  }
  const sorted = durations.toSorted((a, b) => a - b)
  const share = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0
  return {
    rounds,
    ready,
    begun,
    ended: clock.now(),
    outages,
    durations: { median: share(0.5), p95: share(0.95), longest: share(1) },
  }
}

async function outcomeOf(
  round: () => Promise<Pick<Report, 'verdict' | 'results' | 'durationMs'>>,
): Promise<{ verdict: Verdict; open: readonly string[]; durationMs: number }> {
  try {
    const report = await round()
    const { verdict, durationMs } = report
    return { verdict, durationMs, open: notPassed(report).map(({ id }) => id) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { verdict: 'could_not_run', open: [why], durationMs: 0 }
  }
}

function note(
  outages: Outage[],
  { at, isReady, open }: { at: number; isReady: boolean; open: readonly string[] },
): void {
  const last = outages.at(-1)
  const isOn = last?.until === null
  if (isReady && isOn) last.until = at
  if (!isReady && !isOn) outages.push({ from: at, until: null, open })
  if (!isReady && isOn) last.open = [...new Set([...last.open, ...open])]
}

/** Of `90s`, `30m`, `24h` or `7d`; undefined when it is none of them. */
export function durationOf(text: string): number | undefined {
  const [, count, unit] = /^(\d+)(s|m|h|d)$/.exec(text) ?? []
  const ms = UNITS[unit ?? '']
  return count === undefined || ms === undefined || Number(count) === 0
    ? undefined
    : Number(count) * ms
}

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

export function changeInWords({ at, number, verdict, open, before }: Change): string {
  const since = before ? ` (${before.verdict} for ${Math.round(before.sinceMs / 60_000)} min)` : ''
  const what = open.length > 0 ? `: ${open.join(', ')}` : ''
  return `${time(at)} round ${number}: ${verdict}${what}${since}`
}

export function summaryInWords(summary: WatchSummary): string {
  const { rounds, ready, begun, ended, outages, durations } = summary
  const share = rounds === 0 ? 0 : (100 * ready) / rounds
  const lines = [
    `${ready} of ${rounds} rounds ready (${share.toFixed(share === 100 ? 0 : 2)} %), ${time(begun)} to ${time(ended)}`,
    `a round took ${durations.median} ms (median), ${durations.p95} ms (p95), ${durations.longest} ms at most`,
    ...outages.map(
      ({ from, until, open }) =>
        `not ready from ${time(from)} ${until === null ? 'on' : `to ${time(until)}`}: ${open.join(', ')}`,
    ),
  ]
  return lines.join('\n')
}
