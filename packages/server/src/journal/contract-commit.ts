import { beforeEach, describe, expect, test } from 'vitest'

import { asId, type RunId } from '../platform/ids.ts'
import { A, ALL, B, events, keys, run, setting, someSetting, eventOf } from './contract-samples.ts'
import type { StoreUnderTest } from './contract-store.ts'
import { type Journal, StatementFailed, type StreamName } from './journal.ts'

/** What a commit does, and what it leaves when it is refused. */
export function commitContract(store: () => StoreUnderTest): void {
  let journal: Journal
  beforeEach(() => {
    journal = store().journal
  })

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
      const again = await store().reopen()
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
      const again = await store().reopen()
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
      expect(read).toEqual(kept.map((index, i) => ({ seq: i + 1, payload: `{"index":${index}}` })))
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
        .where('id', '=', asId<RunId>('r'))
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
}
