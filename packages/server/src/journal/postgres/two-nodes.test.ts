import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { testDatabase, type TestDatabase } from '../../../../../tests/support/postgres.ts'
import { asId, type RunId } from '../../platform/ids.ts'
import { silentLogger } from '../../platform/logger.ts'
import { A, ALL, B, eventOf, events, keys, run, setting, someSetting } from '../contract-samples.ts'
import { EventsRemoved, type Journal, StatementFailed } from '../journal.ts'
import { connectWriter } from './connection.ts'
import { openPostgresJournal } from './postgres-journal.ts'

let database: TestDatabase
let one: Journal
let other: Journal

const open = (): Promise<Journal> =>
  openPostgresJournal({ url: database.url, logger: silentLogger, pollMs: 10, scrubMs: Infinity })
const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000 })

beforeEach(async () => {
  database = await testDatabase()
  ;[one, other] = await Promise.all([open(), open()])
})
afterEach(async () => {
  await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()])
  await database[Symbol.asyncDispose]()
})

test('nodes that start together on an empty database have one epoch', () => {
  expect(one.epoch).toBe(other.epoch)
  expect([one, other].map((each) => each.status().epochChanged)).toEqual([undefined, undefined])
})

test('F26: nobody who reads while two nodes append ever skips a number', async () => {
  const third = await open()
  const seen: number[] = []
  const reader = (async () => {
    while (seen.length < 400) {
      for (const { seq } of await third.read(A, seen.at(-1) ?? 0, ALL)) seen.push(seq)
    }
  })()
  const append = (journal: Journal, n: number) =>
    journal.commit({
      appends: [
        { stream: A, events: [eventOf({ n })] },
        { stream: n % 2 ? B : 'thread:c', events: events(1) },
      ],
    })
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => append(n % 2 ? one : other, round * 20 + n)),
    )
  }
  await reader
  expect(seen).toEqual(Array.from({ length: 400 }, (_, index) => index + 1))
  const payloads = (await third.read(A, 0, ALL)).map(({ payload }) => payload)
  expect(new Set(payloads).size).toBe(400)
  expect([one, other].map((each) => each.status().epochChanged)).toEqual([undefined, undefined])
  await third[Symbol.asyncDispose]()
})

test('of commits on both nodes that expect the same to be absent, one wins and all others are told', async () => {
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, index) => {
      const journal = index % 2 ? one : other
      return journal.commit({
        // Different streams: nothing but the key itself brings them together.
        appends: [{ stream: `thread:${index}`, events: events(1) }],
        rows: [setting(journal, 'once', String(index))],
        expect: [{ name: 'once', query: someSetting(journal, 'once'), rows: 'none' }],
      })
    }),
  )
  const won = results.filter(({ status }) => status === 'committed')
  const told = results.flatMap((result) => (result.status === 'unexpected' ? [result] : []))
  expect([won.length, told.length]).toEqual([1, 39])
  expect(new Set(told.map(({ name, rows }) => `${name} ${rows.length}`))).toEqual(
    new Set(['once 1']),
  )
  const heads = await Promise.all(results.map((_, index) => one.head(`thread:${index}`)))
  expect(heads.filter((head) => head > 0)).toHaveLength(1)
})

test('a commit whose key another process takes between its check and its write is told so', async () => {
  await database.run('begin')
  await database.run(`insert into setting values ('once', 'first', '')`)
  const wrong = one.commit({ appends: [], rows: [{ sql: 'nonsense', parameters: [] }] })
  const waiting = one.commit({
    appends: [{ stream: A, events: events(1) }],
    rows: [setting(one, 'once')],
    expect: [{ name: 'once', query: someSetting(one, 'once'), rows: 'none' }],
  })
  const blocked =
    'select pid from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))'
  await soon(async () => expect(await database.run(blocked)).toHaveLength(1))
  await database.run('commit')
  await expect(wrong).rejects.toThrow(StatementFailed)
  expect(await waiting).toMatchObject({ status: 'unexpected', rows: [{ value: 'first' }] })
  expect(await one.head(A)).toBe(0)
})

test('F51: nothing of an older fence is committed once another node took the run over', async () => {
  await one.write([run(one, 'r', 1)])
  const takeOver = (fence: number) =>
    other.commit({
      appends: [{ stream: 'user:u', events: [eventOf({ fence })] }],
      rows: [
        other.db.updateTable('run').set({ fence }).where('id', '=', asId<RunId>('r')).compile(),
      ],
    })
  for (let fence = 1; fence <= 30; fence += 1) {
    const old = { runId: 'r', fence }
    const writes = Array.from({ length: 6 }, () =>
      one.commit({ appends: [{ stream: A, events: [eventOf({ fence })] }], fence: old }),
    )
    await Promise.all([...writes, takeOver(fence + 1)])
    const headAfter = await one.head(A)
    const late = await one.commit({ appends: [{ stream: A, events: events(1) }], fence: old })
    expect(late).toEqual({ status: 'stale_fence' })
    expect(await other.head(A)).toBe(headAfter)
  }
})

