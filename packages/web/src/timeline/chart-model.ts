import { sharedUnit, tickText, unitOf, valueText, type AxisUnit } from './axis-unit.ts'
import type { Cell, ChartData } from './result-view.ts'

export interface Tick {
  /** 0 to 1 along the axis. */
  at: number
  label: string
}

export interface ChartPoint {
  x: number
  /** Per series, 0 at the bottom to 1 at the top; null where there is no value. */
  y: (number | null)[]
  label: string
  values: string[]
}

/** A chart with every place as a share of its plot, so that it can be drawn at any size. */
export interface ChartModel {
  kind: ChartData['chart']['kind']
  series: string[]
  points: ChartPoint[]
  xTicks: Tick[]
  yTicks: Tick[]
  /** What the numbers along an axis are; empty where the legend says it. */
  xTitle: string
  yTitle: string
  /** Where zero lies. */
  baseline: number
  /** Share of the width that one bar group takes. */
  band: number
  description: string
}

const numberOf = (value: Cell | undefined): number | null => {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?$/
const CLOCK = /^(\d\d):(\d\d)(?::(\d\d))?/

/** Milliseconds of a database's time, read as it stands: the reader's time zone changes nothing. */
export function parseTime(value: Cell | undefined): number | null {
  if (typeof value !== 'string') return null
  const date = TIME.exec(value)
  if (date) {
    const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = date
    const ms = Number(fraction.padEnd(3, '0').slice(0, 3))
    return Date.UTC(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
      ms,
    )
  }
  const clock = CLOCK.exec(value)
  if (!clock) return null
  const [, hour, minute, second = '0'] = clock
  return Date.UTC(1970, 0, 1, Number(hour), Number(minute), Number(second))
}

/** Round numbers from below the least to above the greatest, about `count` of them. */
export function niceTicks(min: number, max: number, count: number): number[] {
  const span = max - min || Math.abs(max) || 1
  const raw = span / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(raw))
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= raw * 0.999) ?? 10
  const step = factor * power
  const first = Math.floor(min / step + 1e-9)
  const last = Math.ceil((max === min ? min + span : max) / step - 1e-9)
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  )
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const TIME_STEPS = [
  SECOND,
  5 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
  90 * DAY,
  365 * DAY,
]

const timeFormat = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options })
const clockLabel = timeFormat({ hour: '2-digit', minute: '2-digit' })
const secondLabel = timeFormat({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayLabel = timeFormat({ day: 'numeric', month: 'short' })
const monthLabel = timeFormat({ month: 'short', year: 'numeric' })

function timeLabel(time: number, step: number): string {
  if (step >= 28 * DAY) return monthLabel.format(time)
  if (step >= DAY || time % DAY === 0) return dayLabel.format(time)
  return (step < MINUTE ? secondLabel : clockLabel).format(time)
}

function timeTicks(min: number, max: number, count: number): { at: number; label: string }[] {
  const raw = (max - min) / Math.max(1, count)
  const step = TIME_STEPS.find((candidate) => candidate >= raw) ?? 365 * DAY
  const ticks = []
  for (let time = Math.ceil(min / step) * step; time <= max; time += step) {
    ticks.push({ at: time, label: timeLabel(time, step) })
  }
  return ticks
}

interface Axis {
  places: number[]
  ticks: Tick[]
  band: number
}

const longestOf = (texts: readonly string[]): number =>
  texts.reduce((most, text) => Math.max(most, text.length), 1)

/** As many lines as a label may take below a bar. */
const MOST_LINES = 3
/** Of a line of a label. */
const MOST_CHARACTERS = 14

/** One place for each row, evenly spaced, labelled as far as there is room. */
function bands(labels: readonly string[], room: number): Axis {
  const count = Math.max(1, labels.length)
  const longest = longestOf(labels)
  const fitBroken = room / count > longestOf(labels.flatMap((label) => label.split(' ')))
  const fitting = fitBroken
    ? count
    : Math.max(1, Math.floor(room / Math.max(3, Math.min(longest, MOST_CHARACTERS))))
  const every = Math.ceil(count / fitting)
  const width = Math.max(3, Math.floor((room * every) / count) - 1)
  const place = (index: number) => (index + 0.5) / count
  return {
    places: labels.map((_, index) => place(index)),
    ticks: labels.flatMap((label, index) =>
      index % every === 0 ? [{ at: place(index), label: inLines(label, width) }] : [],
    ),
    band: 1 / count,
  }
}

/** Broken between words, a line feed between two lines; only what does not fit so is cut. */
export function inLines(label: string, width: number): string {
  const lines: string[] = []
  for (const word of label.split(' ')) {
    const last = lines.at(-1)
    const isFull = last === undefined || last.length + 1 + word.length > width
    if (isFull && lines.length < MOST_LINES) lines.push(word)
    else lines[lines.length - 1] = `${last ?? ''} ${word}`
  }
  return lines.map((line) => shorten(line, Math.max(width, MOST_CHARACTERS))).join('\n')
}

export const shorten = (label: string, length: number): string =>
  label.length > length ? `${label.slice(0, length - 1)}…` : label

interface Along {
  isTime: boolean
  unit: AxisUnit
  room: number
}

function continuous(values: readonly number[], { isTime, unit, room }: Along): Axis {
  const min = Math.min(...values)
  const max = Math.max(...values)
  const span = max - min || 1
  const place = (value: number) => (max === min ? 0.5 : (value - min) / span)
  const count = Math.max(2, Math.floor(room / 9))
  const ticks = isTime
    ? timeTicks(min, max, count)
    : niceTicks(min, max, count)
        .filter((value) => value >= min && value <= max)
        .map((value) => ({ at: value, label: tickText(value, unit) }))
  return {
    places: values.map(place),
    ticks: ticks.map((tick) => ({ at: place(tick.at), label: tick.label })),
    band: 1 / Math.max(1, values.length),
  }
}

function bandLabels(data: ChartData, cells: readonly (Cell | undefined)[]): string[] {
  const times = data.chart.x.kind === 'time' ? cells.map(parseTime) : []
  const known = times.filter((time) => time !== null)
  if (known.length === 0 || known.length < cells.length) {
    return cells.map((value) => (value === null || value === undefined ? 'none' : String(value)))
  }
  const sorted = known.toSorted((a, b) => a - b)
  const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? time))
  const step = Math.min(...gaps.filter((gap) => gap > 0), DAY * 365)
  return known.map((time) => timeLabel(time, Number.isFinite(step) ? step : DAY))
}

