import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { LoadAnswer } from './messages.ts'
import { MOST_COLUMNS } from './most-columns.ts'
import { Refusal } from './refusal.ts'

const QUOTE = 0x22
const LINE_END = 0x0a
/** Comma, semicolon, tab and bar. */
const DELIMITERS = [0x2c, 0x3b, 0x09, 0x7c]

/** By byte: its place among DELIMITERS, or -1. */
const PLACES = Int8Array.from({ length: 256 }, (_, byte) => DELIMITERS.indexOf(byte))

/** DuckDB decides from so many rows how wide the table is; one that is wider comes too late to matter. */
const LOOKED_AT_ROWS = 20_480
const LOOKED_AT_BYTES = 64_000_000
/** DuckDB reads no longer one, and takes seconds for each megabyte of one to find that out. */
const MOST_ROW_BYTES = 2_000_000

interface Row {
  /** Places of its first byte and of the byte after its end. */
  from: number
  to: number
  line: number
  /** It has an end, and is longer than any row may be; or it has none, and one of its lines is. */
  isLong: boolean
  /** The look ended before it: where it ends is not known, so that it cannot be left out. */
  isCut: boolean
  /** How often each of DELIMITERS stands in it outside of quotes. */
  counts: number[]
}

/**
 * Looks at the rows of which DuckDB makes the columns. Those with more than MOST_COLUMNS or
 * MOST_ROW_BYTES are left out: then `target` holds the file without them.
 *
 * @throws Refusal when the first row is such a one, or most of them are.
 */
export async function withoutWideRows(
  source: string,
  target: string,
): Promise<{ path: string; rejected: LoadAnswer['rejected'] }> {
  const rows = await rowsOf(source)
  const at = delimiterIn(rows)
  const columns = ({ counts }: Row): number => (counts[at] ?? 0) + 1
  const long = rows.filter(({ isLong }) => isLong)
  const wide = rows.filter((row) => !row.isLong && columns(row) > MOST_COLUMNS)
  const out = rows.filter((row) => row.isLong || columns(row) > MOST_COLUMNS)
  const [first] = out
  if (!first) return { path: source, rejected: { count: 0, reasons: [] } }
  if (first === rows[0] || out.length * 2 > rows.length)
    throw first.isLong ? tooLong(first) : tooWide(columns(first))
  const endless = long.find(({ isCut }) => isCut)
  if (endless) throw tooLong(endless)
  await pipeline(Readable.from(between(source, out)), createWriteStream(target))
  const reasons: string[] = []
  if (wide[0]) {
    reasons.push(
      `${wide.length} left out, more than ${MOST_COLUMNS} columns: first on line ${wide[0].line} (${columns(wide[0])} columns)`,
    )
  }
  if (long[0]) {
    reasons.push(
      `${long.length} left out, longer than ${MOST_ROW_BYTES / 1_000_000} MB: first on line ${long[0].line}`,
    )
  }
  return { path: target, rejected: { count: out.length, reasons } }
}

const tooLong = ({ line }: Row): Refusal =>
  new Refusal(
    `The row on line ${line} of this file is longer than ${MOST_ROW_BYTES / 1_000_000} MB, which no row may be. Leave out long texts, or close a quote that stands open there, and upload it again.`,
  )

const tooWide = (columns: number): Refusal =>
  new Refusal(
    `This file has ${columns} columns, and a table may have ${MOST_COLUMNS}. Leave out columns you do not need, or write what changes from column to column as rows, and upload it again.`,
  )

/** The place of the one that stands in most rows, and of several the one that stands there most often. */
function delimiterIn(rows: readonly Row[]): number {
  const found = DELIMITERS.map((_sign, at) => {
    const held = rows.map(({ counts }) => counts[at] ?? 0).filter((count) => count > 0)
    return { at, rows: held.length, signs: held.reduce((sum, count) => sum + count, 0) }
  })
  return found.toSorted((a, b) => b.rows - a.rows || b.signs - a.signs)[0]?.at ?? 0
}

const blank = (): number[] => DELIMITERS.map(() => 0)

/** A quote counts only where a value begins: elsewhere it is a sign like others. */
async function rowsOf(path: string): Promise<Row[]> {
  const rows: Row[] = []
  let [place, line, begun] = [0, 1, { from: 0, line: 1 }]
  let counts = blank()
  let [isQuoted, isStart] = [false, true]
  let [lineFrom, longestLine] = [0, 0]
  let isCut = false
  const endLine = (): void => {
    longestLine = Math.max(longestLine, place - lineFrom)
    lineFrom = place
  }
  const end = (hasEnd: boolean): void => {
    const isLong = (hasEnd ? place - begun.from : longestLine) > MOST_ROW_BYTES
    if (place > begun.from + 1) rows.push({ ...begun, to: place, isLong, isCut, counts })
    longestLine = 0
    begun = { from: place, line }
    counts = blank()
    isQuoted = false
    isStart = true
  }
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer
    for (let next = 0; next < bytes.length; next += 1) {
      const byte = bytes[next] ?? 0
      place += 1
      if (byte === LINE_END) {
        line += 1
        endLine()
      }
      if (isQuoted) {
        isQuoted = byte !== QUOTE
        continue
      }
      if (byte === LINE_END) {
        end(true)
        if (rows.length === LOOKED_AT_ROWS) return rows
        continue
      }
      const at = PLACES[byte] ?? -1
      if (at >= 0) counts[at] = (counts[at] ?? 0) + 1
      else if (byte === QUOTE && isStart) isQuoted = true
      isStart = at >= 0
    }
    isCut = place > LOOKED_AT_BYTES
    if (isCut) break
  }
  endLine()
  end(false)
  return rows
}

/** The bytes of a file without those of some rows. */
async function* between(path: string, without: readonly Row[]): AsyncGenerator<Buffer> {
  let start = 0
  for (const { from, to } of without) {
    if (from > start) yield* bytesOf(path, start, from - 1)
    start = to
  }
  yield* bytesOf(path, start)
}

async function* bytesOf(path: string, start: number, end?: number): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { start, ...(end !== undefined && { end }) }))
    yield chunk as Buffer
}
