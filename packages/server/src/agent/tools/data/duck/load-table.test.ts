import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { TableKind } from '../../../../files/files.ts'
import { systemClock } from '../../../../platform/clock.ts'
import { silentLogger } from '../../../../platform/logger.ts'
import { DuckPool } from './duck-pool.ts'
import { loadTable } from './load-table.ts'
import { loadAnswer, queryAnswer } from './messages.ts'
import { unpack } from './unpack.ts'

let folder: string
let pool: DuckPool
let count = 0
const { signal } = new AbortController()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-load-'))
  const scratch = join(folder, 'scratch')
  pool = new DuckPool({
    clock: systemClock,
    logger: silentLogger,
    limitMs: 30_000,
    size: 1,
    scratch,
  })
})

afterAll(async () => {
  await pool[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function load(content: string | Buffer, table: TableKind) {
  count += 1
  const source = join(folder, `${count}.file`)
  const database = `${source}.duckdb`
  await writeFile(source, content)
  const { rejected } = loadAnswer.parse(
    await pool.ask({ kind: 'load', source, database, table, bytes: content.length }, 'ann', signal),
  )
  const ask = async (sql: string) => {
    const limits = { rows: 100, bytes: 100_000 }
    return queryAnswer.parse(
      await pool.ask({ kind: 'query', database, sql, limits }, 'ann', signal),
    )
  }
  const all = await ask('FROM data')
  const columns = Object.fromEntries(all.columns.map(({ name, kind }) => [name, kind]))
  return { rejected, columns, rows: all.rows }
}

const plain = (format: TableKind['format']): TableKind => ({ format, gzip: false })
const packed = (format: TableKind['format']): TableKind => ({ format, gzip: true })

describe('JSON', () => {
  const lines = '{"a":1,"at":"2026-01-05T10:00:00Z"}\n{"a":2,"at":"2026-01-05T11:00:00.5Z"}\n'
  const wanted = {
    columns: { a: 'integer', at: 'time' },
    rows: [
      [1, '2026-01-05 10:00:00'],
      [2, '2026-01-05 11:00:00.500000'],
    ],
    rejected: { count: 0, reasons: [] },
  }
  const list = `[${lines.trim().replace('\n', ',\n')}]`

  test.each([
    ['one object a line', lines, plain('ndjson')],
    ['one object a line in a .json file', lines, plain('json')],
    ['a list', list, plain('json')],
    ['a list in an .ndjson file', list, plain('ndjson')],
    ['an object with a list under data', `{"object":"page",\n"data":${list}}`, plain('json')],
    ['packed lines', gzipSync(lines), packed('ndjson')],
    ['a packed list', gzipSync(list), packed('json')],
  ])('%s is a table', async (_, content, kind) => {
    expect(await load(content, kind)).toEqual(wanted)
  })

  test('objects in objects become columns, results rows, and other nesting text', async () => {
    const buckets = {
      data: [
        {
          start: 1,
          results: [
            { usage: { in: 5, out: { all: 6 } }, tags: ['x'] },
            { usage: { in: 7, out: { all: 8 } }, tags: ['y', 'z'], notes: [{ n: 1 }] },
          ],
        },
        { start: 2, results: [] },
      ],
    }
    const loaded = await load(JSON.stringify(buckets), plain('json'))
    expect(loaded).toEqual({
      columns: {
        start: 'integer',
        'usage.in': 'integer',
        'usage.out.all': 'integer',
        tags: 'text',
        notes: 'text',
      },
      rows: [
        [1, 5, 6, '["x"]', null],
        [1, 7, 8, '["y","z"]', '[{"n":1}]'],
      ],
      rejected: { count: 0, reasons: ['1 records have no results, so that no row came of them'] },
    })
  })

  test('lines that are no objects are counted with their place and the others are read', async () => {
    const loaded = await load('{"a":1}\n{"a": \n[1]\n"x"\n\n{"a":3}\n', plain('ndjson'))
    expect(loaded.rows).toEqual([[1], [3]])
    expect(loaded.rejected).toEqual({
      count: 3,
      reasons: ['2 left out, no object: first on line 3', '1 left out, no JSON: first on line 2'],
    })
  })

  test('values of two types are kept as text', async () => {
    const loaded = await load('{"a":1}\n{"a":"many"}\n{"a":{"b":1}}\n', plain('ndjson'))
    expect(loaded.rows).toEqual([['1'], ['many'], ['{"b":1}']])
  })

  test.each([
    ['a cut document', '{"data":[{"a":1},{"a"', 'not valid JSON'],
    ['a cut list', '[{"a":1},{"a"', 'not valid JSON'],
    ['a list of numbers', '[1,2,3]', 'holds no objects'],
    ['a text', 'hello', 'not valid JSON'],
    ['a document of deep brackets', `{"a":${'['.repeat(100_000)}`, 'nested more than 64 levels'],
  ])('%s is refused with what to do', async (_, content, words) => {
    await expect(load(content, plain('json'))).rejects.toThrow(words)
  })
})

test('records with thousands of different fields are refused in words', async () => {
  const records = (length: number): string[] =>
    Array.from({ length }, (_, index) => `{"k${index}" : {"k":"a:\\"b\\":c"}}`)
  const words = 'more than 2000 different fields'
  await expect(load(records(2_001).join('\n'), plain('ndjson'))).rejects.toThrow(words)
  await expect(load(`[${records(2_001).join(',')}]`, plain('json'))).rejects.toThrow(words)
  const document = `{"a":{${records(20_100)
    .map((record) => record.slice(1, -1))
    .join(',')}}}`
  await expect(load(document, plain('json'))).rejects.toThrow('more than 20000 different names')
  expect((await load(records(3).join('\n'), plain('ndjson'))).rows).toHaveLength(3)
})

describe('tables of very many columns', () => {
  const row = (columns: number): string => Array.from({ length: columns }, (_, n) => n).join(',')
  const names = (columns: number): string => `c${row(columns).replaceAll(',', ',c')}`
  const refusal = (columns: number): string =>
    `has ${columns} columns, and a table may have 2000. Leave out columns`

  test('are refused in words, with their number', async () => {
    const wide = `${names(100_000)}\n${row(100_000)}\n`
    await expect(load(wide, plain('csv'))).rejects.toThrow(refusal(100_000))
    await expect(load(gzipSync(wide), packed('csv'))).rejects.toThrow(refusal(100_000))
    await expect(load(names(2_001).replaceAll(',', '\t'), plain('csv'))).rejects.toThrow(
      refusal(2_001),
    )
    const late = `exported today\n${wide}${row(100_000)}\n`
    await expect(load(late, plain('csv'))).rejects.toThrow(refusal(100_000))
  })

  test('a row of a hundred thousand values is left out and counted, the others are read', async () => {
    const rows = ['a,b', '1,2', '"x\n,y",3', row(100_000), '4,5', `"${row(3_000)}",6`]
    const { rejected, rows: read } = await load(rows.join('\n'), plain('csv'))
    expect(read.map((values) => values[1])).toEqual([2, 3, 5, 6])
    expect(rejected).toEqual({
      count: 1,
      reasons: ['1 left out, more than 2000 columns: first on line 5 (100000 columns)'],
    })
  })

  test('two thousand are read', async () => {
    const { columns, rows } = await load(`${names(2_000)}\n${row(2_000)}\n`, plain('csv'))
    expect(Object.keys(columns)).toHaveLength(2_000)
    expect(rows).toHaveLength(1)
  })

  test('of Parquet are refused as well', async () => {
    const path = join(folder, 'wide.parquet')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const columns = Array.from({ length: 2_500 }, (_, n) => `${n} AS c${n}`).join(',')
    await connection.run(`COPY (SELECT ${columns}) TO '${path}' (FORMAT parquet)`)
    connection.closeSync()
    instance.closeSync()
    const content = await readFile(path)
    await expect(load(content, plain('parquet'))).rejects.toThrow(refusal(2_500))
  })
})

test('Parquet is a table, packed or not; a damaged one is refused', async () => {
  const path = join(folder, 'made.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `COPY (SELECT range AS a, {'b': range * 2} AS s FROM range(3)) TO '${path}' (FORMAT parquet)`,
  )
  connection.closeSync()
  instance.closeSync()
  const content = await readFile(path)
  const wanted = {
    rows: [
      [0, 0],
      [1, 2],
      [2, 4],
    ],
    columns: { a: 'integer', 's.b': 'integer' },
  }
  expect(await load(content, plain('parquet'))).toMatchObject(wanted)
  expect(await load(gzipSync(content), packed('parquet'))).toMatchObject(wanted)
  const damaged = load(content.subarray(0, content.length - 20), plain('parquet'))
  await expect(damaged).rejects.toThrow('cannot be read as Parquet')
})

test('a gzip file that is damaged or holds too much is refused, and leaves nothing behind', async () => {
  const whole = gzipSync('a,b\n1,2\n')
  expect((await load(whole, packed('csv'))).rows).toEqual([[1, 2]])
  await expect(load(whole.subarray(0, 15), packed('csv'))).rejects.toThrow('damaged or was cut')
  await expect(load('no gzip at all', packed('csv'))).rejects.toThrow('damaged or was cut')
  const bomb = join(folder, 'bomb.gz')
  await writeFile(bomb, gzipSync(Buffer.alloc(5_000_000)))
  await expect(unpack(bomb, `${bomb}.out`, 1_000_000)).rejects.toThrow('more than 1 MB')
  await expect(load(gzipSync(Buffer.alloc(260_000_000)), packed('csv'))).rejects.toThrow(
    'more than 250 MB',
  )
  expect(await readdir(join(folder, 'scratch', '1'))).toEqual([])
  expect(await readdir(folder)).not.toContain('bomb.gz.out')
})

test('a small file that becomes a database of many times its size is refused and leaves nothing', async () => {
  const source = join(folder, 'equal.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `COPY (SELECT w.s FROM range(4000) r, (SELECT string_agg(md5(range::VARCHAR), '') AS s FROM range(320)) w)
     TO '${source}' (FORMAT parquet, COMPRESSION zstd, STRING_DICTIONARY_PAGE_SIZE_LIMIT 100000000)`,
  )
  connection.closeSync()
  instance.closeSync()
  const own = join(folder, 'own')
  const scratch = join(own, 'scratch')
  await mkdir(scratch, { recursive: true })
  const path = join(own, 'equal.duckdb')
  const from = { source, path, scratch, table: plain('parquet'), leastBound: 100_000 }
  await expect(loadTable(from, () => undefined)).rejects.toThrow('unpacks to a table of more than')
  expect([await readdir(own), await readdir(scratch)]).toEqual([['scratch'], []])
})
