import { isStep, type Dimension, type TimeStep } from '../../workload/dimensions.ts'
import { quoteName } from '../data/duck/quote.ts'
import type { Cell } from '../data/schemas.ts'

export function sqlOf(dimension: Dimension): string {
  if (isStep(dimension)) return `date_trunc('${dimension}', "at")`
  if (dimension === 'hour_of_day') return 'hour("at")'
  if (dimension === 'weekday') return 'isodow("at")'
  return quoteName(dimension)
}

const LENGTHS: Record<TimeStep, number> = { minute: 16, hour: 13, day: 10, week: 10, month: 7 }

/** As results show it: `2026-01-31T08:15`, `2026-01-31T08`, `2026-01-31` (a week's is its Monday), `2026-01`. */
export function keyOf(dimension: Dimension, cell: Cell | undefined): string | null {
  if (cell === null || cell === undefined) return null
  if (isStep(dimension)) return String(cell).replace(' ', 'T').slice(0, LENGTHS[dimension])
  return String(cell)
}
