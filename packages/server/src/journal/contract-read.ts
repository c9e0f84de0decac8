import { beforeEach, describe, expect, test } from 'vitest'

import { A, ALL, B, eventOf, events, keys, setting } from './contract-samples.ts'
import type { StoreUnderTest } from './contract-store.ts'
import { type CommitResult, type Journal, StatementFailed } from './journal.ts'
import { REPLAY_LIMIT } from './plan.ts'

/** What readers and listeners get, and what a journal is after it was opened again. */
export function readContract(store: () => StoreUnderTest): void {
  let journal: Journal
  beforeEach(() => {
    journal = store().journal
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
          appends: [{ stream: A, events: Array.from({ length: 700 }, () => eventOf('12345678')) }],
        })
        const from = state === 'warm' ? journal : await store().reopen()
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

  const at = (seq: number): string => `${journal.epoch}:${seq}`
  const grow = (count: number): Promise<unknown> =>
    journal.commit({ appends: [{ stream: A, events: events(count) }] })

  describe('plan', () => {
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
      const texts = ['', ':', '1', 'e', 'x:', ':1', at(-1), at(1.5), at(1e21), `${at(1)} `, at(NaN)]
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
        const again = await store().reopen()
        expect(again.epoch).toBe(epoch)
        expect(again.status().epochChanged).toBeUndefined()
        expect(await again.read(A, 0, ALL)).toEqual(before)
        expect(await keys(again)).toEqual(['k'])
      }
    })

    test('goes on after the last number', async () => {
      await journal.commit({ appends: [{ stream: A, events: events(3) }] })
      const again = await store().reopen()
      const result = await again.commit({ appends: [{ stream: A, events: events(1, 3) }] })
      expect(result).toEqual({
        status: 'committed',
        appended: [{ stream: A, first: 4, last: 4 }],
      })
      expect(await again.read(A, 0, ALL)).toHaveLength(4)
    })

    test('a closed journal refuses everything', async () => {
      await store().reopen()
      await expect(journal.commit({ appends: [] })).rejects.toThrow(/closed/)
      await expect(journal.head(A)).rejects.toThrow(/closed/)
      await expect(journal.read(A, 0, ALL)).rejects.toThrow(/closed/)
      await expect(keys(journal)).rejects.toThrow(/closed/)
      expect(journal.status().writable).toBe(false)
    })

    test('closing waits for the commits under way', async () => {
      const commits: Promise<CommitResult>[] = []
      const large = eventOf('x'.repeat(2_500_000))
      for (let wave = 0; wave < 12; wave += 1) {
        commits.push(journal.commit({ appends: [{ stream: A, events: [large] }] }))
        // The first waves are under way by then, the later ones still wait for their turn.
        await Promise.resolve()
      }
      const again = await store().reopen()
      expect((await Promise.all(commits)).every(({ status }) => status === 'committed')).toBe(true)
      expect(await again.head(A)).toBe(12)
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
}
