import type { ToolCall } from '@netra/protocol'
import { z } from 'zod'

import { formatGrouped, formatNumber } from './format.ts'
import { areNumbers, keptTogether } from './kept-together.ts'

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()])
export type Cell = z.infer<typeof cell>

const kind = z.enum(['integer', 'number', 'time', 'boolean', 'text'])
export type ColumnKind = z.infer<typeof kind>

const queried = z.object({
  columns: z.array(z.object({ name: z.string(), kind })),
  rows: z.array(z.array(cell)),
  row_count: z.number(),
  truncated: z.boolean().default(false),
})
const charted = queried.extend({
  chart: z.object({
    kind: z.enum(['line', 'bar', 'area', 'scatter']),
    title: z.string(),
    x: z.object({ column: z.string(), kind }),
    y: z.array(z.object({ column: z.string() })),
  }),
})
const profiled = z.object({
  name: z.string(),
  rows: z.number(),
  columns: z.array(
    z.object({
      name: z.string(),
      kind,
      nulls: z.number(),
      distinct: z.number(),
      min: cell,
      max: cell,
      mean: z.number().nullable(),
    }),
  ),
  rejected: z.object({ count: z.number(), reasons: z.array(z.string()) }).optional(),
})
const priced = z.object({
  rows: z.number(),
  models: z.array(
    z.object({
      asked: z.string(),
      provider: z.string(),
      model: z.string(),
      input_usd: z.number(),
      output_usd: z.number(),
      total_usd: z.number(),
      total_text: z.string(),
    }),
  ),
  unknown: z.array(z.object({ model: z.string(), nearest: z.array(z.string()) })).default([]),
  catalogue: z.object({ package: z.string(), version: z.string() }).optional(),
})
const calculated = z.object({ expression: z.string(), value: z.number() })
const failed = z.object({ error: z.string() })
/** What somebody outside wrote, with what else came along told in it. */
const fromOutside = z.object({
  untrusted: z.object({ from: z.string() }),
  text: z.string(),
  is_error: z.boolean().optional(),
})

export interface TableView {
  columns: { name: string; numeric: boolean }[]
  rows: Cell[][]
  /** All rows there are, also those that did not come along. */
  total: number
  /** What one row is. */
  unit: string
  note: string | null
}

export type ChartData = z.infer<typeof charted>

export type ResultView =
  | { kind: 'none' }
  | { kind: 'table'; table: TableView }
  | { kind: 'chart'; chart: ChartData; table: TableView }
  | { kind: 'value'; label: string; value: string }
  | { kind: 'error'; message: string }
  | { kind: 'text'; text: string }

const isNumeric = (name: ColumnKind): boolean => name === 'integer' || name === 'number'

/** Rows that are all there, as of a report. */
export const tableOfRows = ({
  columns,
  rows,
}: Pick<z.infer<typeof queried>, 'columns' | 'rows'>): TableView =>
  tableOfQuery({ columns, rows, row_count: rows.length, truncated: false })

function tableOfQuery(result: z.infer<typeof queried>): TableView {
  return {
    columns: result.columns.map((column) => ({
      name: column.name,
      numeric: isNumeric(column.kind),
    })),
    rows: result.rows,
    total: result.row_count,
    unit: 'row',
    note: null,
  }
}

function tableOfProfile(result: z.infer<typeof profiled>): TableView {
  const rejected = result.rejected?.count ?? 0
  const skipped =
    rejected > 0
      ? `; ${formatNumber(rejected)} could not be read: ${(result.rejected?.reasons ?? []).join('; ')}`
      : ''
  return {
    columns: [
      { name: 'column', numeric: false },
      { name: 'kind', numeric: false },
      { name: 'min', numeric: true },
      { name: 'max', numeric: true },
      { name: 'mean', numeric: true },
      { name: 'distinct', numeric: true },
      { name: 'empty', numeric: true },
    ],
    rows: result.columns.map((column) => [
      column.name,
      column.kind,
      column.min,
      column.max,
      column.mean,
      column.distinct,
      column.nulls,
    ]),
    total: result.columns.length,
    unit: 'column',
    note: `${formatNumber(result.rows)} rows in ${result.name}${skipped}`,
  }
}