function horizontal(data: ChartData, cells: readonly (Cell | undefined)[], room: number): Axis {
  const { kind, x } = data.chart
  const read = x.kind === 'time' ? parseTime : numberOf
  const values = x.kind === 'text' || x.kind === 'boolean' ? [] : cells.map(read)
  const known = values.filter((value) => value !== null)
  const isContinuous = kind !== 'bar' && known.length === cells.length && known.length > 0
  return isContinuous
    ? continuous(known, { isTime: x.kind === 'time', unit: unitOf(x.column), room })
    : bands(bandLabels(data, cells), room)
}

/** `cost_usd` → `cost usd`: a column's name as the title of an axis. */
const titleOf = (column: string): string => column.replaceAll('_', ' ').trim()

function describe(data: ChartData, points: readonly ChartPoint[]): string {
  const { kind, title, x, y } = data.chart
  const first = points[0]?.label ?? ''
  const last = points.at(-1)?.label ?? ''
  const names = y.map((series) => series.column).join(', ')
  const range = points.length > 1 ? ` from ${first} to ${last}` : ''
  return `${title}. ${kind} chart of ${names} by ${x.column}, ${points.length} points${range}.`
}

/** The drawing of a chart; `room` is how many characters fit beside each other below it. */
export function chartModel(data: ChartData, room: number): ChartModel {
  const names = data.columns.map((column) => column.name)
  const xIndex = names.indexOf(data.chart.x.column)
  const yIndexes = data.chart.y.map((series) => names.indexOf(series.column))
  const cells = data.rows.map((row) => row[xIndex])
  const axis = horizontal(data, cells, room)
  const values = data.rows.map((row) => yIndexes.map((index) => numberOf(row[index])))
  const known = values.flat().filter((value) => value !== null)
  const fromZero = data.chart.kind !== 'scatter'
  const min = known.reduce((least, value) => Math.min(least, value), fromZero ? 0 : Infinity)
  const max = known.reduce((most, value) => Math.max(most, value), fromZero ? 0 : -Infinity)
  const ticks = known.length === 0 ? [0, 1] : niceTicks(min, max, 5)
  const bottom = ticks[0] ?? 0
  const top = ticks.at(-1) ?? 1
  const height = (value: number) => (value - bottom) / (top - bottom || 1)
  const series = data.chart.y.map(({ column }) => column)
  const units = series.map(unitOf)
  const shared = sharedUnit(series)
  const points = values.map((row, index) => ({
    x: axis.places[index] ?? 0,
    y: row.map((value) => (value === null ? null : height(value))),
    label: String(cells[index] ?? 'none'),
    values: row.map((value, at) =>
      value === null ? 'none' : valueText(value, units[at] ?? shared),
    ),
  }))
  const ordered = data.chart.kind === 'bar' ? points : points.toSorted((a, b) => a.x - b.x)
  return {
    kind: data.chart.kind,
    series,
    points: ordered,
    xTicks: axis.ticks,
    yTicks: ticks.map((value) => ({ at: height(value), label: tickText(value, shared) })),
    xTitle: titleOf(data.chart.x.column),
    yTitle: titleOf(series.length === 1 ? (series[0] ?? '') : ''),
    baseline: Math.max(0, height(0)),
    band: axis.band,
    description: describe(data, ordered),
  }
}
