import { isOpen, resolveDates, type Dates } from './read-date.ts'
import type { Reading } from './triage.ts'

/** Years that the data gave to days that were named without one. */
export interface YearsTaken {
  words: string
  years: number[]
}

export interface Resolved {
  reading: Reading
  taken?: YearsTaken
  /** Why a period that was named is not looked at. */
  reason?: string
}

interface Days {
  from: string
  to: string
}

/**
 * What a reading left open of its dates, taken from the first and the last day of the data; without
 * days in the data the period is left out, and that is said.
 */
export function resolveReading(reading: Reading, data: Days | undefined): Resolved {
  const words = reading.period?.words ?? reading.compared?.words ?? ''
  if (!isOpenReading(reading)) return { reading: withMonthBefore(reading) }
  if (!data)
    return {
      reading: { ...reading, period: null, compared: null },
      reason: `“${words}” names no year, and the data name no day.`,
    }
  const years = new Set<number>()
  const resolve = <T extends Dates>(dates: T): T => {
    const { year, from, to } = resolveDates(dates, data)
    if (year !== undefined) years.add(year)
    return { ...dates, from, to }
  }
  const resolved = {
    ...reading,
    period: reading.period && resolve(reading.period),
    compared: reading.compared && {
      ...reading.compared,
      baseline:
        (reading.compared.baseline && resolve(reading.compared.baseline)) ??
        weekBefore(reading, resolve),
      comparison: reading.compared.comparison && resolve(reading.compared.comparison),
    },
  }
  return {
    reading: withMonthBefore(resolved),
    ...(years.size > 0 && { taken: { words, years: [...years].toSorted((a, b) => a - b) } }),
  }
}

export const isOpenReading = ({ period, compared }: Reading): boolean =>
  [period, compared?.baseline, compared?.comparison].some(
    (dates) => dates && (isOpen(dates.from) || isOpen(dates.to)),
  )

const DAY_MS = 86_400_000

const shifted = (date: string | null, days: number): string | null =>
  date === null ? null : new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)

/** Days of the week are compared with the same days of the week before. */
function weekBefore({ compared }: Reading, resolve: (dates: Dates) => Dates): Dates | null {
  const asked = compared?.comparison
  if (!asked?.from?.startsWith('-W-')) return null
  const { from, to } = resolve({ from: asked.from, to: asked.to })
  return { from: shifted(from, -7), to: shifted(to, -7) }
}

/** A whole month is compared with the one before, however long that is. */
function withMonthBefore(reading: Reading): Reading {
  const { compared } = reading
  const { from, to } = compared?.comparison ?? {}
  if (!compared || compared.baseline || !from || !to || !isMonth(from, to)) return reading
  const last = shifted(from, -1) ?? from
  return {
    ...reading,
    compared: { ...compared, baseline: { from: `${last.slice(0, 8)}01`, to: last } },
  }
}

const isMonth = (from: string, to: string): boolean =>
  from.endsWith('-01') &&
  shifted(to, 1)?.endsWith('-01') === true &&
  from.slice(0, 7) === to.slice(0, 7)
