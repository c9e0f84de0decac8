const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

export const dayOf = (at: string): string => day.format(Date.parse(at))
export const momentOf = (at: string): string => moment.format(Date.parse(at))
/** From one moment to another, what both share said once. */
export const rangeOf = (from: string, to: string): string =>
  moment.formatRange(Date.parse(from), Date.parse(to))
export const exactly = (at: string): string => exact.format(Date.parse(at))

/** As people say it: `just now`, `5 minutes ago`, `yesterday`; a date when it is long ago. */
export function ago(at: string, now: number): string {
  const passedMs = now - Date.parse(at)
  if (passedMs < MINUTE_MS) return 'just now'
  if (passedMs < HOUR_MS) return relative.format(-Math.floor(passedMs / MINUTE_MS), 'minute')
  if (passedMs < DAY_MS) return relative.format(-Math.floor(passedMs / HOUR_MS), 'hour')
  if (passedMs < 30 * DAY_MS) return relative.format(-Math.floor(passedMs / DAY_MS), 'day')
  return dayOf(at)
}
