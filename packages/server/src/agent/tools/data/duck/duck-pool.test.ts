import { execFileSync, spawn } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'

import { systemClock, type Clock } from '../../../../platform/clock.ts'
import { silentLogger } from '../../../../platform/logger.ts'
import { ToolError } from '../../tool.ts'
import { DuckPool } from './duck-pool.ts'
import { queryAnswer } from './messages.ts'

const LIMITS = { rows: 10_000, bytes: 1_000_000 }
const ENDLESS =
  'SELECT count(*) FROM range(1000000000) a, range(1000) b WHERE a.range * b.range = 3'

let folder: string
let database: string
let pool: DuckPool

const poolOf = (size = 1, clock: Clock = systemClock, scratch = 'scratch'): DuckPool =>
  new DuckPool({
    clock,
    logger: silentLogger,
    limitMs: 20_000,
    size,
    scratch: join(folder, scratch),
  })

/** Time that passes all at once, when the test says so: what waits for no longer than that happens. */
function handClock(): Clock & { pass(ms?: number): void } {
  const waiting = new Map<() => void, number>()
  return {
    ...systemClock,
    after(ms, callback) {
      const run = (): void => callback()
      waiting.set(run, ms)
      return () => waiting.delete(run)
    },
    pass(ms = Infinity) {
      const due = [...waiting].filter(([, after]) => after <= ms)
      for (const [run] of due) if (waiting.delete(run)) run()
    },
  }
}

const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)

const never = new AbortController().signal

async function ask(sql: string, of = pool, signal = never, userId = 'ann') {
  const request = { kind: 'query', database, sql, limits: LIMITS } as const
  return queryAnswer.parse(await of.ask(request, userId, signal))
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function untilDead(pid: number): Promise<void> {
  while (isAlive(pid)) await wait(10)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-duck-'))
  database = join(folder, 'table.duckdb')
  const source = join(folder, 'table.csv')
  await writeFile(source, 'name,size\nann,1\nbob,2\n')
  pool = poolOf()
  await pool.ask(
    { kind: 'load', source, database, table: { format: 'csv', gzip: false }, bytes: 22 },
    'ann',
    never,
  )
})

