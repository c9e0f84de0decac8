/** Calendar units in UTC; times are milliseconds since the epoch. */

export const STEPS = ['hour', 'day', 'week', 'month'] as const
/** A week begins on Monday. */
export type Step = (typeof STEPS)[number]

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
export const WEEK_MS = 7 * DAY_MS
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY = 4 * DAY_MS

/** When the unit begins that `at` lies in. */
export function startOf(step: Step, at: number): number {
  switch (step) {
    case 'hour':
      return Math.floor(at / HOUR_MS) * HOUR_MS
    case 'day':
      return Math.floor(at / DAY_MS) * DAY_MS
    case 'week':
      return Math.floor((at - FIRST_MONDAY) / WEEK_MS) * WEEK_MS + FIRST_MONDAY
    case 'month':
      return monthsOn(at, 0)
    default:
      return step satisfies never
  }
}

/** The beginning of the unit `count` units after (before, if negative) the one that begins at `start`. */
export function stepsOn(step: Step, start: number, count: number): number {
  if (step === 'month') return monthsOn(start, count)
  return start + count * { hour: HOUR_MS, day: DAY_MS, week: WEEK_MS }[step]
}

function monthsOn(at: number, count: number): number {
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1)
}
