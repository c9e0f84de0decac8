import { ToolError } from '../tool.ts'
import { DAY_MS, startOf, STEPS, stepsOn, type Step } from './calendar.ts'
import type { ComparePeriodsInput } from './period-comparison.ts'

/** From this time on, and before that; milliseconds since the epoch. */
export interface Span {
  from: number
  to: number
}

export interface Periods {
  baseline: Span
  comparison: Span
  /** How they were chosen, in words. */
  chosen: string
}

/** Requests begin and end a little inside of a period that was recorded whole. */
const WHOLE_SHARE = 0.95
/** How many units before the last are looked at for two that the data cover. */
const UNITS_BACK = 3

/**
 * The part of a period for which there are data; all of it where no more than its edges are missing:
 * less than 5 % of it, and no whole day.
 */
export function coveredShare({ from, to }: Span, data: Span): number {
  const held = Math.max(0, Math.min(to, data.to) - Math.max(from, data.from))
  const missing = to - from - held
  const share = held / (to - from)
  return share >= WHOLE_SHARE && missing < DAY_MS ? 1 : share
}

/** Covered well enough to be chosen, though a day of it may be missing. */
const isNearlyWhole = (share: number): boolean => share >= WHOLE_SHARE

/**
 * The two periods of a question, given the time that the data cover, and of that the time of the
 * `requests` in question: those of one project may end before all others do.
 *
 * @throws ToolError when they overlap, or are no periods.
 */
export function choosePeriods(
  {
    baseline,
    comparison,
    step,
    so_far: isSoFar,
  }: Pick<ComparePeriodsInput, 'baseline' | 'comparison' | 'step' | 'so_far'>,
  data: Span,
  requests: Span = data,
): Periods {
  if (comparison === undefined) {
    if (baseline) throw new ToolError('With a baseline, give the period of comparison too.')
    if (step === undefined) return longestWhole(data, requests)
    return isSoFar ? soFar(step, data, requests) : lastOf(step, data, requests).periods
  }
  const after = spanOf(comparison.from, comparison.to, data)
  const length = after.to - after.from
  const before = baseline
    ? spanOf(baseline.from, baseline.to, { ...data, to: timeOf(baseline.from) + length })
    : { from: after.from - length, to: after.from }
  const [first, second] = before.from <= after.from ? [before, after] : [after, before]
  if (first.to > second.from)
    throw new ToolError('The two periods overlap: what is in both is no difference between them.')
  return {
    baseline: first,
    comparison: second,
    chosen: baseline ? 'as asked' : 'as asked, against as long a time right before it',
  }
}

function spanOf(from: string, to: string | undefined, data: Span): Span {
  const span = { from: timeOf(from), to: to === undefined ? data.to : timeOf(to) }
  if (span.to > span.from) return span
  throw new ToolError(
    to === undefined
      ? `Nothing is measurable from ${from} on: the data end at ${isoOf(data.to)}.`
      : `A period from ${from} before ${to} is none.`,
  )
}

function timeOf(text: string): number {
  const hasZone = /^\d{4}-\d\d-\d\d$|(?:Z|[+-]\d\d:?\d\d)$/i.test(text)
  return Date.parse(hasZone ? text : `${text}Z`)
}

const isoOf = (at: number): string => new Date(at).toISOString()

/** The longest unit of which the data cover the last two whole; else the halves of the data. */
function longestWhole(data: Span, requests: Span): Periods {
  for (const step of STEPS.toReversed()) {
    const { periods, share } = lastOf(step, data, requests)
    if (isNearlyWhole(share)) return periods
  }
  const middle = Math.round((requests.from + requests.to) / 2)
  return {
    baseline: { from: requests.from, to: middle },
    comparison: { from: middle, to: requests.to },
    chosen: 'the second half of the time of the data against the first, as no two whole hours fit',
  }
}

/** What there is of the unit that goes on when the requests end, against as much of the one before. */
function soFar(step: Step, data: Span, requests: Span): Periods {
  const start = startOf(step, requests.to - 1)
  const before = stepsOn(step, start, -1)
  const end = Math.min(data.to, stepsOn(step, start, 1))
  return {
    baseline: { from: before, to: Math.min(before + end - start, start) },
    comparison: { from: start, to: end },
    chosen: `the last ${step} as far as the data go, against the same part of the one before`,
  }
}

/**
 * Of the last units up to the last request, the two in a row whose less covered one is covered best,
 * of equals the latest; none before the first request.
 */
function lastOf(step: Step, data: Span, requests: Span): { periods: Periods; share: number } {
  const last = startOf(step, requests.to - 1)
  const pairs = Array.from({ length: UNITS_BACK }, (_, back) => {
    const [from, between, to] = [-back - 1, -back, 1 - back].map((count) =>
      stepsOn(step, last, count),
    ) as [number, number, number]
    const [baseline, comparison] = [
      { from, to: between },
      { from: between, to },
    ]
    const share =
      comparison.to > requests.from
        ? Math.min(coveredShare(baseline, data), coveredShare(comparison, data))
        : 0
    const chosen =
      share === 1
        ? `the last whole ${step} of the data against the one before`
        : isNearlyWhole(share)
          ? `the last ${step} that the data cover but for a day or so, against the one before`
          : `the last ${step}s of the data, which do not hold two whole ones`
    return { periods: { baseline, comparison, chosen }, share: isNearlyWhole(share) ? 1 : share }
  })
  return pairs.reduce((best, pair) => (pair.share > best.share ? pair : best))
}
