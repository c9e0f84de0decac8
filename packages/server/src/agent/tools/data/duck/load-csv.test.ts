import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { systemClock } from '../../../../platform/clock.ts'
import { silentLogger } from '../../../../platform/logger.ts'
import type { ColumnProfile } from '../schemas.ts'
import { DuckPool } from './duck-pool.ts'
import { loadAnswer, profileAnswer } from './messages.ts'

let folder: string
let pool: DuckPool
let tables = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-csv-'))
  const scratch = join(folder, 'scratch')
  const options = { clock: systemClock, logger: silentLogger, limitMs: 30_000 }
  pool = new DuckPool({ ...options, size: 1, scratch })
})

afterAll(async () => {
  await pool[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function profileOf(csv: string | Buffer) {
  tables += 1
  const source = join(folder, `${tables}.csv`)
  const database = `${source}.duckdb`
  await writeFile(source, csv)
  const { signal } = new AbortController()
  const bytes = csv.length
  const loaded = loadAnswer.parse(
    await pool.ask(
      { kind: 'load', source, database, table: { format: 'csv', gzip: false }, bytes },
      'ann',
      signal,
    ),
  )
  const profile = await pool.ask({ kind: 'profile', database, bytes }, 'ann', signal)
  return { ...profileAnswer.parse(profile), ...loaded }
}

type Value = number | string | null

interface Column {
  name: string
  kind: ColumnProfile['kind']
  values: Value[]
}

/** A column of one kind, with some cells empty but never all. */
const columnOf = (name: string, rows: number): fc.Arbitrary<Column> => {
  const several = (kind: Column['kind'], value: fc.Arbitrary<Value>) =>
    fc
      .array(fc.option(value, { freq: 8 }), { minLength: rows, maxLength: rows })
      .filter((values) => values.some((cell) => cell !== null))
      .map((values) => ({ name, kind, values }))
  return fc.oneof(
    several('integer', fc.integer({ min: -1_000_000, max: 1_000_000 })),
    several('integer', fc.integer({ min: 3, max: 9 })),
    // Halves and quarters are exact in both worlds; a fraction keeps the column from being integer.
    several(
      'number',
      fc.integer({ min: -9_999, max: 9_999 }).map((value) => value + 0.25),
    ),
    several('text', fc.stringMatching(/^[a-z]{1,8}( [a-z,;"'é]{1,6})?$/)),
    several(
      'time',
      fc
        .integer({ min: 1_600_000_000, max: 1_800_000_000 })
        .map((second) => new Date(second * 1_000).toISOString().slice(0, 19).replace('T', ' ')),
    ),
  )
}

const NAMES = ['Input Tokens', 'output_tokens', 'createdAt', 'MODEL', 'größe', 'select', 'a"b']

const tableOf = fc
  .record({
    names: fc.shuffledSubarray(NAMES, { minLength: 2 }),
    rows: fc.integer({ min: 2, max: 60 }),
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    lineEnd: fc.constantFrom('\n', '\r\n'),
  })
  .chain((shape) =>
    fc
      .tuple(...shape.names.map((name) => columnOf(name, shape.rows)))
      .map((columns) => ({ ...shape, columns })),
  )

/** Quoted where it must be, as spreadsheets write it. */
const cell = (value: Value): string =>
  typeof value === 'string' && /[",;\t|'\s]/.test(value)
    ? `"${value.replaceAll('"', '""')}"`
    : String(value ?? '')

function written(table: { columns: Column[]; rows: number; delimiter: string; lineEnd: string }) {
  const { columns, rows, delimiter, lineEnd } = table
  const lines = Array.from({ length: rows }, (_, row) =>
    columns.map(({ values }) => cell(values[row] ?? null)).join(delimiter),
  )
  const header = columns.map(({ name }) => cell(name)).join(delimiter)
  return `${[header, ...lines].join(lineEnd)}${lineEnd}`
}

/** What the profile must say, from the values themselves. */
function expected({ name, kind, values }: Column) {
  const present = values.filter((value) => value !== null)
  const numbers = present.filter((value) => typeof value === 'number')
  const facts = {
    name,
    kind,
    nulls: values.length - present.length,
    distinct: new Set(present).size,
  }
  if (kind === 'text') return facts
  if (kind === 'time') {
    const sorted = present.map(String).toSorted()
    return { ...facts, min: sorted[0], max: sorted.at(-1) }
  }
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  return {
    ...facts,
    min: Math.min(...numbers),
    max: Math.max(...numbers),
    mean: expect.closeTo(mean, 6),
  }
}

test(
  'any table is read as it was written: rows, kinds, empty cells, extremes and means',
  {
    timeout: 120_000,
  },
  async () => {
    await fc.assert(
      fc.asyncProperty(tableOf, async (table) => {
        const found = await profileOf(written(table))
        expect(found.rejected).toEqual({ count: 0, reasons: [] })
        expect(found.rows).toBe(table.rows)
        expect(found.columns).toMatchObject(table.columns.map(expected))
      }),
      { seed: 20_261_121, numRuns: 40 },
    )
  },
)

test('a table from a German spreadsheet has its numbers in any encoding', async () => {
  const csv = `Straße;Betrag\r\n${'Köln;38,64\r\nMünchen;1.099,63\r\n'.repeat(30)}`
  for (const bytes of [Buffer.from(csv, 'utf8'), Buffer.from(csv, 'latin1')]) {
    const { columns, rejected } = await profileOf(bytes)
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['Straße', 'text'],
      ['Betrag', 'number'],
    ])
    expect(columns[1]?.max).toBe(1099.63)
    expect(rejected.count).toBe(0)
  }
})

test('a row that is longer than any may be is left out and counted, before DuckDB looks for its end', async () => {
  const long = 'x'.repeat(3_000_000)
  const found = await profileOf(`a,b\n1,2\n"${long}",1\n3,4\n5,6\n`)
  expect(found.rows).toBe(3)
  expect(found.columns.map(({ kind }) => kind)).toEqual(['integer', 'integer'])
  expect(found.rejected).toEqual({
    count: 1,
    reasons: ['1 left out, longer than 2 MB: first on line 3'],
  })
})

test('a file of one such row, or one whose end is not in sight, is refused by its line', async () => {
  const refusal = (line: number) => `The row on line ${line} of this file is longer than 2 MB`
  await expect(profileOf('x'.repeat(3_000_000))).rejects.toThrow(refusal(1))
  const endless = Buffer.alloc(70_000_000, 'x')
  endless.write('a,b\n1,2\n3,4\n"')
  await expect(profileOf(endless)).rejects.toThrow(refusal(4))
})

test('a quote that nobody closes makes no long row of the lines after it', async () => {
  const found = await profileOf(`a,b\n"${'1,2\n'.repeat(600_000)}`)
  expect(found.rows).toBe(600_000)
})
