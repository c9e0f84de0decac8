import type { Cell } from '../data/schemas.ts'

/**
 * Money is counted in whole femto-dollars (10^-15 $), in SQL as HUGEINT and here as bigint: a price
 * of nine decimals per million tokens is a whole number of them per token, so sums have no drift.
 */
const FEMTO_PER_CENT = 10n ** 13n
const FEMTO_DIGITS = 15

/** Femto-dollars per token, of dollars per million tokens. */
export const perToken = (usdPerMillion: number): bigint => BigInt(Math.round(usdPerMillion * 1e9))

export const femtoOf = (usd: number): bigint => BigInt(Math.round(usd * 1e12)) * 1_000n

/** A whole number out of a cell; what is not there is none. */
export const bigOf = (cell: Cell | undefined): bigint =>
  cell === null || cell === undefined ? 0n : BigInt(cell)

export const numberOf = (cell: Cell | undefined): number => Number(cell ?? 0)

export const numberOrNull = (cell: Cell | undefined): number | null =>
  cell === null || cell === undefined ? null : Number(cell)

/** The nearest number of dollars. */
export function dollars(femto: bigint): number {
  const digits = String(femto < 0n ? -femto : femto).padStart(FEMTO_DIGITS + 1, '0')
  const whole = digits.slice(0, -FEMTO_DIGITS)
  return Number(`${femto < 0n ? '-' : ''}${whole}.${digits.slice(-FEMTO_DIGITS)}`)
}

/** To the cent, halves away from zero: `$1,234.57`. */
export function dollarText(femto: bigint): string {
  const size = femto < 0n ? -femto : femto
  const cents = (size + FEMTO_PER_CENT / 2n) / FEMTO_PER_CENT
  const whole = String(cents / 100n).replace(/\B(?=(\d{3})+$)/g, ',')
  const sign = femto < 0n && cents > 0n ? '-' : ''
  return `${sign}$${whole}.${String(cents % 100n).padStart(2, '0')}`
}

/** To six decimals; 0 of nothing. */
export function shareOf(part: bigint | number, whole: bigint | number): number {
  const all = Number(whole)
  return all === 0 ? 0 : rounded(Number(part) / all, 6)
}

/** null where one of them is not known. */
export const shareOrNull = (part: number | null, whole: number | null): number | null =>
  part === null || whole === null ? null : shareOf(part, whole)

export const rounded = (value: number, decimals: number): number => Number(value.toFixed(decimals))

/** Money as results show it. */
export const costOf = (femto: bigint, whole: bigint) => ({
  cost_usd: dollars(femto),
  cost_text: dollarText(femto),
  share_of_cost: shareOf(femto, whole),
})

export const savingOf = (femto: bigint) => ({
  saving_usd: dollars(femto),
  saving_text: dollarText(femto),
})
