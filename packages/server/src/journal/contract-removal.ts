import { beforeEach, describe, expect, test } from 'vitest'

import { A, ALL, B, eventOf, events, setting, someSetting } from './contract-samples.ts'
import type { StoreUnderTest } from './contract-store.ts'
import { EventsRemoved, type Journal, type NewEvent, type StreamName } from './journal.ts'

const aboutThread = (id: string, fields: object = {}): NewEvent =>
  eventOf({ type: 'thread_updated', thread_id: id, ...fields })

const seqsOf = (found: readonly { seq: number }[]): number[] => found.map(({ seq }) => seq)

/** Erasure, compaction, and what readers get where something was removed. */
export function removalContract(store: () => StoreUnderTest): void {
  let journal: Journal
  beforeEach(() => {
    journal = store().journal
  })

  const append = (stream: StreamName, added: readonly NewEvent[]): Promise<unknown> =>
    journal.commit({ appends: [{ stream, events: added }] })
  const at = (seq: number): string => `${journal.epoch}:${seq}`
  const kept = async (stream: StreamName): Promise<unknown[]> => {
    const { events: found } = await journal.readKept(stream, 0, ALL)
    return found.map(({ seq, payload }) => [seq, payload])
  }
  const keptSeqs = async (stream: StreamName): Promise<number[]> =>
    seqsOf((await journal.readKept(stream, 0, ALL)).events)
  /** As it is now, and as it is after the journal was opened again. */
  const nowAndReopened = async (check: () => Promise<void>): Promise<void> => {
    await check()
    journal = await store().reopen()
    expect(journal.status().epochChanged).toBeUndefined()
    await check()
  }

  describe('erasing', () => {
    test('a stream loses what it had, and goes on behind it', async () => {
      await append(A, events(3))
      await append(B, events(2))
      const goodbye = eventOf('goodbye')
      const erased = await journal.commit({
        appends: [{ stream: A, events: [goodbye] }],
        erase: [{ stream: A }],
      })
      expect(erased).toEqual({ status: 'committed', appended: [{ stream: A, first: 4, last: 4 }] })
      await nowAndReopened(async () => {
        for (const after of [0, 1, 2]) {
          await expect(journal.read(A, after, ALL)).rejects.toThrow(EventsRemoved)
        }
        expect(await journal.read(A, 3, ALL)).toEqual([{ seq: 4, payload: goodbye.payload }])
        expect(await kept(A)).toEqual([[4, goodbye.payload]])
        expect(await journal.head(A)).toBe(4)
        expect(seqsOf(await journal.read(B, 0, ALL))).toEqual([1, 2])
      })
      await append(A, events(1))
      expect(seqsOf(await journal.read(A, 3, ALL))).toEqual([4, 5])
    })

    test('a position before what is gone asks for a snapshot, one behind it does not', async () => {
      await append(A, events(3))
      await journal.commit({ appends: [{ stream: A, events: events(2) }], erase: [{ stream: A }] })
      const gone = { kind: 'snapshot', why: 'compacted', head: 5 }
      await nowAndReopened(async () => {
        expect(await journal.plan(A, null)).toEqual(gone)
        expect(await journal.plan(A, at(0))).toEqual(gone)
        expect(await journal.plan(A, at(2))).toEqual(gone)
        expect(await journal.plan(A, at(3))).toEqual({ kind: 'range', after: 3, head: 5 })
        expect(await journal.plan(A, at(5))).toEqual({ kind: 'range', after: 5, head: 5 })
        expect(await journal.plan(A, at(6))).toEqual({ kind: 'ahead', head: 5 })
        expect(await journal.plan(A, 'elsewhere:1')).toEqual({ kind: 'other_epoch', head: 5 })
      })
    })

    test("of a user's stream only what is about the thread goes", async () => {
      await append(B, [
        aboutThread('t1', { title: 'one' }),
        aboutThread('t2', { title: 'a title that names t1 and "thread_id":"t1"' }),
        aboutThread('t1', { title: 'two' }),
        eventOf({ type: 'limits_changed', thread_id: null, inner: { thread_id: 't1' } }),
        aboutThread('t1'),
        aboutThread('t11'),
      ])
      await journal.commit({
        appends: [{ stream: B, events: [aboutThread('t1', { deleted: true })] }],
        erase: [{ stream: B, threadId: 't1' }],
      })
      await nowAndReopened(async () => {
        const { events: found, through } = await journal.readKept(B, 0, ALL)
        expect([seqsOf(found), through]).toEqual([[2, 4, 6, 7], 7])
        await expect(journal.read(B, 0, ALL)).rejects.toThrow(EventsRemoved)
        expect(seqsOf(await journal.read(B, 1, ALL))).toEqual([2])
        await expect(journal.read(B, 2, ALL)).rejects.toThrow(EventsRemoved)
        expect(seqsOf(await journal.read(B, 3, ALL))).toEqual([4])
        expect(seqsOf(await journal.read(B, 5, ALL))).toEqual([6, 7])
        expect(await journal.plan(B, at(4))).toMatchObject({ kind: 'snapshot' })
        expect(await journal.plan(B, at(5))).toMatchObject({ kind: 'range' })
      })
    })

    test('goes together with the rows and only when the commit does', async () => {
      await append(A, events(2))
      const refused = [
        { appends: [], erase: [{ stream: A }], fence: { runId: 'none', fence: 1 } },
        {
          appends: [],
          erase: [{ stream: A }],
          expect: [{ name: 'no', query: someSetting(journal, 'k'), rows: 'some' as const }],
        },
      ]
      for (const commit of refused) {
        expect((await journal.commit(commit)).status).not.toBe('committed')
        expect(await journal.read(A, 0, ALL)).toHaveLength(2)
      }
      await journal.commit({
        appends: [],
        erase: [{ stream: A }],
        rows: [setting(journal, 'gone')],
      })
      await expect(journal.read(A, 0, ALL)).rejects.toThrow(EventsRemoved)
      const rows = await journal.db.selectFrom('setting').select('key').execute()
      expect(rows).toEqual([{ key: 'gone' }])
    })

    test('among commits at once, takes what came before it and nothing after', async () => {
      await Promise.all([
        append(A, events(2)),
        journal.commit({ appends: [{ stream: A, events: events(1) }], erase: [{ stream: A }] }),
        append(A, events(2)),
        journal.commit({ appends: [], erase: [{ stream: 'thread:unknown' }] }),
      ])
      await nowAndReopened(async () => {
        expect(await journal.head(A)).toBe(5)
        expect(await keptSeqs(A)).toEqual([3, 4, 5])
        expect(await journal.head('thread:unknown')).toBe(0)
      })
    })

    test('twice is as good as once', async () => {
      await append(A, events(3))
      await journal.commit({ appends: [], erase: [{ stream: A }] })
      await journal.commit({ appends: [], erase: [{ stream: A }, { stream: A }] })
      await append(A, events(1))
      await journal.commit({ appends: [], erase: [{ stream: A }] })
      await nowAndReopened(async () => {
        expect(await journal.head(A)).toBe(4)
        expect(await journal.readKept(A, 0, ALL)).toEqual({ events: [], through: 4 })
        expect(await journal.plan(A, at(4))).toEqual({ kind: 'range', after: 4, head: 4 })
        expect(await journal.read(A, 4, ALL)).toEqual([])
      })
    })
  })

  describe('compacting', () => {
    const whole = { seq: 4, payload: JSON.stringify(`all of it ${'x'.repeat(9_000)}`) }

    test('leaves one event of each range, for folds and not for delivery', async () => {
      await append(A, events(9))
      await journal.compact({
        stream: A,
        ranges: [
          { first: 2, last: 4, keep: whole },
          { first: 6, last: 7 },
        ],
      })
      await nowAndReopened(async () => {
        const { events: found, through } = await journal.readKept(A, 0, ALL)
        expect([seqsOf(found), through]).toEqual([[1, 4, 5, 8, 9], 9])
        expect(found[1]).toEqual(whole)
        expect(seqsOf(await journal.read(A, 0, ALL))).toEqual([1])
        for (const after of [1, 2, 3, 5, 6]) {
          await expect(journal.read(A, after, ALL)).rejects.toThrow(EventsRemoved)
        }
        expect(seqsOf(await journal.read(A, 4, ALL))).toEqual([5])
        expect(seqsOf(await journal.read(A, 7, ALL))).toEqual([8, 9])
      })
    })

    test('F74: one event behind the trim point is a snapshot, from there on a range', async () => {
      await append(A, events(9))
      await journal.compact({ stream: A, ranges: [{ first: 2, last: 4, keep: whole }] })
      await nowAndReopened(async () => {
        const gone = { kind: 'snapshot', why: 'compacted', head: 9 }
        expect(await journal.plan(A, null)).toEqual(gone)
        expect(await journal.plan(A, at(3))).toEqual(gone)
        expect(await journal.plan(A, at(4))).toEqual({ kind: 'range', after: 4, head: 9 })
        expect(seqsOf(await journal.read(A, 4, ALL))).toEqual([5, 6, 7, 8, 9])
      })
    })

    test('limits count what is kept, and `through` says how far was looked', async () => {
      await append(A, events(9))
      await journal.compact({ stream: A, ranges: [{ first: 2, last: 7 }] })
      const look = async (after: number, count: number): Promise<unknown> => {
        const found = await journal.readKept(A, after, { events: count, bytes: 1_000 })
        return [seqsOf(found.events), found.through >= 7]
      }
      expect(await look(0, 1)).toEqual([[1], false])
      expect(await look(0, 2)).toEqual([[1, 8], true])
      expect(await look(1, 5)).toEqual([[8, 9], true])
      expect(await journal.readKept(A, 9, ALL)).toEqual({ events: [], through: 9 })
      let after = 0
      const walked: number[] = []
      while (after < 9) {
        const found = await journal.readKept(A, after, { events: 2, bytes: 1 })
        walked.push(...seqsOf(found.events))
        expect(found.through).toBeGreaterThan(after)
        after = found.through
      }
      expect(walked).toEqual([1, 8, 9])
    })

    test('twice is as good as once, and nothing is beyond the head', async () => {
      await append(A, events(5))
      const compaction = { stream: A, ranges: [{ first: 2, last: 4, keep: whole }] }
      await journal.compact(compaction)
      await journal.compact(compaction)
      await journal.compact({ stream: A, ranges: [{ first: 6, last: 9 }] })
      await journal.compact({ stream: 'thread:unknown', ranges: [{ first: 1, last: 9 }] })
      await append(A, events(2))
      await nowAndReopened(async () => {
        expect(await keptSeqs(A)).toEqual([1, 4, 5, 6, 7])
        expect(await journal.plan(A, at(5))).toEqual({ kind: 'range', after: 5, head: 7 })
        expect(await journal.head('thread:unknown')).toBe(0)
      })
    })

    test('nothing that was erased comes back', async () => {
      await append(A, events(5))
      await journal.commit({ appends: [], erase: [{ stream: A }] })
      await journal.compact({ stream: A, ranges: [{ first: 2, last: 4, keep: whole }] })
      await nowAndReopened(async () => expect(await kept(A)).toEqual([]))
    })

    test('what it kept can be erased', async () => {
      await append(A, events(5))
      await journal.compact({ stream: A, ranges: [{ first: 2, last: 4, keep: whole }] })
      await journal.commit({ appends: [], erase: [{ stream: A }] })
      await nowAndReopened(async () => expect(await kept(A)).toEqual([]))
    })
  })

  describe('an event that is not what was written', () => {
    test('F65: is told, not left out: a new epoch, an alarm, and the rest goes on', async () => {
      await append(A, events(3))
      await append(B, events(2))
      journal = await store().reopen()
      const { epoch } = journal
      const told: string[] = []
      journal.onEpochChanged(() => {
        throw new Error('a listener of the test')
      })
      journal.onEpochChanged((why) => told.push(why))
      const leave = journal.onEpochChanged(() => told.push('left'))
      leave()
      await store().damage(A, 2)
      expect(seqsOf(await journal.read(A, 0, ALL))).toEqual([1])
      expect(journal.epoch).not.toBe(epoch)
      expect(told).toHaveLength(1)
      expect(journal.status().epochChanged).toBe(told[0])
      expect(await journal.plan(A, `${epoch}:1`)).toEqual({ kind: 'other_epoch', head: 3 })
      await expect(journal.read(A, 1, ALL)).rejects.toThrow(EventsRemoved)
      expect(seqsOf(await journal.read(A, 2, ALL))).toEqual([3])
      expect(seqsOf(await journal.read(B, 0, ALL))).toEqual([1, 2])
      expect(await journal.plan(A, at(1))).toMatchObject({ kind: 'snapshot' })
      await append(A, events(1))
      const after = journal.epoch
      await nowAndReopened(async () => {
        expect(journal.epoch).toBe(after)
        expect(await keptSeqs(A)).toEqual([1, 3, 4])
      })
      expect(told).toHaveLength(1)
    })
  })
}
