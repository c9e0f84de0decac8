import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { type CrashChild, crashContract } from './contract-crash.ts'
import { modelContract } from './contract-model.ts'
import { type Journal, type NewEvent, StatementFailed, type StreamName } from './journal.ts'
import { REPLAY_LIMIT } from './plan.ts'

/** One store under test; disposing it removes the store. */
export interface StoreUnderTest extends AsyncDisposable {
  journal: Journal
  /** Closes the journal and opens it again on the same store. */
  reopen(): Promise<Journal>
  /** Says how a child process opens the same store; absent when this process must close it first. */
  crash: CrashChild
}

const ALL = { events: 1_000_000, bytes: 1_000_000_000 }
const A: StreamName = 'thread:a'
const B: StreamName = 'user:b'

export const eventOf = (value: unknown): NewEvent => ({
  type: 'test',
  payload: JSON.stringify(value),
})

const events = (count: number, from = 0): NewEvent[] =>
  Array.from({ length: count }, (_, index) => eventOf({ n: from + index }))

const setting = (journal: Journal, key: string, value = '') =>
  journal.db.insertInto('setting').values({ key, value, updated_at: '' }).compile()

const keys = async (journal: Journal): Promise<string[]> => {
  const rows = await journal.db.selectFrom('setting').select('key').orderBy('key').execute()
  return rows.map(({ key }) => key)
}

const run = (journal: Journal, id: string, fence: number) =>
  journal.db
    .insertInto('run')
    .values({
      id,
      thread_id: 't',
      user_id: 'u',
      state: 'running',
      agent: null,
      model: null,
      client_message_id: null,
      parent_message_id: 'm',
      trace_id: '',
      fence,
      attempt: 1,
      lease_until: 1_800_000_000_000,
      cancel_requested: 0,
      created_at: '',
      updated_at: '',
    })
    .compile()

const someSetting = (journal: Journal, key: string) =>
  journal.db.selectFrom('setting').selectAll().where('key', '=', key).compile()

