/**
 * Times that differ in kind from most of their file: a 0 where the others are dates would make a
 * trace of it, and one date among times from a start would make the trace last for decades.
 */
export type OddTimes = 'dated' | 'undated'

/** From here on a time is a date; before it, it counts from some start or is an empty value. */
export const FIRST_DATED = '1971-01-01'

/**
 * Where the calendar of requests begins and ends: what lies outside is the zero or the end of some
 * other calendar, as 0001-01-01 and 9999-12-31.
 */
export const CALENDAR = { from: '1900-01-01', to: '2100-01-01' } as const

const is = (kind: OddTimes, at: string): string =>
  `${at} ${kind === 'dated' ? '>=' : '<'} TIMESTAMP '${FIRST_DATED}'`

/** A time, unless it is of the odd kind. */
export const withoutOdd = (at: string, odd: OddTimes): string =>
  `CASE WHEN NOT ${is(odd, `(${at})`)} THEN ${at} END`

/** A time, unless it is outside of the calendar. */
export const inCalendar = (at: string): string =>
  `CASE WHEN ${at} >= TIMESTAMP '${CALENDAR.from}' AND ${at} < TIMESTAMP '${CALENDAR.to}' THEN ${at} END`

/** Aggregates that `oddTimesOf` reads: of each kind how many, how many in rows without doubts, and one. */
export const kindsOfTimesSql = (at: string, kept: string, doubtful: string): string[] =>
  (['dated', 'undated'] as const).flatMap((kind) => {
    const those = `(${kept}) AND ${is(kind, `(${at})`)}`
    return [
      `count(*) FILTER (WHERE ${those}) AS ${kind}`,
      `count(*) FILTER (WHERE ${those} AND NOT (${doubtful})) AS ${kind}_alone`,
      `(first(${at}) FILTER (WHERE ${those}))::VARCHAR AS ${kind}_such_as`,
    ]
  })

/** Cells of `kindsOfTimesSql`. */
export const KINDS_CELLS = 6

interface FoundOdd {
  kind: OddTimes
  count: number
  /** Rows in which nothing else is in doubt. */
  alone: number
  example: string
}

/** The kind that fewer times are of; undated ones where there are as many of both. */
export function oddTimesOf(cells: readonly unknown[]): FoundOdd | undefined {
  const [dated, datedAlone, datedExample, undated, undatedAlone, undatedExample] = cells
  const counts = { dated: Number(dated ?? 0), undated: Number(undated ?? 0) }
  if (counts.dated === 0 || counts.undated === 0) return undefined
  return counts.undated <= counts.dated
    ? odd('undated', counts.undated, undatedAlone, undatedExample)
    : odd('dated', counts.dated, datedAlone, datedExample)
}

const odd = (kind: OddTimes, count: number, alone: unknown, example: unknown): FoundOdd => ({
  kind,
  count,
  alone: Number(alone),
  example: String(example),
})
