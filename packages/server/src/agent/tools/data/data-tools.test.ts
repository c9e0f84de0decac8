import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'

import { calcPrice } from '@pydantic/genai-prices'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import type { Files, StoredFile } from '../../../files/files.ts'
import { openFiles } from '../../../files/open-files.ts'
import { workloadCsv } from '../../../files/sample/make-workload.ts'
import { systemClock } from '../../../platform/clock.ts'
import { silentLogger } from '../../../platform/logger.ts'
import type { Rows } from '../../../platform/statement.ts'
import type { ToolContext } from '../tool.ts'
import { createDataTools } from './data-tools.ts'
import type { ChartResult, PriceResult, QueryResult, TableProfile } from './schemas.ts'

/** The columns that the questions below are about, whatever a file calls them. */
interface Workload {
  title: string
  name: string
  csv: string
  time: string
  input: string
  output: string
}

const GENERATED: Workload = {
  title: 'a generated workload',
  name: 'workload.csv',
  csv: workloadCsv({ seed: 11, rows: 20_000, days: 2, start: '2026-01-05' }),
  time: 'time',
  input: 'input_tokens',
  output: 'output_tokens',
}

function realWorkload(): Workload[] {
  const beside = new URL('../../../../../../../shared/data', import.meta.url).pathname
  const folders = [process.env['NETRA_REAL_DATA'], join(beside, 'azure-llm-2023'), beside]
  const path = folders.map((folder) => join(folder ?? '.', 'conv.csv')).find((at) => existsSync(at))
  if (path === undefined) {
    process.stdout.write(
      'conv.csv is absent: name its folder in NETRA_REAL_DATA to test real requests too\n',
    )
    return []
  }
  const columns = { time: 'TIMESTAMP', input: 'ContextTokens', output: 'GeneratedTokens' }
  const csv = readFileSync(path, 'utf8')
  return [{ title: 'real requests', name: 'conv.csv', csv, ...columns }]
}

const VALUES = z.array(z.union([z.string(), z.number(), z.null()]))

/** Rows over a real SQLite, as the journal offers them. */
function sqliteRows(): Rows {
  const database = new DatabaseSync(':memory:')
  database.exec(
    'CREATE TABLE file (id TEXT PRIMARY KEY, user_id TEXT, name TEXT, media_type TEXT, bytes INTEGER, sha256 TEXT, origin TEXT, created_at TEXT)',
  )
  return {
    query: async ({ sql, parameters }) =>
      z.custom<never[]>().parse(database.prepare(sql).all(...VALUES.parse(parameters))),
    write: async (statements) => {
      for (const { sql, parameters } of statements)
        database.prepare(sql).run(...VALUES.parse(parameters))
    },
  }
}

let folder: string
let files: Files
let tools: ReturnType<typeof createDataTools>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-data-tools-'))
  files = await openFiles({ folder: join(folder, 'files'), rows: sqliteRows(), clock: systemClock })
  tools = createDataTools({ files, dataFolder: folder, logger: silentLogger, clock: systemClock })
})

afterAll(async () => {
  await tools[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const storeCsv = (csv: string | Buffer, name = 'table.csv', userId = 'ann'): Promise<StoredFile> =>
  files.store({
    userId,
    name,
    mediaType: 'text/csv',
    origin: 'upload',
    content: Readable.from([Buffer.from(csv)]),
  })

const contextOf = (file: StoredFile, signal = new AbortController().signal): ToolContext => ({
  userId: 'ann',
  threadId: 'thread',
  runId: 'run',
  files: [file],
  signal,
  progress: () => undefined,
})

async function call<T>(name: string, file: StoredFile, input: object, context = contextOf(file)) {
  const tool = tools.find((candidate) => candidate.name === name)!
  const result = await tool.run(tool.input.parse({ file_id: file.fileId, ...input }), context)
  return z.custom<T>().parse(result)
}

const query = (file: StoredFile, sql: string) => call<QueryResult>('query_table', file, { sql })
const profile = (file: StoredFile) => call<TableProfile>('profile_table', file, {})
const price = (file: StoredFile, input: object) => call<PriceResult>('price_workload', file, input)

/** The same table read without DuckDB; these files quote nothing. */
function readPlainly(workload: Workload) {
  const [header = '', ...lines] = workload.csv.trimEnd().split(/\r?\n/)
  const names = header.split(',')
  const at = (name: string) => names.indexOf(name)
  return lines.map((line) => {
    const cells = line.split(',')
    return {
      time: cells[at(workload.time)]!,
      input: Number(cells[at(workload.input)]),
      output: Number(cells[at(workload.output)]),
    }
  })
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)

/** Between the two nearest ranks, as quantile_cont does. */
function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)]!
  return low + (sorted[Math.ceil(place)]! - low) * (place % 1)
}