test('of two nodes that claim a run at once under its old fence, one gets it', async () => {
  await one.write([run(one, 'r', 1)])
  const claim = (journal: Journal, fence: number) =>
    journal.commit({
      appends: [],
      expect: [
        {
          name: 'open',
          rows: 'some',
          query: journal.db
            .selectFrom('run')
            .select('id')
            .where('id', '=', asId<RunId>('r'))
            .where('fence', '=', fence)
            .compile(),
        },
      ],
      rows: [
        journal.db
          .updateTable('run')
          .set({ fence: fence + 1 })
          .where('id', '=', asId<RunId>('r'))
          .compile(),
      ],
    })
  for (let fence = 1; fence <= 40; fence += 1) {
    const results = await Promise.all([claim(one, fence), claim(other, fence)])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['committed', 'unexpected'])
  }
})

test('F51: a process that is paused inside its transaction loses it, and others go on', async () => {
  await one.commit({ appends: [{ stream: A, events: events(1) }] })
  const paused = await connectWriter(database.url, () => undefined)
  await paused.query('begin')
  await paused.query('update stream set head = head + 1 where name = $1', [A])
  const waited = one.commit({ appends: [{ stream: A, events: events(1) }] })
  expect(await waited).toMatchObject({ appended: [{ first: 2, last: 2 }] })
  await expect(paused.query('commit')).rejects.toThrow(/connection/i)
})

test('groups that lock the same streams in any order all commit', async () => {
  const names = Array.from({ length: 12 }, (_, n) => `thread:${n}` as const)
  const commits = Array.from({ length: 60 }, (_, index) => {
    const journal = index % 2 ? one : other
    const chosen = names.filter((_name, n) => (index * 7 + n * 5) % 3 !== 0)
    const streams = index % 4 < 2 ? chosen : chosen.toReversed()
    return journal.commit({
      appends: streams.map((stream) => ({ stream, events: events(1) })),
      rows: [setting(journal, `k${index}`)],
    })
  })
  const results = await Promise.all(commits)
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['committed']))
  expect(await keys(one)).toHaveLength(60)
})

test('a position given by one node is good at the other at once', async () => {
  const told: number[] = []
  other.follow(A, (head) => told.push(head))
  for (let n = 1; n <= 30; n += 1) {
    await one.commit({ appends: [{ stream: A, events: events(1) }] })
    expect(await other.plan(A, `${one.epoch}:${n}`)).toEqual({ kind: 'range', after: n, head: n })
    expect(await other.read(A, n - 1, ALL)).toHaveLength(1)
  }
  expect(told.at(-1)).toBe(30)
})

test('who follows a stream hears of what another process appended, and reads it without a gap', async () => {
  const heads: number[] = []
  const own: number[] = []
  const leave = other.follow(A, (head) => heads.push(head))
  other.onCommitted((_stream, first) => own.push(first))
  await other.commit({ appends: [{ stream: A, events: events(2) }] })
  await one.commit({ appends: [{ stream: A, events: events(3, 2) }] })
  await soon(() => expect(heads.at(-1)).toBe(5))
  await one.commit({ appends: [{ stream: A, events: events(1, 5) }] })
  await other.commit({ appends: [{ stream: A, events: events(1, 6) }] })
  // The memory of recent events has holes where the other node wrote; nobody may see them.
  for (let after = 0; after <= 7; after += 1) {
    const read = await other.read(A, after, { events: 1, bytes: 1_000 })
    expect(read.map(({ seq }) => seq)).toEqual(after === 7 ? [] : [after + 1])
  }
  expect((await other.read(A, 0, ALL)).map(({ payload }) => payload)).toEqual(
    events(7).map(({ payload }) => payload),
  )
  expect(own).toEqual([1, 7])
  leave()
  await one.commit({ appends: [{ stream: A, events: events(1) }] })
  await other.head(A)
  expect(heads).not.toContain(8)
})

test('what one node erased is not read from the memory of another', async () => {
  other.follow(A, () => undefined)
  await other.commit({ appends: [{ stream: A, events: events(3) }] })
  expect(await other.read(A, 0, ALL)).toHaveLength(3)
  await one.commit({ appends: [], erase: [{ stream: A }] })
  await soon(() => expect(other.read(A, 0, ALL)).rejects.toThrow(EventsRemoved))
})

test('a new epoch reaches every node, with its reason', async () => {
  await one.commit({ appends: [{ stream: A, events: events(3) }] })
  const told: string[] = []
  other.onEpochChanged((why) => told.push(why))
  const before = one.epoch
  await database.run('update event set payload = $1 where seq = 2', Buffer.from('changed'))
  await one.read(A, 0, ALL)
  expect(one.epoch).not.toBe(before)
  await soon(() => expect(other.epoch).toBe(one.epoch))
  expect(told).toHaveLength(1)
  expect(told[0]).toContain('event 2 of thread:a is not what was written')
  expect(await other.plan(A, `${before}:1`)).toMatchObject({ kind: 'other_epoch' })
})

test('damage that many find at once is one new epoch', async () => {
  await one.commit({ appends: [{ stream: A, events: events(3) }] })
  const told: string[] = []
  one.onEpochChanged((why) => told.push(why))
  await database.run('update event set payload = $1 where seq = 2', Buffer.from('changed'))
  const found = await Promise.all(
    Array.from({ length: 40 }, (_, n) => (n % 2 ? one : other).read(A, 0, ALL)),
  )
  expect(new Set(found.map((read) => read.length))).toEqual(new Set([1]))
  await soon(() => expect(other.epoch).toBe(one.epoch))
  expect(told).toHaveLength(1)
  expect(await database.run('select number from epoch')).toHaveLength(2)
})
