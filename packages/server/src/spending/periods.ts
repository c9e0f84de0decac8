/** Days and months are UTC's: the same for everybody, and no summer time moves them. */
export type Per = 'day' | 'month'

/** `2026-11-21` or `2026-11`. @param at milliseconds since 1970 */
export const periodOf = (per: Per, at: number): string =>
  new Date(at).toISOString().slice(0, per === 'day' ? 10 : 7)

/** When the period after the one of `at` begins; milliseconds since 1970. */
export function renewsAt(per: Per, at: number): number {
  const date = new Date(at)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  return per === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1)
}