function priceRowByRow(rows: { input: number; output: number }[], model: string, provider: string) {
  return sum(
    rows.map(({ input, output }) => {
      const usage = { input_tokens: input, output_tokens: output }
      return calcPrice(usage, model, { providerId: provider })!.total_price
    }),
  )
}

describe.each([GENERATED, ...realWorkload()])('$title', (workload) => {
  const rows = readPlainly(workload)
  let file: StoredFile

  beforeAll(async () => {
    file = await storeCsv(workload.csv, workload.name)
  })

  test('is profiled: every row read, tokens and time found by their names', async () => {
    const found = await profile(file)
    const inputs = rows.map((row) => row.input)
    expect(found.rows).toBe(rows.length)
    expect(found.rejected).toEqual({ count: 0, reasons: [] })
    expect(found.roles).toMatchObject({
      input_tokens: workload.input,
      output_tokens: workload.output,
      time: workload.time,
    })
    expect(found.columns.find(({ name }) => name === workload.time)).toMatchObject({ kind: 'time' })
    const column = found.columns.find(({ name }) => name === workload.input)!
    expect(column).toMatchObject({
      kind: 'integer',
      nulls: 0,
      distinct: new Set(inputs).size,
      min: Math.min(...inputs),
      max: Math.max(...inputs),
    })
    expect(column.mean).toBeCloseTo(sum(inputs) / rows.length, 6)
  })

  test('has the rows and token totals of a plain reading', async () => {
    const sql = `SELECT count(*), sum("${workload.input}"), sum("${workload.output}") FROM data`
    const { rows: found } = await query(file, sql)
    const totals = [rows.map((row) => row.input), rows.map((row) => row.output)].map(sum)
    expect(found).toEqual([[rows.length, ...totals]])
  })

  test('has the 95th percentile of a plain reading', async () => {
    const found = await query(file, `SELECT quantile_cont("${workload.output}", 0.95) FROM data`)
    expect(found.rows[0]![0]).toBeCloseTo(
      percentile(
        rows.map((row) => row.output),
        0.95,
      ),
      9,
    )
  })

  test('has the requests per minute of a plain reading, as a chart', async () => {
    const sql = `SELECT date_trunc('minute', "${workload.time}") AS minute, count(*) AS requests FROM data GROUP BY 1 ORDER BY 1 LIMIT 2000`
    const encoding = { kind: 'line', title: 'Requests', x: 'minute', y: ['requests'] }
    const found = await call<ChartResult>('chart_table', file, { sql, ...encoding })
    const counts = Map.groupBy(rows, (row) => `${row.time.slice(0, 16)}:00`)
    const expected = [...counts].map(([minute, inIt]) => [minute, inIt.length])
    expect(found.rows).toEqual(expected.slice(0, 2_000))
    expect(found.chart.x).toEqual({ column: 'minute', kind: 'time' })
  })

  test('costs what its rows cost one by one', async () => {
    const found = await price(file, { models: ['gpt-4o', 'gpt-4o-mini'] })
    expect(found).toMatchObject({ rows: rows.length, unknown: [] })
    expect(found.models.map((model) => model.model)).toEqual(['gpt-4o', 'gpt-4o-mini'])
    for (const model of found.models) {
      const expected = priceRowByRow(rows, model.model, 'openai')
      expect(model.total_usd).toBeCloseTo(expected, 8)
      const cents = `$${expected.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',')}`
      expect(model.total_text).toBe(cents)
    }
  })

  test('costs what its rows cost one by one under a condition', async () => {
    const where = `"${workload.input}" > 1000 AND ("${workload.output}" < 300)`
    const found = await price(file, { models: ['gpt-4o'], where })
    const kept = rows.filter((row) => row.input > 1_000 && row.output < 300)
    expect(found.rows).toBe(kept.length)
    expect(found.models[0]!.total_usd).toBeCloseTo(priceRowByRow(kept, 'gpt-4o', 'openai'), 8)
  })
})

