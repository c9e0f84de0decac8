import { Readable } from 'node:stream'

import type { Files } from '../files/files.ts'
import { isUntrusted, untrustedForModel, untrustedPreview } from './untrusted.ts'

const STORED_ABOVE_BYTES = 32 * 1024
/** A chart is drawn from what is sent: more points than this say nothing more on a screen. */
const CHART_BYTES = 64 * 1024
const PREVIEW_ROWS = 50
/** Less than what a message keeps of a result: what says that it is untrusted is never cut off. */
const UNTRUSTED_STORED_ABOVE = 12 * 1024
const PREVIEW_CHARACTERS = 8_000
const MODEL_SEES_BYTES = 16 * 1024
const MODEL_SEES_CHART_ROWS = 20

interface Table extends Record<string, unknown> {
  columns: unknown[]
  rows: unknown[]
}

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' &&
  value !== null &&
  'columns' in value &&
  Array.isArray(value.columns) &&
  'rows' in value &&
  Array.isArray(value.rows)

const isChart = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'chart' in value

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? 'null')

/** Small results as they are; a large one is stored once, and a preview stands for it. */
export async function settleResult(
  result: unknown,
  at: { files: Files; userId: string; toolName: string; callId: string },
): Promise<{ result: unknown; resultRef?: string }> {
  const json = JSON.stringify(result) ?? 'null'
  const atMost = isUntrusted(result) ? UNTRUSTED_STORED_ABOVE : STORED_ABOVE_BYTES
  if (Buffer.byteLength(json) <= atMost) return { result: JSON.parse(json) }
  const stored = await at.files.store({
    userId: at.userId,
    name: `${at.toolName}-${at.callId.replaceAll(/[^\w-]/g, '_').slice(0, 64)}.json`,
    mediaType: 'application/json',
    origin: 'result',
    content: Readable.from([Buffer.from(json)]),
  })
  return { result: preview(JSON.parse(json), json), resultRef: stored.fileId }
}

function preview(result: unknown, json: string): unknown {
  const bytes = Buffer.byteLength(json)
  if (isUntrusted(result)) return { ...untrustedPreview(result, UNTRUSTED_STORED_ABOVE), bytes }
  if (isTable(result) && isChart(result)) return thinned(result, CHART_BYTES)
  if (isTable(result)) return firstRows(result, PREVIEW_ROWS, STORED_ABOVE_BYTES)
  return { preview: json.slice(0, PREVIEW_CHARACTERS), truncated: true, bytes }
}

/** The first rows that fit; `row_count` keeps telling how many there are. */
function firstRows(table: Table, atMost: number, bytes: number): Table {
  let count = Math.min(atMost, table.rows.length)
  const cut = () => ({ ...table, rows: table.rows.slice(0, count), truncated: true })
  while (count > 0 && jsonBytes(cut()) > bytes) count = Math.floor(count / 2)
  return cut()
}

/** Evenly spaced rows, the last among them: the first ones alone would draw another picture. */
function thinned(table: Table, bytes: number): unknown {
  const share = bytes / jsonBytes(table)
  if (share >= 1) return table
  let count = Math.max(2, Math.floor(table.rows.length * share))
  const cut = () => {
    const step = (table.rows.length - 1) / Math.max(1, count - 1)
    const rows = Array.from({ length: count }, (_, index) => table.rows[Math.round(index * step)])
    return { ...table, rows, truncated: true }
  }
  while (count > 2 && jsonBytes(cut()) > bytes) count = Math.floor(count * 0.8)
  return cut()
}

/** What a model reads of a result: enough to go on, never a table it would have to copy. */
export function forModel(result: unknown, bytes: number = MODEL_SEES_BYTES): unknown {
  if (isUntrusted(result)) return untrustedForModel(result, bytes)
  const rowsShown = isChart(result) ? MODEL_SEES_CHART_ROWS : Number.POSITIVE_INFINITY
  if (isTable(result) && (jsonBytes(result) > bytes || result.rows.length > rowsShown)) {
    const shown = firstRows(result, rowsShown, bytes - 300)
    const { truncated } = result
    const note = `Only the first ${shown.rows.length} rows are shown here; the person sees the rest. Aggregate in SQL instead of reading rows.`
    return { ...shown, truncated: truncated ?? false, note }
  }
  const json = JSON.stringify(result) ?? 'null'
  if (Buffer.byteLength(json) <= bytes) return result
  return {
    preview: json.slice(0, Math.floor(bytes / 2)),
    truncated: true,
    note: 'The result is longer than this.',
  }
}
