import { timeOf } from '../stages/data.ts'

/** To the minute, in UTC, whatever a tool gives: `2023-11-16 18:15`. */
export const humanTime = (text: string): string => {
  const at = timeOf(text)
  return Number.isNaN(at) ? text : new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}