describe('prices', () => {
  test('a tier that begins within a workload holds for the rows beyond it alone', async () => {
    const edges = [0, 1, 127_999, 128_000, 128_001, 200_000, 200_001, 271_999, 272_000, 272_001]
    const rows = [...edges, 500_000, 999_999].flatMap((input) =>
      [0, 1, 777, 9_000].map((output) => ({ input, output })),
    )
    const lines = rows.map(({ input, output }) => `${input},${output}`)
    const file = await storeCsv(`prompt_tokens,completion_tokens\n${lines.join('\n')}\n`)
    const asked = ['gpt-4o', 'gpt-5.4', 'gpt-6-sol', 'claude-sonnet-4-5', 'gemini-2.5-pro']
    const found = await price(file, { models: [...asked, 'google/gemini-1.5-pro'] })
    expect(found.models).toHaveLength(6)
    for (const { provider, model, total_usd } of found.models) {
      expect(total_usd).toBeCloseTo(priceRowByRow(rows, model, provider), 8)
    }
    expect(found.models.map(({ provider }) => provider)).toEqual([
      'openai',
      'openai',
      'openai',
      'anthropic',
      'google',
      'google',
    ])
  })

  test('a model that the catalogue does not know has no price, and its neighbours are named', async () => {
    const file = await storeCsv('input,output\n1,2\n')
    const found = await price(file, { models: ['gpt4o', 'gpt-4o-banana', 'whisper-1'] })
    expect(found.models).toEqual([])
    expect(found.unknown.map(({ model }) => model)).toEqual(['gpt4o', 'gpt-4o-banana', 'whisper-1'])
    expect(found.unknown[0]!.nearest[0]).toBe('gpt-4o')
    expect(found.unknown[1]!.nearest).toContain('gpt-4o-mini')
    expect(found.catalogue).toMatchObject({ package: '@pydantic/genai-prices' })
    expect(found.catalogue.version).toMatch(/^\d+\.\d+\.\d+/)
  })

  test('an empty token cell counts as no tokens, a negative one is refused', async () => {
    const file = await storeCsv('input,output\n1000000,\n,100000\n')
    const found = await price(file, { models: ['gpt-4o'] })
    expect(found).toMatchObject({ rows: 2, models: [{ total_text: '$3.50' }] })
    const wrong = await storeCsv('input,output\n-5,3\n')
    await expect(price(wrong, { models: ['gpt-4o'] })).rejects.toThrow(/1 rows have a negative/)
  })

  test('cached input within the input costs its own price, and is told apart', async () => {
    const file = await storeCsv(
      'input_tokens,input_cached_tokens,output_tokens\n1000000,400000,100000\n1000000,,0\n',
    )
    const found = await price(file, { models: ['gpt-4o', 'gpt-4'] })
    expect(found.cached_input).toEqual({
      column: 'input_cached_tokens',
      tokens: 400_000,
      counted: 'within_input',
    })
    // 1.6 M at $2.50, 0.4 M at $1.25, 0.1 M at $10; gpt-4 has no price of cached input: 2 M at $30, 0.1 M at $60.
    expect(found.models).toMatchObject([
      { input_usd: 4.5, cached_input_usd: 0.5, output_usd: 1, total_text: '$5.50' },
      { input_usd: 60, cached_input_usd: 12, output_usd: 6, total_text: '$66.00' },
    ])
  })

  test.each([
    ['named as Anthropic does', 'input_tokens,cache_read_input_tokens,output_tokens', 500_000],
    ['more than its input', 'prompt_tokens,cached_tokens,completion_tokens', 2_000_000],
  ])('cached input %s stands beside the input', async (_how, header, cached) => {
    const file = await storeCsv(`${header}\n1000000,${cached},0\n`)
    const found = await price(file, { models: ['gpt-4o'] })
    expect(found.cached_input).toMatchObject({ tokens: cached, counted: 'beside_input' })
    // 1 M at $2.50 and what is cached at $1.25.
    expect(found.models[0]?.total_usd).toBe(2.5 + (cached / 1e6) * 1.25)
  })

  test('without token columns the numeric ones are offered', async () => {
    const file = await storeCsv('size,name,weight\n1,a,2\n')
    await expect(price(file, { models: ['gpt-4o'] })).rejects.toThrow(
      'No column is named like input tokens: name one as input_column. Numeric columns: size, weight.',
    )
    const named = { models: ['gpt-4o'], input_column: 'SIZE', output_column: 'weight' }
    expect(await price(file, named)).toMatchObject({ input_column: 'size', input_tokens: 1 })
  })

  test.each(['1=1) OR (1=1', '1=1) UNION ALL SELECT (1', "1=1) --'", 'true; DROP TABLE data'])(
    'the condition %s does not leave its brackets',
    async (where) => {
      const file = await storeCsv('input,output\n1,2\n')
      await expect(price(file, { models: ['gpt-4o'], where })).rejects.toThrow(/condition/)
    },
  )
})

