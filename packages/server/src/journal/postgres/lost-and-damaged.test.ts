import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { testDatabase, type TestDatabase } from '../../../../../tests/support/postgres.ts'
import { silentLogger } from '../../platform/logger.ts'
import { createMetrics, type Metrics } from '../../platform/metrics.ts'
import { A, ALL, B, eventOf, events, keys, setting } from '../contract-samples.ts'
import {
  EventsRemoved,
  type Journal,
  JournalUnavailable,
  StatementFailed,
  type StreamName,
} from '../journal.ts'
import { openPostgresJournal } from './postgres-journal.ts'
import { PostgresStore } from './postgres-store.ts'

let database: TestDatabase
let folder: string
let journal: Journal
let metrics: Metrics

const open = (url = database.url): Promise<Journal> => {
  metrics = createMetrics()
  return openPostgresJournal({
    url,
    markFile: join(folder, 'postgres.mark'),
    logger: silentLogger,
    metrics,
    pollMs: 10,
    scrubMs: 20,
  })
}
const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000 })
const append = (stream: StreamName, count: number) =>
  journal.commit({ appends: [{ stream, events: events(count) }] })
const reopen = async (): Promise<Journal> => {
  await journal[Symbol.asyncDispose]()
  journal = await open()
  return journal
}

