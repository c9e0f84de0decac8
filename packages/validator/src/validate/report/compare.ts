import type { Outcome } from '../check.ts'
import type { ReportJson, ResultJson } from './json.ts'
import { plain } from './plain.ts'

export interface Comparison {
  /** Passed before and not now. */
  worse: readonly { id: string; before: Outcome; now: Outcome; seen: string }[]
  /** Did not pass before and does now. */
  better: readonly string[]
  slower: readonly { id: string; beforeMs: number; nowMs: number }[]
  /** By how much all of it became slower or faster: the median over the checks; 1 is as before. */
  pace: number
  /** Checks that are only in one of the two. */
  added: readonly string[]
  gone: readonly string[]
}

/** Nobody feels less, and a check of a few ms doubles by chance. */
const FELT_MS = 250
/** Added to both before they are divided: below it times are noise. */
const GRAIN_MS = 20
const TWICE = Math.log(2)
/** With fewer checks in common a median says nothing. */
const ENOUGH = 5
/** As many standard deviations as a normal noise reaches once in 15,000 checks. */
const SIGMAS = 4
/** From the median deviation to the standard deviation of normal noise. */
const MAD_TO_SIGMA = 1.4826
export const ALL_SLOWER = 1.5

/**
 * What became worse or slower, by id. A machine or line that is slower as a whole is told once
 * (`pace`) and taken out. What is left of a check's ratio is slower when it is beyond both twice and
 * the noise of this very pair of reports (four deviations of all the other ratios), and 250 ms more.
 */
export function compare(before: ReportJson, now: ReportJson): Comparison {
  const known = new Map(before.results.map((result) => [result.id, result]))
  const pairs = now.results.flatMap((result) => {
    const old = known.get(result.id)
    return old ? [{ old, result }] : []
  })
  const timed = pairs
    .filter(({ old, result }) => isGood(old) && isGood(result))
    .map(({ old, result }) => {
      const [beforeMs, nowMs] = [old.duration_ms, result.duration_ms]
      const ratio = Math.log((nowMs + GRAIN_MS) / (beforeMs + GRAIN_MS))
      return { id: result.id, beforeMs, nowMs, ratio }
    })
  const shift = timed.length < ENOUGH ? 0 : median(timed.map(({ ratio }) => ratio))
  const deviation = median(timed.map(({ ratio }) => Math.abs(ratio - shift)))
  const noise = Math.max(TWICE, SIGMAS * MAD_TO_SIGMA * deviation)
  const nowIds = new Set(now.results.map(({ id }) => id))
  return {
    worse: pairs
      .filter(({ old, result }) => isGood(old) && !isGood(result))
      .map(({ old, result: { id, outcome, seen } }) => ({
        id,
        before: old.outcome,
        now: outcome,
        seen,
      })),
    better: pairs
      .filter(({ old, result }) => !isGood(old) && isGood(result))
      .map(({ result }) => result.id),
    slower: timed
      .filter(({ ratio, beforeMs, nowMs }) => {
        const due = beforeMs * Math.max(1, Math.exp(shift))
        return ratio - shift > noise && nowMs - due > FELT_MS
      })
      .map(({ id, beforeMs, nowMs }) => ({ id, beforeMs, nowMs })),
    pace: Math.round(Math.exp(shift) * 100) / 100,
    added: now.results.filter(({ id }) => !known.has(id)).map(({ id }) => id),
    gone: before.results.filter(({ id }) => !nowIds.has(id)).map(({ id }) => id),
  }
}

/** A line for each thing; one line when nothing changed. */
export function inWords({ worse, better, slower, pace, added, gone }: Comparison): string[] {
  const lines = [
    ...worse.map(
      ({ id, now, seen }) =>
        `- worse: ${id} passed and is ${now.replace('_', ' ')} now: ${plain(seen).slice(0, 300)}`,
    ),
    ...slower.map(
      ({ id, beforeMs, nowMs }) => `- slower: ${id} took ${beforeMs} ms and takes ${nowMs} ms`,
    ),
    ...(pace >= ALL_SLOWER ? [`- slower: everything takes ${pace} times as long`] : []),
    ...better.map((id) => `- better: ${id} passes now`),
    ...(gone.length > 0 ? [`- not tried this time: ${gone.join(', ')}`] : []),
    ...(added.length > 0 ? [`- new: ${added.join(', ')}`] : []),
  ]
  return lines.length === 0 ? ['- nothing became worse, and nothing slower beyond noise'] : lines
}

const isGood = ({ outcome }: ResultJson): boolean => outcome === 'passed'

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}