/** What every implementation of the journal's port does, whatever holds it. */
export function journalContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let store: StoreUnderTest
    let journal: Journal

    beforeEach(async () => {
      store = await open()
      journal = store.journal
    })
    afterEach(() => store[Symbol.asyncDispose]())

    describe('appending', () => {
      test('sequence numbers of a stream are contiguous from 1', async () => {
        const first = await journal.commit({ appends: [{ stream: A, events: events(3) }] })
        const second = await journal.commit({
          appends: [
            { stream: A, events: events(1, 3) },
            { stream: B, events: events(2) },
            { stream: A, events: events(2, 4) },
          ],
        })
        expect(first).toEqual({
          status: 'committed',
          appended: [{ stream: A, first: 1, last: 3 }],
        })
        expect(second).toEqual({
          status: 'committed',
          appended: [
            { stream: A, first: 4, last: 4 },
            { stream: B, first: 1, last: 2 },
            { stream: A, first: 5, last: 6 },
          ],
        })
        const read = await journal.read(A, 0, ALL)
        expect(read).toEqual(events(6).map(({ payload }, index) => ({ seq: index + 1, payload })))
      })

      test('they stay contiguous when many commit at once', async () => {
        const results = await Promise.all(
          Array.from({ length: 400 }, (_, index) =>
            journal.commit({
              appends: [
                { stream: index % 2 ? A : B, events: events(1 + (index % 3)) },
                { stream: 'thread:all', events: events(1, index) },
              ],
            }),
          ),
        )
        const given = results.flatMap((result) =>
          result.status === 'committed' ? result.appended : [],
        )
        for (const stream of [A, B, 'thread:all'] as const) {
          const ranges = given.filter((range) => range.stream === stream)
          const next = ranges.toSorted((one, other) => one.first - other.first)
          expect(next.every((range, i) => range.first === (next[i - 1]?.last ?? 0) + 1)).toBe(true)
          const read = await journal.read(stream, 0, ALL)
          expect(read.map(({ seq }) => seq)).toEqual(read.map((_, index) => index + 1))
          expect(read.length).toBe(next.at(-1)?.last)
        }
      })

      test('an append without events takes no number', async () => {
        const result = await journal.commit({ appends: [{ stream: A, events: [] }] })
        expect(result).toEqual({
          status: 'committed',
          appended: [{ stream: A, first: 1, last: 0 }],
        })
        expect(await journal.head(A)).toBe(0)
        await journal.commit({ appends: [{ stream: A, events: events(1) }] })
        expect(await journal.head(A)).toBe(1)
      })

      test('a payload comes back byte for byte', async () => {
        const texts = [
          '',
          'naïve 漢字 🧑‍🚀 \u0000 \u2028 "quoted" \\',
          'x'.repeat(3_000_000),
          '漢'.repeat(400_000),
        ]
        const given = texts.map((text) => eventOf({ text }))
        await journal.commit({ appends: [{ stream: 'thread:ключ 🔑', events: given }] })
        const again = await store.reopen()
        const read = await again.read('thread:ключ 🔑', 0, ALL)
        expect(read.map(({ payload }) => payload)).toEqual(given.map(({ payload }) => payload))
      })

      test('ten thousand streams have their own numbers', async () => {
        const names = Array.from({ length: 10_000 }, (_, n): StreamName => `thread:${n}`)
        for (const round of [1, 2]) {
          for (let from = 0; from < names.length; from += 2_500) {
            const appends = names
              .slice(from, from + 2_500)
              .map((stream) => ({ stream, events: [eventOf({ stream, round })] }))
            await journal.commit({ appends })
          }
        }
        const again = await store.reopen()
        const heads = await Promise.all(names.map((stream) => again.head(stream)))
        expect(new Set(heads)).toEqual(new Set([2]))
        const read = await again.read('thread:9999', 0, ALL)
        expect(read.map(({ payload }) => JSON.parse(payload) as unknown)).toEqual([
          { stream: 'thread:9999', round: 1 },
          { stream: 'thread:9999', round: 2 },
        ])
      })
    })

    describe('all or nothing', () => {
      test('rows and events of a commit are there together', async () => {
        await journal.commit({
          appends: [{ stream: A, events: events(1) }],
          rows: [setting(journal, 'one'), setting(journal, 'two')],
        })
        expect(await keys(journal)).toEqual(['one', 'two'])
        expect(await journal.head(A)).toBe(1)
      })

      test('a wrong statement leaves neither rows nor events, and takes no number', async () => {
        await journal.write([setting(journal, 'taken')])
        const commit = journal.commit({
          appends: [{ stream: A, events: events(2) }],
          rows: [setting(journal, 'new'), setting(journal, 'taken')],
        })
        await expect(commit).rejects.toThrow(StatementFailed)
        expect(await keys(journal)).toEqual(['taken'])
        expect(await journal.head(A)).toBe(0)
        await journal.commit({ appends: [{ stream: A, events: events(1) }] })
        expect(await journal.read(A, 0, ALL)).toHaveLength(1)
        expect(journal.status().writable).toBe(true)
      })

      test('commits that fail harm none of those made at the same moment', async () => {
        await journal.write([setting(journal, 'taken'), run(journal, 'r', 5)])
        const results = await Promise.allSettled(
          Array.from({ length: 90 }, (_, index) => {
            const append = { stream: A, events: [eventOf({ index })] }
            const rows = [setting(journal, `k${index}`)]
            if (index % 4 === 1) {
              return journal.commit({
                appends: [append],
                rows: [...rows, setting(journal, 'taken')],
              })
            }
            const fence = { runId: 'r', fence: index % 4 === 2 ? 4 : 5 }
            if (index % 4 === 3) return journal.commit({ appends: [append], rows })
            return journal.commit({ appends: [append], rows, fence })
          }),
        )
        const kept = results.flatMap((result, index) =>
          result.status === 'fulfilled' && result.value.status === 'committed' ? [index] : [],
        )
        expect(kept).toEqual(
          Array.from({ length: 90 }, (_, i) => i).filter((i) => i % 4 === 0 || i % 4 === 3),
        )
        const read = await journal.read(A, 0, ALL)
        expect(read).toEqual(
          kept.map((index, i) => ({ seq: i + 1, payload: `{"index":${index}}` })),
        )
        expect(await keys(journal)).toEqual([...kept.map((i) => `k${i}`), 'taken'].toSorted())
      })

      test('write changes all rows or none', async () => {
        const wrong = { sql: 'insert into nowhere values (1)', parameters: [] }
        await expect(journal.write([setting(journal, 'a'), wrong])).rejects.toThrow(StatementFailed)
        expect(await keys(journal)).toEqual([])
      })
    })

    describe('fences', () => {
      const append = [{ stream: A, events: events(1) }]

      test('the fence that the run holds is let through', async () => {
        await journal.write([run(journal, 'r', 3)])
        const result = await journal.commit({ appends: append, fence: { runId: 'r', fence: 3 } })
        expect(result.status).toBe('committed')
      })

      test.each([2, 4])('fence %i of a run that holds 3 changes nothing', async (fence) => {
        await journal.write([run(journal, 'r', 3)])
        const result = await journal.commit({
          appends: append,
          rows: [setting(journal, 'k')],
          fence: { runId: 'r', fence },
        })
        expect(result).toEqual({ status: 'stale_fence' })
        expect(await journal.head(A)).toBe(0)
        expect(await keys(journal)).toEqual([])
      })

      test('a run that is gone takes no events', async () => {
        const result = await journal.commit({ appends: append, fence: { runId: 'r', fence: 0 } })
        expect(result).toEqual({ status: 'stale_fence' })
      })

      test('of commits made at once, those behind a take-over are refused', async () => {
        await journal.write([run(journal, 'r', 1)])
        const takeOver = journal.db
          .updateTable('run')
          .set({ fence: 2 })
          .where('id', '=', 'r')
          .compile()
        const old = { runId: 'r', fence: 1 }
        const results = await Promise.all([
          journal.commit({ appends: append, fence: old }),
          journal.commit({ appends: [], rows: [takeOver], fence: old }),
          journal.commit({ appends: append, fence: old }),
          journal.commit({ appends: append, fence: { runId: 'r', fence: 2 } }),
        ])
        expect(results.map(({ status }) => status)).toEqual([
          'committed',
          'committed',
          'stale_fence',
          'committed',
        ])
        expect(await journal.head(A)).toBe(2)
      })
    })

    describe('expectations', () => {
      test('the first that fails is named with what its query found', async () => {
        await journal.write([setting(journal, 'k', 'v')])
        const result = await journal.commit({
          appends: [{ stream: A, events: events(1) }],
          rows: [setting(journal, 'other')],
          expect: [
            { name: 'there', query: someSetting(journal, 'k'), rows: 'some' },
            { name: 'free', query: someSetting(journal, 'k'), rows: 'none' },
            { name: 'also', query: someSetting(journal, 'z'), rows: 'some' },
          ],
        })
        expect(result).toEqual({
          status: 'unexpected',
          name: 'free',
          rows: [{ key: 'k', value: 'v', updated_at: '' }],
        })
        expect(await journal.head(A)).toBe(0)
        expect(await keys(journal)).toEqual(['k'])
      })

      test('of many that expect the same to be absent, one wins', async () => {
        const results = await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            journal.commit({
              appends: [{ stream: A, events: events(1, index) }],
              rows: [setting(journal, 'once')],
              expect: [{ name: 'once', query: someSetting(journal, 'once'), rows: 'none' }],
            }),
          ),
        )
        expect(results.filter(({ status }) => status === 'committed')).toHaveLength(1)
        expect(await journal.head(A)).toBe(1)
      })

      test('expectations see the rows as they were before the commit', async () => {
        const result = await journal.commit({
          appends: [],
          rows: [setting(journal, 'k')],
          expect: [{ name: 'before', query: someSetting(journal, 'k'), rows: 'none' }],
        })
        expect(result.status).toBe('committed')
      })
    })

    describe('listeners', () => {
      test('hear every append in commit order, before the committer goes on', async () => {
        const heard: string[] = []
        journal.onCommitted((stream, first, said) => {
          heard.push(...said.map((_, index) => `${stream}:${first + index}`))
        })
        await Promise.all(
          Array.from({ length: 60 }, async (_, index) => {
            const result = await journal.commit({
              appends: [{ stream: index % 3 ? A : B, events: events(1 + (index % 2)) }],
            })
            if (result.status !== 'committed') throw new Error(result.status)
            const last = result.appended[0]
            expect(heard).toContain(`${last?.stream}:${last?.last}`)
          }),
        )
        for (const stream of [A, B]) {
          const own = heard.filter((each) => each.startsWith(`${stream}:`))
          expect(own).toEqual(own.map((_, index) => `${stream}:${index + 1}`))
          expect(own).toHaveLength(await journal.head(stream))
        }
      })

      test('hear nothing of a commit that was refused', async () => {
        const heard: unknown[] = []
        journal.onCommitted((...said) => heard.push(said))
        await journal.commit({
          appends: [{ stream: A, events: events(1) }],
          fence: { runId: 'none', fence: 1 },
        })
        expect(heard).toEqual([])
      })

      test('are harmed by none of their kind, and can leave', async () => {
        const heard: number[] = []
        journal.onCommitted(() => {
          throw new Error('a listener of the test')
        })
        const leave = journal.onCommitted((_, first) => heard.push(first))
        await journal.commit({ appends: [{ stream: A, events: events(1) }] })
        leave()
        await journal.commit({ appends: [{ stream: A, events: events(1) }] })
        expect(heard).toEqual([1])
      })

      test('get the payloads that a reader gets', async () => {
        const heard: string[] = []
        journal.onCommitted((_, __, said) => heard.push(...said.map(({ payload }) => payload)))
        await journal.commit({ appends: [{ stream: A, events: events(5) }] })
        const read = await journal.read(A, 0, ALL)
        expect(heard).toEqual(read.map(({ payload }) => payload))
      })
    })

    describe('reading', () => {
      test.each(['warm', 'reopened'])(
        'limits hold, and one event always fits (%s)',
        async (state) => {
          await journal.commit({
            appends: [
              { stream: A, events: Array.from({ length: 700 }, () => eventOf('12345678')) },
            ],
          })
          const from = state === 'warm' ? journal : await store.reopen()
          const seqs = async (after: number, count: number, bytes: number): Promise<number[]> =>
            (await from.read(A, after, { events: count, bytes })).map(({ seq }) => seq)
          expect(await seqs(0, 3, 1_000)).toEqual([1, 2, 3])
          expect(await seqs(10, 100, 30)).toEqual([11, 12, 13])
          expect(await seqs(10, 100, 29)).toEqual([11, 12])
          expect(await seqs(10, 100, 1)).toEqual([11])
          expect(await seqs(699, 100, 1_000)).toEqual([700])
          expect(await seqs(700, 100, 1_000)).toEqual([])
          expect(await seqs(900, 100, 1_000)).toEqual([])
          expect(await seqs(0, 1_000, 100_000)).toHaveLength(700)
          expect(await from.read('thread:none', 0, ALL)).toEqual([])
        },
      )

      test('bytes are counted as UTF-8', async () => {
        await journal.commit({ appends: [{ stream: A, events: [eventOf('漢'), eventOf('漢')] }] })
        expect(await journal.read(A, 0, { events: 10, bytes: 9 })).toHaveLength(1)
        expect(await journal.read(A, 0, { events: 10, bytes: 10 })).toHaveLength(2)
      })

      test('a read sees every commit that resolved before it', async () => {
        for (let n = 1; n <= 60; n += 1) {
          await journal.commit({
            appends: [{ stream: A, events: events(1) }],
            rows: [setting(journal, `k${n}`)],
          })
          const [head, read, rows] = await Promise.all([
            journal.head(A),
            journal.read(A, n - 1, ALL),
            keys(journal),
          ])
          expect([head, read.length, rows.length]).toEqual([n, 1, n])
        }
      })

      test('the head of an unknown stream is 0', async () => {
        expect(await journal.head('thread:none')).toBe(0)
      })
    })

    describe('queries', () => {
      test('refuse to write, and say what to use', async () => {
        const { db } = journal
        const insert = db.insertInto('setting').values({ key: 'k', value: '', updated_at: '' })
        await expect(insert.execute()).rejects.toThrow(/commit\(\)/)
        await expect(db.deleteFrom('setting').execute()).rejects.toThrow(/commit\(\)/)
        await expect(journal.query(insert.compile())).rejects.toThrow(/commit\(\)/)
        expect(await keys(journal)).toEqual([])
      })

      test('a wrong one fails alone', async () => {
        const wrong = journal.query({ sql: 'select nothing from nowhere', parameters: [] })
        await expect(wrong).rejects.toThrow(StatementFailed)
        expect(await keys(journal)).toEqual([])
        expect(journal.status().writable).toBe(true)
      })
    })

    describe('plan', () => {
      const at = (seq: number): string => `${journal.epoch}:${seq}`
      const grow = (count: number) =>
        journal.commit({ appends: [{ stream: A, events: events(count) }] })

      test('no position replays all of a short stream', async () => {
        expect(await journal.plan(A, null)).toEqual({ kind: 'range', after: 0, head: 0 })
        await grow(REPLAY_LIMIT)
        expect(await journal.plan(A, null)).toEqual({ kind: 'range', after: 0, head: 500 })
      })

      test('no position on a long stream asks for a snapshot', async () => {
        await grow(REPLAY_LIMIT + 1)
        expect(await journal.plan(A, null)).toEqual({ kind: 'snapshot', why: 'too_old', head: 501 })
      })

      test('a position up to 500 behind is a range, further behind a snapshot', async () => {
        await grow(700)
        expect(await journal.plan(A, at(700))).toEqual({ kind: 'range', after: 700, head: 700 })
        expect(await journal.plan(A, at(200))).toEqual({ kind: 'range', after: 200, head: 700 })
        expect(await journal.plan(A, at(199))).toEqual({
          kind: 'snapshot',
          why: 'too_old',
          head: 700,
        })
      })

      test('a position beyond the head is ahead', async () => {
        await grow(3)
        expect(await journal.plan(A, at(4))).toEqual({ kind: 'ahead', head: 3 })
        expect(await journal.plan('thread:none', at(1))).toEqual({ kind: 'ahead', head: 0 })
      })

      test('a position of another epoch says so, whatever its number', async () => {
        await grow(3)
        expect(await journal.plan(A, 'elsewhere:2')).toEqual({ kind: 'other_epoch', head: 3 })
        expect(await journal.plan(A, 'elsewhere:9')).toEqual({ kind: 'other_epoch', head: 3 })
      })

      test('what is no position is unknown', async () => {
        const texts = [
          '',
          ':',
          '1',
          'e',
          'x:',
          ':1',
          at(-1),
          at(1.5),
          at(1e21),
          `${at(1)} `,
          at(NaN),
        ]
        for (const text of [...texts, `${journal.epoch}:01`, `${journal.epoch}:9007199254740993`]) {
          expect([text, await journal.plan(A, text)]).toEqual([text, { kind: 'unknown' }])
        }
      })
    })

    describe('opening again', () => {
      test('five times over changes nothing', async () => {
        await journal.commit({
          appends: [{ stream: A, events: events(40) }],
          rows: [setting(journal, 'k')],
        })
        const { epoch } = journal
        const before = await journal.read(A, 0, ALL)
        for (let round = 0; round < 5; round += 1) {
          const again = await store.reopen()
          expect(again.epoch).toBe(epoch)
          expect(again.status().epochChanged).toBeUndefined()
          expect(await again.read(A, 0, ALL)).toEqual(before)
          expect(await keys(again)).toEqual(['k'])
        }
      })

      test('goes on after the last number', async () => {
        await journal.commit({ appends: [{ stream: A, events: events(3) }] })
        const again = await store.reopen()
        const result = await again.commit({ appends: [{ stream: A, events: events(1, 3) }] })
        expect(result).toEqual({
          status: 'committed',
          appended: [{ stream: A, first: 4, last: 4 }],
        })
        expect(await again.read(A, 0, ALL)).toHaveLength(4)
      })

      test('a closed journal refuses everything', async () => {
        await store.reopen()
        await expect(journal.commit({ appends: [] })).rejects.toThrow(/closed/)
        await expect(journal.head(A)).rejects.toThrow(/closed/)
        await expect(journal.read(A, 0, ALL)).rejects.toThrow(/closed/)
        await expect(keys(journal)).rejects.toThrow(/closed/)
        expect(journal.status().writable).toBe(false)
      })

      test('closing waits for the commits under way', async () => {
        const commits = Array.from({ length: 50 }, () =>
          journal.commit({ appends: [{ stream: A, events: events(1) }] }),
        )
        const again = await store.reopen()
        expect((await Promise.all(commits)).every(({ status }) => status === 'committed')).toBe(
          true,
        )
        expect(await again.head(A)).toBe(50)
      })

      test('status counts what was committed', async () => {
        await journal.commit({ appends: [{ stream: A, events: events(3) }] })
        await journal.write([setting(journal, 'k')])
        expect(journal.status()).toMatchObject({
          writable: true,
          commits: 2,
          events: 3,
          pendingCommits: 0,
        })
      })
    })

    modelContract(() => store)
    crashContract(() => store)
  })
}