describe('CSV files as people have them', () => {
  const cases: [string, string | Buffer, string[], unknown[][]][] = [
    [
      'semicolons and decimal commas',
      'a;b\n1,5;x\n2,75;y\n',
      ['number', 'text'],
      [
        [1.5, 'x'],
        [2.75, 'y'],
      ],
    ],
    [
      'grouped digits',
      'a,b\n"1,234",x\n"12,345,678",y\n',
      ['integer', 'text'],
      [
        [1234, 'x'],
        [12345678, 'y'],
      ],
    ],
    [
      'words for nothing',
      'a,b\n1,NA\n2,3\nNA,4\n',
      ['integer', 'integer'],
      [
        [1, null],
        [2, 3],
        [null, 4],
      ],
    ],
    [
      'codes with leading zeros',
      'zip,n\n00123,1\n01234,2\n',
      ['text', 'integer'],
      [
        ['00123', 1],
        ['01234', 2],
      ],
    ],
    ['Latin-1', Buffer.from('a,b\ncaf\xe9,1\n', 'latin1'), ['text', 'integer'], [['café', 1]]],
    [
      'UTF-16',
      Buffer.from('\ufeffa,b\ncafé,1\nx,2\n', 'utf16le'),
      ['text', 'integer'],
      [
        ['café', 1],
        ['x', 2],
      ],
    ],
    ['a byte order mark', '\ufeffa,b\n1,2\n', ['integer', 'integer'], [[1, 2]]],
    [
      'quoted line ends',
      'a,b\n1,"x ""q""\nnew"\n2,y\n',
      ['integer', 'text'],
      [
        [1, 'x "q"\nnew'],
        [2, 'y'],
      ],
    ],
    [
      'mixed line ends',
      'a,b\r\n1,2\n3,4\r\n',
      ['integer', 'integer'],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['tabs', 'a\tb\n1\t2\n', ['integer', 'integer'], [[1, 2]]],
    [
      'American times',
      't,v\n11/16/2023 18:15,1\n11/17/2023 18:15,2\n',
      ['time', 'integer'],
      [
        ['2023-11-16 18:15:00', 1],
        ['2023-11-17 18:15:00', 2],
      ],
    ],
    [
      'seven digits of a second',
      't\r\n2023-11-16 18:15:46.6805900\r\n2023-11-16 18:15:50.9951690\r\n',
      ['time'],
      [['2023-11-16 18:15:46.680590'], ['2023-11-16 18:15:50.995169']],
    ],
    [
      'times with a zone',
      't,v\n2023-11-16T18:15:46+02:00,1\n2023-11-16T18:15:47Z,2\n',
      ['time', 'integer'],
      [
        ['2023-11-16 16:15:46+00', 1],
        ['2023-11-16 18:15:47+00', 2],
      ],
    ],
    ['a header alone', 'a,b\n', ['text', 'text'], []],
    ['truth', 'a\ntrue\nfalse\n', ['boolean'], [[true], [false]]],
  ]

  test.each(cases)('%s', async (_title, csv, kinds, expected) => {
    const file = await storeCsv(csv)
    const found = await query(file, 'FROM data')
    expect(found.columns.map((column) => column.kind)).toEqual(kinds)
    expect(found.rows).toEqual(expected)
  })

  test('whole numbers beyond 64 bits keep all their digits', async () => {
    const file = await storeCsv('id,n\n12345678901234567890123,1\n12345678901234567890124,2\n')
    const found = await query(file, 'SELECT count(DISTINCT id), max(id) FROM data')
    expect(found.rows).toEqual([[2, '12345678901234567890124']])
  })

  test('a word for nothing among numbers is told of', async () => {
    const found = await profile(await storeCsv('a\n1\nNA\n3\n'))
    expect(found.rejected).toEqual({
      count: 0,
      reasons: ['1 cells of a say "NA" or the like: read as empty'],
    })
    expect(found.columns[0]).toMatchObject({ kind: 'integer', nulls: 1, mean: 2 })
  })

  test('a profile shows the beginning of a long text alone', async () => {
    const found = await profile(await storeCsv(`a\n${'x'.repeat(50_000)}\n`))
    expect(found.columns[0]!.max).toBe(`${'x'.repeat(120)}…`)
  })

  test('rows of another shape are left out, counted and explained', async () => {
    const found = await profile(await storeCsv('a,b\n1,2\n3\n4,5,6\n7,8\n'))
    expect(found.rows).toBe(2)
    expect(found.rejected.count).toBe(2)
    expect(found.rejected.reasons.join('\n')).toMatch(/missing columns: first on line 3/)
    expect(found.rejected.reasons.join('\n')).toMatch(/too many columns: first on line 4/)
  })

  test('a late word among numbers costs its cell, not its row, and is reported', async () => {
    const lines = Array.from({ length: 40_000 }, (_, row) =>
      row === 35_000 ? 'abc,1' : `${row},1`,
    )
    const file = await storeCsv(`a,b\n${lines.join('\n')}\n`)
    const found = await profile(file)
    expect(found).toMatchObject({ rows: 40_000, rejected: { count: 1 } })
    expect(found.rejected.reasons).toEqual([
      '1 cells of a are no BIGINT, such as "abc": read as empty',
    ])
    expect(found.columns[0]).toMatchObject({ kind: 'integer', nulls: 1 })
  })
})

describe('results', () => {
  test('values that a JSON number cannot hold exactly are text', async () => {
    const file = await storeCsv('a\n1\n')
    const found = await query(
      file,
      `SELECT 9007199254740991 AS a, 9007199254740993 AS b, 170141183460469231731687303715884105727::HUGEINT AS c,
        1.10::DECIMAL(9,2) AS d, 12345678901234567890.12::DECIMAL(38,2) AS e, 'nan'::DOUBLE AS f, '-inf'::DOUBLE AS g,
        TIMESTAMP '2023-11-16 18:15:46.68059' AS h, TIMESTAMP '2020-01-01 00:00:00' AS i, DATE '2020-01-01' AS j,
        TIME '01:02:03.5' AS k, NULL AS l, [1, 2] AS m`,
    )
    expect(found.rows).toEqual([
      [
        9007199254740991,
        '9007199254740993',
        '170141183460469231731687303715884105727',
        1.1,
        '12345678901234567890.12',
        'NaN',
        '-Infinity',
        '2023-11-16 18:15:46.680590',
        '2020-01-01 00:00:00',
        '2020-01-01',
        '01:02:03.500000',
        null,
        '[1, 2]',
      ],
    ])
    expect(found.columns.map(({ kind }) => kind).join(' ')).toBe(
      'integer integer integer number number number number time time time time integer text',
    )
  })

  test('10,000 rows come back of more, and the cut is told', async () => {
    const file = await storeCsv('a\n1\n')
    const found = await query(file, 'SELECT range FROM range(10001)')
    expect(found).toMatchObject({ row_count: 10_000, truncated: true })
    expect(await query(file, 'SELECT range FROM range(10000)')).toMatchObject({ truncated: false })
  })

  test('bytes are capped, and the cut is told', async () => {
    const file = await storeCsv('a\n1\n')
    const found = await query(file, "SELECT repeat('x', 15000) FROM range(9000)")
    expect(found.truncated).toBe(true)
    expect(JSON.stringify(found).length).toBeLessThan(4_100_000)
    const [[cell] = []] = (await query(file, "SELECT repeat('x', 100000)")).rows
    expect(String(cell)).toHaveLength(16_001)
  })

  test('a chart needs columns of its result, numbers on y, and at most 2,000 points', async () => {
    const file = await storeCsv('a,b\n1,x\n2,y\n')
    const chart = (sql: string, x: string, y: string) =>
      call('chart_table', file, { sql, kind: 'bar', title: 'A chart', x, y: [y] })
    await expect(chart('FROM data', 'nope', 'a')).rejects.toThrow('no column nope')
    await expect(chart('FROM data', 'a', 'b')).rejects.toThrow('b holds text, not numbers')
    await expect(chart('SELECT range FROM range(2001)', 'range', 'range')).rejects.toThrow(
      /2001 rows and a chart takes 2000: group by a coarser step/,
    )
    expect(await chart('FROM data', 'B', 'a')).toMatchObject({ chart: { x: { column: 'b' } } })
  })
})

describe('whose files', () => {
  test('another user’s file is as unknown as one that does not exist', async () => {
    const secret = await storeCsv('secret\n42\n', 'secret.csv', 'bob')
    const wanted = { file_id: secret.fileId, sql: 'FROM data' }
    const tool = tools.find(({ name }) => name === 'query_table')!
    await expect(tool.run(wanted, contextOf(secret))).rejects.toThrow(/No file .* is attached/)
    const own = await storeCsv('a\n1\n')
    await expect(tool.run(wanted, contextOf(own))).rejects.toThrow(/Tables here: .*table\.csv/)
  })

  test('a query of one file cannot read another by its path', async () => {
    const secret = await storeCsv('secret\n42\n', 'secret.csv', 'bob')
    await call('query_table', secret, { sql: 'FROM data' }, { ...contextOf(secret), userId: 'bob' })
    const own = await storeCsv('a\n1\n')
    for (const path of [files.pathOf(secret), `${files.pathOf(secret)}.duckdb`]) {
      for (const sql of [
        `FROM '${path}'`,
        `FROM read_csv('${path}')`,
        `FROM read_blob('${path}')`,
      ]) {
        await expect(query(own, sql)).rejects.toThrow(/only the|the only/i)
      }
      await expect(query(own, `ATTACH '${path}' AS other`)).rejects.toThrow(/Only reading/)
    }
  })

  test('what was made of a file goes with it', async () => {
    const file = await storeCsv('a\n1\n')
    await profile(file)
    const made = () => readdirSync(join(folder, 'files')).filter((n) => n.startsWith(file.fileId))
    expect(made()).toHaveLength(4)
    await files.remove('ann', file.fileId)
    expect(made()).toEqual([])
    await expect(profile(file)).rejects.toThrow(/No file/)
  })

  test('a table is read again when what was made of it is gone', async () => {
    const file = await storeCsv('a\n1\n2\n')
    await profile(file)
    rmSync(`${files.pathOf(file)}.duckdb`)
    expect((await query(file, 'SELECT sum(a) FROM data')).rows).toEqual([[3]])
  })

  test('several first questions at once read the file once and all are answered', async () => {
    const file = await storeCsv(GENERATED.csv)
    const counts = await Promise.all(
      Array.from({ length: 6 }, () => query(file, 'SELECT count(*) FROM data')),
    )
    expect(counts.map(({ rows }) => rows[0]![0])).toEqual(Array(6).fill(20_000))
  })

  test('several first profiles at once are one and the same', async () => {
    const file = await storeCsv('a,b\n1,x\n2,y\n')
    const ask = () => call<TableProfile>('profile_table', file, {})
    const profiles = await Promise.all(Array.from({ length: 8 }, ask))
    expect(new Set(profiles.map((one) => JSON.stringify(one))).size).toBe(1)
    const beside = readdirSync(dirname(files.pathOf(file)))
    expect(beside.filter((name) => name.endsWith('.partial'))).toEqual([])
  })

  test('a stopped first profile does not stop the others that wait for it', async () => {
    const file = await storeCsv('a\n1\n2\n')
    await call('query_table', file, { sql: 'SELECT 1 FROM data' })
    const abort = new AbortController()
    const stopped = call('profile_table', file, {}, contextOf(file, abort.signal))
    const others = [1, 2].map(() => call<TableProfile>('profile_table', file, {}))
    abort.abort(new Error('stopped'))
    await stopped.catch(() => undefined)
    expect((await Promise.all(others)).map(({ rows }) => rows)).toEqual([2, 2])
  })

  test('a stopped first question does not stop the others that wait for the same file', async () => {
    const file = await storeCsv(GENERATED.csv)
    const stop = new AbortController()
    const stopped = call('profile_table', file, {}, contextOf(file, stop.signal))
    const waiting = query(file, 'SELECT count(*) FROM data')
    setTimeout(() => stop.abort(), 5)
    await expect(stopped).rejects.toThrow('stopped')
    expect((await waiting).rows).toEqual([[20_000]])
  })
})

test('a file that is no table is refused by name', async () => {
  const content = Readable.from([Buffer.from('hello')])
  const text = { userId: 'ann', name: 'notes.txt', mediaType: 'text/plain', content }
  const file = await files.store({ ...text, origin: 'upload' })
  await expect(profile(file)).rejects.toThrow('notes.txt is text/plain: it has no rows')
})

test.runIf(existsSync('/proc/self/maps'))(
  'DuckDB runs in children: this process never loads it',
  () => {
    expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain('duckdb')
  },
)