const dollars = (usd: number): string => `$${usd.toFixed(2)}`

function tableOfPrices(result: z.infer<typeof priced>): TableView {
  const unknown = result.unknown.map(
    ({ model, nearest }) =>
      `No price is known for ${model}${nearest.length > 0 ? `; near it: ${nearest.join(', ')}` : ''}.`,
  )
  const source = result.catalogue
    ? [`Prices: ${result.catalogue.package} ${result.catalogue.version}.`]
    : []
  return {
    columns: [
      { name: 'model', numeric: false },
      { name: 'provider', numeric: false },
      { name: 'input', numeric: true },
      { name: 'output', numeric: true },
      { name: 'total', numeric: true },
    ],
    rows: result.models.map((model) => [
      model.model,
      model.provider,
      dollars(model.input_usd),
      dollars(model.output_usd),
      model.total_text,
    ]),
    total: result.models.length,
    unit: 'model',
    note: [...unknown, ...source].join(' ') || null,
  }
}

/** A tool's result as a person reads it. Shapes that are not known are shown as they came. */
export function resultView(result: unknown): ResultView {
  if (result === null || result === undefined) return { kind: 'none' }
  if (typeof result === 'string') return { kind: 'text', text: result }
  const error = failed.safeParse(result)
  if (error.success) return { kind: 'error', message: error.data.error }
  const outside = fromOutside.safeParse(result)
  if (outside.success) return viewOfOutside(outside.data)
  const chart = charted.safeParse(result)
  if (chart.success) return { kind: 'chart', chart: chart.data, table: tableOfQuery(chart.data) }
  const query = queried.safeParse(result)
  if (query.success) return { kind: 'table', table: tableOfQuery(query.data) }
  const profile = profiled.safeParse(result)
  if (profile.success) return { kind: 'table', table: tableOfProfile(profile.data) }
  const prices = priced.safeParse(result)
  if (prices.success) return { kind: 'table', table: tableOfPrices(prices.data) }
  const value = calculated.safeParse(result)
  if (value.success) {
    return { kind: 'value', label: value.data.expression, value: formatNumber(value.data.value) }
  }
  return { kind: 'text', text: JSON.stringify(result, null, 2) }
}

function viewOfOutside({ text, is_error: isError }: z.infer<typeof fromOutside>): ResultView {
  if (isError === true) return { kind: 'error', message: text }
  return text.trim() === '' ? { kind: 'none' } : { kind: 'text', text }
}

const views = new WeakMap<ToolCall, ResultView>()

/** The same view for the same call: results are read once, not on every frame. */
export function resultOf(call: ToolCall): ResultView {
  const known = views.get(call)
  if (known) return known
  const view = resultView(call.result)
  views.set(call, view)
  return view
}

export const cellText = (
  value: Cell,
  numeric: boolean,
  format: (value: number) => string = formatNumber,
): string => {
  if (value === null) return ''
  if (typeof value === 'number' && numeric) return format(value)
  return keptTogether(String(value))
}

/** A column that is read from the right: of numbers, or of texts that are numbers. */
export const isRight = (table: TableView, index: number): boolean =>
  table.columns[index]?.numeric === true ||
  areNumbers(table.rows.map((row) => cellText(row[index] ?? null, false)))

/** A number or a word: a table breaks it nowhere. */
export const isShort = (text: string): boolean => text.length <= 16

/** How the numbers of a column are written, so that they read alike. */
export const columnFormat = (table: TableView, index: number): ((value: number) => string) =>
  table.rows.some((row) => Math.abs(Number(row[index])) >= 10_000) ? formatGrouped : formatNumber
