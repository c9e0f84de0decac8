import { formatCompact, formatNumber } from './format.ts'

/** How the numbers of a column carry their unit. */
export interface AxisUnit {
  before: string
  after: string
}

const NONE: AxisUnit = { before: '', after: '' }

/** Units as columns are named after them: `cost_usd`, `cost in US dollars`, `latency_ms`, `share (%)`. */
const UNITS: readonly (readonly [RegExp, AxisUnit])[] = [
  [/\$|(?:^|[\W_])(?:usd|us dollars?|dollars?)(?:$|[\W_])/i, { before: '$', after: '' }],
  [/€|(?:^|[\W_])(?:eur|euros?)(?:$|[\W_])/i, { before: '€', after: '' }],
  [/%|(?:^|[\W_])(?:pct|percent)(?:$|[\W_])/i, { before: '', after: ' %' }],
  [/(?:^|[\W_])(?:ms|millis|milliseconds?)(?:$|[\W_])/i, { before: '', after: ' ms' }],
  [/(?:^|[\W_])(?:s|secs?|seconds?)(?:$|[\W_])/i, { before: '', after: ' s' }],
  [/(?:^|[\W_])bytes?(?:$|[\W_])/i, { before: '', after: ' B' }],
]

/** The unit that a column's name says its numbers have; nothing beside them when it says none. */
export function unitOf(column: string): AxisUnit {
  // What is counted per second or by a day is no time and no money itself.
  const own = column.split(/[\W_](?:per|by)[\W_]/i)[0] ?? column
  return UNITS.find(([name]) => name.test(own))?.[1] ?? NONE
}

/** The unit that several columns share; none when they differ. */
export function sharedUnit(columns: readonly string[]): AxisUnit {
  const [first = NONE, ...others] = columns.map(unitOf)
  const isSame = ({ before, after }: AxisUnit) => before === first.before && after === first.after
  return others.every(isSame) ? first : NONE
}

/** Money of less than a thousand has its cents, unless it is whole or less than ten of them. */
const digits = (size: number, isMoney: boolean): string =>
  isMoney && size >= 0.1 && size < 1_000 && !Number.isInteger(size)
    ? size.toFixed(2)
    : formatNumber(size)

function withUnit(value: number, text: string, { before, after }: AxisUnit): string {
  const sign = value < 0 ? '−' : ''
  return `${sign}${before}${text}${after}`
}

/** For the edge of a chart: `$1.2M`, `250 ms`. */
export function tickText(value: number, unit: AxisUnit): string {
  const size = Math.abs(value)
  const text = size >= 10_000 ? formatCompact(size) : digits(size, unit.before !== '')
  return withUnit(value, text, unit)
}

/** For one value of it. */
export const valueText = (value: number, unit: AxisUnit): string =>
  withUnit(value, digits(Math.abs(value), unit.before !== ''), unit)
