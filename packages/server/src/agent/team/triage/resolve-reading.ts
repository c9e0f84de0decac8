import { choosePeriods } from '../../tools/workload/choose-periods.ts'
import type { Dates } from './read-date.ts'
import { isOpen, monthsBefore, resolveDates, type DataDays } from './resolve-dates.ts'
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

/**
 * What a reading left open of its dates, taken from the first and the last day of the data; without
 * days in the data the period is left out, and that is said.
 */
export function resolveReading(reading: Reading, data: DataDays | undefined): Resolved {
  const words = reading.period?.words ?? reading.compared?.words ?? ''
  if (!isOpenReading(reading)) return { reading: withMonthBefore(reading) }
  if (!data)
    return {
      reading: { ...reading, period: null, compared: null },
      reason: `“${words}” names no year, and the data name no day.`,
    }
  const years = new Set<number>()
  let isOfNoDay = false
  const resolve = <T extends Dates>(dates: T): T => {
    const found = resolveDates(dates, data)
    if (!found) isOfNoDay = true
    const { year, from, to } = found ?? { from: null, to: null }
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
        weekBefore(reading, resolve) ??
        monthsBeforeThat(reading, data),
      comparison: reading.compared.comparison && resolve(reading.compared.comparison),
    },
  }
  if (isOfNoDay)
    return {
      reading: {
        ...reading,
        period: null,
        compared: null,
        not_understood: `The data hold more than one day, from ${data.from} to ${data.to}: say of which day “${words}” is, for example “between 2026-04-01 08:00 and 2026-04-01 20:00”.`,
      },
    }
  return {
    reading: withMonthBefore(earlier(resolved, data)),
    ...(years.size > 0 && { taken: { words, years: [...years].toSorted((a, b) => a - b) } }),
  }
}

export const isOpenReading = ({ period, compared }: Reading): boolean =>
  (compared?.back ?? 0) > 0 ||
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

/** So many months are compared with as many before. */
function monthsBeforeThat({ compared }: Reading, data: DataDays): Dates | null {
  const count = Number(/^-P(\d+)M$/.exec(compared?.comparison?.from ?? '')?.[1])
  if (!count) return null
  const end = Date.parse(data.end ?? data.to)
  const [from, to] = [count * 2, count].map((ago) => new Date(monthsBefore(end, ago)).toISOString())
  return { from: from ?? null, to: to ?? null }
}

/** The comparison so many units earlier; what is compared with is the one before that. */
function earlier(reading: Reading, data: DataDays): Reading {
  const { compared } = reading
  if (!compared || compared.back === 0 || compared.step === null) return reading
  const { step, back } = compared
  const asked = compared.comparison
  const span =
    asked?.from && asked.to
      ? { from: Date.parse(asked.from), to: endOf(asked.to) }
      : choosePeriods(
          { step, so_far: false },
          { from: Date.parse(data.from), to: Date.parse(data.end ?? data.to) },
        ).comparison
  const ago = (count: number): Dates => {
    const [from, to] = [span.from, span.to].map((at) =>
      new Date(unitsBefore(step, at, count)).toISOString(),
    )
    return { from: from ?? null, to: to ?? null }
  }
  return {
    ...reading,
    compared: { ...compared, step: null, back: 0, comparison: ago(back), baseline: ago(back + 1) },
  }
}

const endOf = (text: string): number => Date.parse(text) + (text.includes('T') ? 0 : DAY_MS)

const UNIT_MS = { hour: DAY_MS / 24, day: DAY_MS, week: 7 * DAY_MS }

const unitsBefore = (step: keyof typeof UNIT_MS | 'month', at: number, count: number): number =>
  step === 'month' ? monthsBefore(at, count) : at - count * UNIT_MS[step]

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