beforeEach(async () => {
  database = await testDatabase()
  folder = await mkdtemp(join(tmpdir(), 'netra-pg-'))
  journal = await open()
})
afterEach(async () => {
  await journal[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Takes the newest events away, and with them what the stream's row says of them. */
const forgetLast = async (count: number): Promise<void> => {
  await database.run(
    `with shorter as (
       update stream set head = head - $2, chain = (
         select chain from event where event.stream = stream.id and seq = head - $2
       ) where name = $1 returning id, head
     )
     delete from event using shorter where stream = shorter.id and seq > shorter.head`,
    A,
    count,
  )
}

describe('a store that lacks what it acknowledged', () => {
  const threeAppends = async (): Promise<string> => {
    for (let n = 0; n < 3; n += 1) await append(A, 1)
    return journal.epoch
  }

  test('F73: is noticed by the next commit, which goes on under a new epoch', async () => {
    const before = await threeAppends()
    await forgetLast(1)
    expect(await append(A, 1)).toMatchObject({ appended: [{ first: 3, last: 3 }] })
    expect(journal.epoch).not.toBe(before)
    expect(await metrics.text()).toContain('netra_journal_damage_total 1')
    expect(journal.status()).toMatchObject({
      writable: true,
      epochChanged: 'thread:a ends at 2, but event 3 was acknowledged',
    })
  })

  test('F73: is noticed by whoever asks for the head', async () => {
    const before = await threeAppends()
    await forgetLast(2)
    expect(await journal.plan(A, `${before}:3`)).toEqual({ kind: 'other_epoch', head: 1 })
  })

  test('F73: a client whose position is beyond the head of the same epoch is ahead', async () => {
    const before = await threeAppends()
    expect(await journal.plan(A, `${before}:4`)).toEqual({ kind: 'ahead', head: 3 })
  })

  test('F69: is noticed at a start, also when others have written more since', async () => {
    const before = await threeAppends()
    await journal[Symbol.asyncDispose]()
    await forgetLast(2)
    const elsewhere = await openPostgresJournal({ url: database.url, logger: silentLogger })
    await elsewhere.commit({ appends: [{ stream: A, events: events(9, 50) }] })
    await elsewhere[Symbol.asyncDispose]()
    journal = await open()
    expect(journal.epoch).not.toBe(before)
    expect(journal.status().epochChanged).toContain('event 3 of thread:a, which was acknowledged')
    const { epoch } = journal
    expect((await reopen()).epoch).toBe(epoch)
  })

  test('a restart after damage was told does not tell it again', async () => {
    await threeAppends()
    await database.run('update event set hash = payload where seq = 3')
    await journal.read(A, 0, ALL)
    const { epoch } = journal
    expect((await reopen()).status().epochChanged).toBeUndefined()
    expect(journal.epoch).toBe(epoch)
    // One at a time scrubs: its own must be over.
    await journal[Symbol.asyncDispose]()
    const store = new PostgresStore(database.url)
    expect(await store.scrub(undefined, 1_000)).toBeUndefined()
    await store[Symbol.asyncDispose]()
  })
})

describe('damage', () => {
  const fill = async (): Promise<string> => {
    for (let n = 0; n < 4; n += 1) await append(A, 3)
    await append(B, 5)
    return journal.epoch
  }
  const told = (before: string) =>
    soon(() => {
      expect(journal.epoch).not.toBe(before)
      return String(journal.status().epochChanged)
    })
  const one = 'stream = (select id from stream where name = $1)'

  test('F65: of an event that nobody reads is found by the scrub', async () => {
    const before = await fill()
    await database.run(
      `update event set payload = set_byte(payload, 3, 99) where ${one} and seq = 5`,
      A,
    )
    expect(await told(before)).toBe('event 5 of thread:a is not what was written')
    await expect(journal.read(A, 4, ALL)).rejects.toThrow(EventsRemoved)
    expect(await journal.read(A, 5, ALL)).toHaveLength(7)
  })

  test('F65: an event that was exchanged together with its hash breaks the chain', async () => {
    const before = await fill()
    await database.run(
      `update event set payload = 'x'::bytea, hash = sha256('x'::bytea) where ${one} and seq = 5`,
      A,
    )
    expect(await told(before)).toBe('the chain of thread:a breaks at event 6')
  })

  test('an event that is gone is told by the read that misses it', async () => {
    const before = await fill()
    await database.run(`delete from event where ${one} and seq = 5`, A)
    expect((await journal.read(A, 0, ALL)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    expect(await told(before)).toBe('thread:a lacks event 5')
    await expect(journal.read(A, 4, ALL)).rejects.toThrow(EventsRemoved)
    expect(await journal.readKept(A, 3, ALL)).toMatchObject({ through: 12 })
  })

  test('F64: an end that is gone is told, and the stream goes on behind its head', async () => {
    const before = await fill()
    await database.run(`delete from event where ${one} and seq > 9`, A)
    await expect(journal.read(A, 9, ALL)).rejects.toThrow(EventsRemoved)
    expect(journal.epoch).not.toBe(before)
    expect(await append(A, 1)).toMatchObject({ appended: [{ first: 13, last: 13 }] })
  })

  test('F64: an end that is gone is found at a start', async () => {
    const before = await fill()
    await journal[Symbol.asyncDispose]()
    await database.run(`delete from event where ${one} and seq > 9`, A)
    journal = await open()
    expect(journal.epoch).not.toBe(before)
    expect(journal.status().epochChanged).toBe('the end of thread:a is not what was written')
  })

  test('events behind the end of their stream are told by the commit that meets them', async () => {
    await append(A, 2)
    const before = journal.epoch
    await database.run(
      `insert into event (stream, seq, hash) select id, 3, 'x' from stream where name = $1`,
      A,
    )
    expect(await append(A, 1)).toMatchObject({ appended: [{ first: 4, last: 4 }] })
    expect(journal.epoch).not.toBe(before)
  })

  test('a stream that was mended verifies, and so does what is appended to it', async () => {
    const before = await fill()
    await database.run(`delete from event where ${one} and seq in (2, 7)`, A)
    await told(before)
    const { epoch } = journal
    await append(A, 2)
    await reopen()
    await soon(async () => {
      const [first] = await database.run('select count(*)::int as count from event')
      expect(first).toEqual({ count: 19 })
    })
    expect((await journal.readKept(A, 0, ALL)).events).toHaveLength(12)
    expect(journal.epoch).toBe(epoch)
  })
})

describe('a PostgreSQL that cannot be reached', () => {
  const target = new URL(process.env['TEST_DATABASE_URL'] ?? 'postgres://root@127.0.0.1:5432/')
  let gate: Server
  let sockets: Set<Socket>
  let port: number

  const openGate = (): Promise<void> =>
    new Promise((resolve) => {
      gate = createServer((socket) => {
        const through = connect(Number(target.port || 5432), target.hostname)
        for (const each of [socket, through]) {
          sockets.add(each)
          each.on('error', () => undefined)
        }
        socket.pipe(through).pipe(socket)
      })
      gate.listen(port, '127.0.0.1', resolve)
    })
  const shutGate = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    await new Promise((resolve) => gate.close(resolve))
  }

  beforeEach(async () => {
    sockets = new Set()
    port = 0
    await openGate()
    const address = gate.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
    const url = new URL(database.url)
    url.hostname = '127.0.0.1'
    url.port = String(port)
    await journal[Symbol.asyncDispose]()
    journal = await open(url.href)
  })
  afterEach(shutGate)

  test('F77: commits are refused with the reason, and go on by themselves when it is back', async () => {
    await append(A, 3)
    const before = journal.epoch
    await shutGate()
    await expect(append(A, 1)).rejects.toThrow(JournalUnavailable)
    await soon(() => expect(journal.status().writable).toBe(false))
    await soon(() => expect(journal.status().problem).toContain('127.0.0.1'))
    expect(await metrics.text()).toContain('netra_journal_unavailable_total 1')
    await expect(journal.head(A)).rejects.toThrow(JournalUnavailable)
    await expect(keys(journal)).rejects.toThrow(JournalUnavailable)
    await openGate()
    await soon(() => expect(journal.status().writable).toBe(true))
    expect(await append(A, 1)).toMatchObject({ appended: [{ first: 4 }] })
    expect(journal.epoch).toBe(before)
  })

  test('F73: a server that comes back with less begins a new epoch before anything is written', async () => {
    await append(A, 3)
    const before = journal.epoch
    const told: string[] = []
    journal.onEpochChanged((why) => told.push(why))
    await shutGate()
    await soon(() => expect(journal.status().writable).toBe(false))
    await database.run(`update event set hash = 'other' where seq = 3`)
    await openGate()
    await soon(() => expect(journal.status().writable).toBe(true))
    expect(journal.epoch).not.toBe(before)
    // Two that find it at the same moment may each begin one: told twice is told.
    expect(told).not.toEqual([])
  })

  test('connections that break are made anew, and nothing is lost or told twice', async () => {
    await append(A, 1)
    for (let n = 0; n < 5; n += 1) {
      for (const socket of sockets) socket.destroy()
      await soon(async () => expect((await append(A, 1)).status).toBe('committed'))
    }
    const read = await journal.read(A, 0, ALL)
    expect(read.map(({ seq }) => seq)).toEqual(read.map((_, index) => index + 1))
  })

  test('a start without it says where it was looked for, and no password', async () => {
    await shutGate()
    const url = new URL(database.url)
    url.port = String(port)
    url.password = 'hunter2'
    const failing = openPostgresJournal({ url: url.href, logger: silentLogger })
    await expect(failing).rejects.toThrow(`127.0.0.1:${port}`)
    await expect(failing).rejects.not.toThrow('hunter2')
    await openGate()
  })
})

describe('statements', () => {
  test('a commit is durable when it is answered, whatever the server would do', async () => {
    const url = new URL(database.url)
    const options = `${url.searchParams.get('options')} -c synchronous_commit=off`
    url.searchParams.set('options', options)
    const relaxed = await openPostgresJournal({ url: url.href, logger: silentLogger })
    const shown = { sql: `select current_setting('synchronous_commit') as value`, parameters: [] }
    const result = await relaxed.commit({
      appends: [],
      expect: [{ name: 'setting', query: shown, rows: 'none' }],
    })
    expect(result).toMatchObject({ rows: [{ value: 'on' }] })
    await relaxed[Symbol.asyncDispose]()
  })

  test('question marks are places for values, but not in texts', async () => {
    await journal.write([
      { sql: `insert into setting values (?, '?', ?)`, parameters: ['a?', 'now'] },
    ])
    const found = await journal.query({
      sql: `select key, value, '?' as mark from setting where updated_at = ? and key = ?`,
      parameters: ['now', 'a?'],
    })
    expect(found).toEqual([{ key: 'a?', value: '?', mark: '?' }])
  })

  test('sums, counts and big numbers are numbers; a NUL does not fail a row', async () => {
    await journal.write([setting(journal, 'nul', 'a\0b')])
    const [row] = await journal.query({
      sql: `select count(*) as count, sum(length(value)) as sum, 4503599627370497::bigint as big,
              coalesce(sum(null::bigint), 0) as none, max(value) as value from setting`,
      parameters: [],
    })
    expect(row).toEqual({ count: 1, sum: 3, big: 4503599627370497, none: 0, value: 'a\uFFFDb' })
    expect(
      await journal.db.selectFrom('setting').select(journal.now().as('now')).execute(),
    ).toEqual([{ now: expect.any(Number) as number }])
  })

  test('a wrong one among many fails alone, and those beside it keep their order', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 9 }, (_, n) =>
        journal.commit({
          appends: [{ stream: A, events: [eventOf({ n })] }],
          rows: n === 4 ? [{ sql: 'nonsense', parameters: [] }] : [setting(journal, `k${n}`)],
        }),
      ),
    )
    expect(results.map(({ status }) => status).indexOf('rejected')).toBe(4)
    expect(results[4]).toMatchObject({ reason: expect.any(StatementFailed) as Error })
    const read = await journal.read(A, 0, ALL)
    expect(read.map(({ payload }) => payload)).toEqual(
      [0, 1, 2, 3, 5, 6, 7, 8].map((n) => JSON.stringify({ n })),
    )
  })
})
