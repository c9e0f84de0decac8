import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { emptyThreadState, foldThread, type ThreadEvent, type ThreadState } from '@netra/protocol'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { historyArbitrary } from '../../../protocol/src/testing/history.ts'
import { asId, type ThreadId } from '../platform/ids.ts'
import { silentLogger } from '../platform/logger.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { eventOf, run } from './contract-samples.ts'
import { foldedDeltas } from './fold-deltas.ts'
import { EventsRemoved, type Journal, threadStream } from './journal.ts'
import { openSqliteJournal } from './sqlite/sqlite-journal.ts'
import { compactEndedRuns, startUpkeep } from './upkeep.ts'

const ALL = { events: 1_000_000, bytes: 1_000_000_000 }
const STREAM = threadStream(asId<ThreadId>('t'))
const TEN_MINUTES = 600_000

const fold = (events: readonly ThreadEvent[]): ThreadState =>
  events.reduce(foldThread, emptyThreadState())

/** What is kept of a history once each of its runs was folded, by the rules alone. */
function keptOf(history: readonly ThreadEvent[]): ThreadEvent[] {
  const stored = history.map((event, index) => ({
    ...event,
    seq: index + 1,
    payload: JSON.stringify(event),
  }))
  const runs = new Set(history.map((event) => event.run_id))
  const ranges = [...runs].flatMap((id) =>
    foldedDeltas(stored.filter((event) => event.run_id === id).map((event) => ({ ...event }))),
  )
  return stored.flatMap(({ seq, payload }) => {
    const range = ranges.find(({ first, last }) => first <= seq && seq <= last)
    const left = range ? (range.keep?.seq === seq ? range.keep.payload : undefined) : payload
    return left === undefined ? [] : [JSON.parse(left) as ThreadEvent]
  })
}

test('a fold over what compaction keeps gives the same as a fold over all', () => {
  fc.assert(
    fc.property(historyArbitrary, (history) => {
      expect(fold(keptOf(history))).toEqual(fold(history))
    }),
    { numRuns: 300 },
  )
})

let folder: string
let clock: TestClock
let journal: Journal

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-upkeep-'))
  clock = new TestClock()
  journal = await openSqliteJournal({ folder, clock, logger: silentLogger })
})
afterEach(async () => {
  await journal[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const delta = (id: string, offset: number, text: string, part = 0) =>
  eventOf({ type: 'message_delta', run_id: 'r', message_id: id, part, offset, text })

async function saidAndEnded(): Promise<void> {
  await journal.commit({
    appends: [
      {
        stream: STREAM,
        events: [
          eventOf({ type: 'run_accepted', run_id: 'r' }),
          delta('whole', 0, 'one '),
          delta('whole', 4, 'two'),
          eventOf({ type: 'message_completed', run_id: 'r', message_id: 'whole' }),
          eventOf({ type: 'tool_completed', run_id: 'r', result: 'kept' }),
          delta('cut', 0, 'half '),
          delta('cut', 5, 'a sen'),
          eventOf({ type: 'agent_failed', run_id: 'r' }),
          delta('other', 0, 'of a run that goes on').payload.replace('"r"', '"r2"'),
        ].map((event) => (typeof event === 'string' ? { type: 'x', payload: event } : event)),
      },
    ],
    rows: [
      run(journal, 'r', 1),
      run(journal, 'r2', 1),
      journal.db
        .updateTable('run')
        .set({ state: 'failed', updated_at: new Date(clock.now()).toISOString() })
        .where('id', '=', 'r' as never)
        .compile(),
    ],
  })
}

const kept = async (): Promise<unknown[]> =>
  (await journal.readKept(STREAM, 0, ALL)).events.map(({ seq, payload }) => {
    const { type, text } = JSON.parse(payload) as { type: string; text?: string }
    return text === undefined ? [seq, type] : [seq, text]
  })

const compacted = async (): Promise<number[]> => {
  const rows = await journal.db.selectFrom('run').select('compacted').orderBy('id').execute()
  return rows.map((row) => row.compacted)
}

test('F46: ten minutes after its end a run has no deltas, but the text that broke off', async () => {
  await saidAndEnded()
  clock.jump(TEN_MINUTES - 1)
  await compactEndedRuns({ journal, clock, logger: silentLogger })
  expect(await compacted()).toEqual([0, 0])
  expect(await kept()).toHaveLength(9)
  clock.jump(1)
  await compactEndedRuns({ journal, clock, logger: silentLogger })
  expect(await compacted()).toEqual([1, 0])
  expect(await kept()).toEqual([
    [1, 'run_accepted'],
    [4, 'message_completed'],
    [5, 'tool_completed'],
    [6, 'half a sen'],
    [8, 'agent_failed'],
    [9, 'of a run that goes on'],
  ])
  await expect(journal.read(STREAM, 1, ALL)).rejects.toThrow(EventsRemoved)
})

test('F72: nobody has to come by for it', async () => {
  await saidAndEnded()
  await using _ = startUpkeep({ journal, clock, logger: silentLogger })
  clock.advance(TEN_MINUTES - 30_000)
  await expect.poll(() => kept(), { timeout: 30_000 }).toHaveLength(9)
  // Each round sets the clock for the next one only when it has ended.
  await expect
    .poll(
      async () => {
        clock.advance(30_000)
        return kept()
      },
      { timeout: 30_000 },
    )
    .toHaveLength(6)
})

test('two that compact at once do what one does', async () => {
  await saidAndEnded()
  clock.jump(TEN_MINUTES)
  const once = (): Promise<void> => compactEndedRuns({ journal, clock, logger: silentLogger })
  await Promise.all([once(), once(), once()])
  expect(await compacted()).toEqual([1, 0])
  expect(await kept()).toHaveLength(6)
})