afterAll(async () => {
  await pool[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

describe('statements that read', () => {
  test.each([
    'FROM data',
    'SELECT * FROM data;',
    '(SELECT 1)',
    '-- a remark\nWITH a AS (SELECT 1) SELECT * FROM a',
    'DESCRIBE data',
    'SUMMARIZE data',
    'SHOW TABLES',
    'VALUES (1)',
    'FROM duckdb_settings() LIMIT 1',
  ])('%s', async (sql) => {
    expect((await ask(sql)).rows.length).toBeGreaterThan(0)
  })
})

describe('statements that do anything else are refused', () => {
  const outside = /Only the table data can be read|the only one is data/
  test.each([
    ["SELECT * FROM read_csv('/etc/passwd')", outside],
    ["FROM '/etc/passwd'", outside],
    ["FROM read_text('/proc/self/environ')", outside],
    ["FROM glob('/*')", outside],
    ["FROM sniff_csv('/etc/passwd')", outside],
    ["FROM read_csv('https://example.com/a.csv')", outside],
    ['FROM duckdb_secrets()', outside],
    ["SELECT getenv('PATH')", /getenv does not exist/],
    ["ATTACH '/tmp/netra-other.db' AS other", /Only reading/],
    ["COPY data TO '/tmp/netra-copy.csv'", /Only reading/],
    ["EXPORT DATABASE '/tmp/netra-export'", /Only reading/],
    ['INSTALL httpfs', /Only reading/],
    ['LOAD httpfs', /Only reading/],
    ['SET threads = 8', /Only reading/],
    ['RESET memory_limit', /Only reading/],
    ['PRAGMA database_list', /Only reading/],
    ['CALL pragma_version()', /Only reading/],
    ['EXPLAIN ANALYZE SELECT 1', /Only reading/],
    ['CREATE TEMP TABLE t AS SELECT 1', /Only reading/],
    ['INSERT INTO data SELECT * FROM data', /Only reading/],
    ['DROP TABLE data', /Only reading/],
    ['CHECKPOINT', /Only reading/],
    ['BEGIN', /Only reading/],
    ['WITH a AS (SELECT 1) INSERT INTO data SELECT * FROM data', /not INSERT/],
    ['SELECT 1; SELECT 2', /holds 2/],
    ['SELECT 1; DROP TABLE data', /holds 2/],
    ["FROM query('DROP TABLE data')", /single SELECT/],
    ['SELECT $1', /parameters/],
    ['-- nothing', /empty/],
  ])('%s', async (sql, reason) => {
    const answer = ask(sql)
    await expect(answer).rejects.toBeInstanceOf(ToolError)
    await expect(answer).rejects.toThrow(reason)
    expect((await ask('SELECT sum(size) FROM data')).rows).toEqual([[3]])
  })

  test('an expression as long as a statement may be is refused for its depth', async () => {
    await expect(ask(`SELECT ${'1+'.repeat(9_000)}1`)).rejects.toThrow(/depth/)
  })

  test('nothing of them was written', async () => {
    await ask("FROM enable_logging(storage = 'file', storage_path = '/tmp/netra-logs')")
    const written = ['netra-copy.csv', 'netra-export', 'netra-other.db', 'netra-logs']
    expect(written.filter((name) => existsSync(join('/tmp', name)))).toEqual([])
  })

  test('what a statement switches on ends with it', async () => {
    await ask("FROM enable_logging('QueryLog')")
    expect((await ask('SELECT count(*) FROM duckdb_logs()')).rows).toEqual([[0]])
    await ask('FROM enable_profiling()')
    expect((await ask("SELECT current_setting('enable_profiling')")).rows).toEqual([[null]])
  })
})

describe('statements that take too much', () => {
  test.each([
    'SELECT list(range) FROM range(1000000000)',
    "SELECT string_agg(repeat('x', 1000000), '') FROM range(3000)",
    "SELECT lpad('x', 2000000000, 'y')",
  ])('%s fails for memory, and the next is answered', async (sql) => {
    const answer = ask(sql)
    await expect(answer).rejects.toBeInstanceOf(ToolError)
    await expect(answer).rejects.toThrow(/memory/)
    expect((await ask('SELECT count(*) FROM data')).rows).toEqual([[2]])
  })

  test.each([
    'WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a) SELECT count(*) FROM a',
    'SELECT sleep_ms(100000)',
    ENDLESS,
  ])('%s is killed when its time is over', async (sql) => {
    const clock = handClock()
    await using brief = poolOf(1, clock, 'scratch-time')
    await ask('SELECT 1', brief)
    const [pid = 0] = brief.pids
    const answer = ask(sql, brief)
    setTimeout(() => clock.pass(), 100)
    await expect(answer).rejects.toThrow('took longer than 20 s and was stopped')
    await untilDead(pid)
    expect((await ask('SELECT count(*) FROM data', brief)).rows).toEqual([[2]])
  })
})

describe('files that take long', () => {
  const LARGE = 100_000_000
  let files = 0

  /** Asks for a file that is never read to its end: a pipe into which nobody writes. */
  function endless(of: DuckPool, userId: string, bytes = LARGE, signal = never) {
    const source = join(folder, `${++files}.pipe`)
    execFileSync('mkfifo', [source])
    const answer = read(of, userId, { source, bytes, signal })
    answer.catch(() => undefined)
    return answer
  }

  function read(
    of: DuckPool,
    userId: string,
    more: { source?: string; bytes?: number; signal?: AbortSignal } = {},
  ) {
    const { source = join(folder, 'table.csv'), bytes = 22, signal = never } = more
    const made = `${source}.${++files}.duckdb`
    const table = { format: 'csv', gzip: false } as const
    return of.ask({ kind: 'load', source, database: made, table, bytes }, userId, signal)
  }

  const isRead = { rejected: { count: 0, reasons: [] } }

  test('small files and queries of others are read beside them', async () => {
    await using two = poolOf(2, handClock(), 'scratch-beside')
    void endless(two, 'ann')
    void endless(two, 'ann')
    void endless(two, 'bob')
    expect(await read(two, 'cal')).toEqual(isRead)
    expect(await read(two, 'ann')).toEqual(isRead)
    expect((await ask('SELECT 1', two, never, 'bob')).rows).toEqual([[1]])
  })

  test('a person has one at a time, however many places there are', async () => {
    await using four = poolOf(4, handClock(), 'scratch-one')
    void endless(four, 'ann')
    void endless(four, 'ann')
    expect(four.pids).toHaveLength(1)
    expect(await read(four, 'bob', { bytes: LARGE })).toEqual(isRead)
  })

  test('one that another person’s file has waited 60 s for is ended with a reason', async () => {
    const clock = handClock()
    await using two = poolOf(2, clock, 'scratch-way')
    const slow = endless(two, 'ann')
    const waiting = read(two, 'bob', { bytes: LARGE })
    clock.pass(60_000)
    await expect(slow).rejects.toBeInstanceOf(ToolError)
    await expect(slow).rejects.toThrow(/had waited 60 s for it.*Split it/)
    expect(await waiting).toEqual(isRead)
  })

  test('one that nobody else waits for has its ten minutes', async () => {
    const clock = handClock()
    await using two = poolOf(2, clock, 'scratch-ten')
    const slow = endless(two, 'ann')
    const own = read(two, 'ann', { bytes: LARGE })
    const gone = new AbortController()
    const stopped = endless(two, 'bob', LARGE, gone.signal)
    gone.abort()
    await expect(stopped).rejects.toThrow('stopped')
    const [pid] = two.pids
    clock.pass(599_999)
    expect(two.pids).toEqual([pid])
    clock.pass(600_000)
    await expect(slow).rejects.toThrow('took longer than 600 s')
    expect(await own).toEqual(isRead)
  })

  test('a file that is small and takes long goes on after 5 s as a long one', async () => {
    const clock = handClock()
    await using two = poolOf(2, clock, 'scratch-proved')
    const first = endless(two, 'ann', 22)
    const second = endless(two, 'bob', 22)
    const small = read(two, 'cal')
    clock.pass(5_000)
    expect(await small).toEqual(isRead)
    clock.pass(60_000)
    await expect(first).rejects.toThrow('had waited 60 s')
    const gone = read(two, 'cal', { bytes: LARGE })
    clock.pass(60_000)
    await expect(second).rejects.toThrow('had waited 60 s')
    expect(await gone).toEqual(isRead)
  })
})

describe('processes', () => {
  test('none runs before the first request, and at most as many as allowed after it', async () => {
    await using two = poolOf(2)
    expect(two.pids).toEqual([])
    await Promise.all(Array.from({ length: 8 }, () => ask('SELECT 1', two)))
    expect(two.pids).toHaveLength(2)
  })

  test('an aborted request is answered at once and its process is dead', async () => {
    const stop = new AbortController()
    await using one = poolOf()
    await ask('SELECT 1', one)
    const [pid = 0] = one.pids
    const answer = ask(ENDLESS, one, stop.signal)
    setTimeout(() => stop.abort(), 50)
    await expect(answer).rejects.toThrow('stopped')
    await untilDead(pid)
    expect(one.pids).toEqual([])
  })

  test('a request that is over leaves nothing on the signal of who asked', async () => {
    const { signal } = new AbortController()
    await ask('SELECT 1', pool, signal)
    await expect(ask('SELECT nothing', pool, signal)).rejects.toThrow(ToolError)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('a request that waits for its turn can be aborted', async () => {
    await using one = poolOf()
    const stop = new AbortController()
    const running = ask(ENDLESS, one, stop.signal)
    const waitingStop = new AbortController()
    const waiting = ask('SELECT 1', one, waitingStop.signal)
    waitingStop.abort()
    await expect(waiting).rejects.toThrow('stopped')
    stop.abort()
    await expect(running).rejects.toThrow('stopped')
  })

  test('one user’s queue does not hold up another user', async () => {
    await using one = poolOf()
    const order: string[] = []
    const noted = async (userId: string, sql: string) => {
      await ask(sql, one, never, userId)
      order.push(userId)
    }
    await Promise.all([
      noted('ann', 'SELECT sleep_ms(50)'),
      noted('ann', 'SELECT 1'),
      noted('ann', 'SELECT 1'),
      noted('bob', 'SELECT 1'),
    ])
    expect(order).toEqual(['ann', 'bob', 'ann', 'ann'])
  })

  test('a process killed from outside ends its request with a reason, and is replaced', async () => {
    await using one = poolOf()
    await ask('SELECT 1', one)
    const answer = ask(ENDLESS, one)
    process.kill(one.pids[0]!, 'SIGKILL')
    await expect(answer).rejects.toThrow(/ended before it answered/)
    expect((await ask('SELECT 1', one)).rows).toEqual([[1]])
  })

  test('disposing ends every process and every request', async () => {
    const one = poolOf(2)
    await ask('SELECT 1', one)
    const pids = one.pids
    const running = ask(ENDLESS, one)
    const failed = running.catch((error: unknown) => String(error))
    await one[Symbol.asyncDispose]()
    expect(await failed).toMatch(/ended before|stopping/)
    expect(pids.filter(isAlive)).toEqual([])
    await expect(ask('SELECT 1', one)).rejects.toThrow('stopped')
  })

  test('a process holds none of the server’s environment', async () => {
    await using one = poolOf()
    await ask('SELECT 1', one)
    const names = (await readFile(`/proc/${one.pids[0]}/environ`, 'utf8'))
      .split('\0')
      .map((entry) => entry.split('=')[0])
      .filter((name) => name !== '')
    expect(
      names.filter(
        (name) =>
          ![
            'NODE_CHANNEL_FD',
            'NODE_CHANNEL_SERIALIZATION_MODE',
            'PWD',
            'OLDPWD',
            'SHLVL',
            '_',
          ].includes(name!),
      ),
    ).toEqual([])
  })

  test('what a killed process spilled is removed', async () => {
    await using one = poolOf(1, systemClock, 'scratch-spill')
    await ask('SELECT 1', one)
    const scratch = join(folder, 'scratch-spill')
    await writeFile(join(scratch, '1', 'duckdb_temp_storage-0.tmp'), 'spilled')
    process.kill(one.pids[0]!, 'SIGKILL')
    await vi.waitFor(() => expect(readdirSync(scratch)).toEqual([]))
  })

  test('processes end with a parent that was killed, in the middle of a query', async () => {
    const script = join(folder, 'parent.mjs')
    await writeFile(
      script,
      `import { DuckPool } from ${url('./duck-pool.ts')}
       import { systemClock } from ${url('../../../../platform/clock.ts')}
       import { silentLogger } from ${url('../../../../platform/logger.ts')}
       const pool = new DuckPool({ clock: systemClock, logger: silentLogger, limitMs: 60000, size: 1, scratch: ${JSON.stringify(join(folder, 'scratch-parent'))} })
       const ask = (sql) => pool.ask({ kind: 'query', database: ${JSON.stringify(database)}, sql, limits: { rows: 1, bytes: 1 } }, 'ann', new AbortController().signal)
       await ask('SELECT 1')
       process.stdout.write(String(pool.pids[0]))
       await ask(${JSON.stringify(ENDLESS)})`,
    )
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [printed] = await once(parent.stdout, 'data')
    const pid = Number(String(printed))
    await wait(100)
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await untilDead(pid)
  })
})
