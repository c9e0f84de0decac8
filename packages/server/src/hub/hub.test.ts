import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Journal, StreamName } from '../journal/journal.ts'
import { openSqliteJournal } from '../journal/sqlite/sqlite-journal.ts'
import { systemClock } from '../platform/clock.ts'
import { silentLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createHub, type Hub } from './hub.ts'

const STREAM: StreamName = 'thread:t'
let folder: string
let journal: Journal
let hub: Hub

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-hub-'))
  journal = await openSqliteJournal({ folder, logger: silentLogger })
  hub = createHub({
    journal,
    clock: systemClock,
    logger: silentLogger,
    metrics: createMetrics(),
  })
})

afterEach(async () => {
  hub[Symbol.dispose]()
  await journal[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const append = (count: number, stream: StreamName = STREAM) =>
  journal.commit({
    appends: [
      {
        stream,
        events: Array.from({ length: count }, () => ({
          type: 'future',
          payload: '{"type":"future"}',
        })),
      },
    ],
  })

/** A reader with a window of its own. */
function reader() {
  const frames: { type: string; seq?: number }[] = []
  return {
    frames,
    open: true,
    send(frame: string) {
      frames.push(JSON.parse(frame) as { type: string })
    },
    failed(error: unknown) {
      throw error
    },
    seqs: () => frames.flatMap((frame) => (frame.type === 'event' ? [frame.seq ?? 0] : [])),
    async live() {
      while (!this.frames.some((frame) => frame.type === 'live')) {
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    },
    async until(count: number) {
      while (this.seqs().length < count) await new Promise((resolve) => setTimeout(resolve, 2))
    },
  }
}

const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

test('replay, then live is said once, then what happens', async () => {
  await append(3)
  const sink = reader()
  const subscription = await hub.subscribe(STREAM, null, sink)
  subscription.start()
  await sink.until(3)
  await append(2)
  await sink.until(5)
  expect(sink.frames.map((frame) => frame.seq ?? frame.type)).toEqual([1, 2, 3, 'live', 4, 5])
})

test('nothing is delivered before start', async () => {
  const sink = reader()
  const subscription = await hub.subscribe(STREAM, null, sink)
  await append(2)
  expect(sink.frames).toEqual([])
  subscription.start()
  await sink.until(2)
  expect(sink.seqs()).toEqual([1, 2])
})

test('commits that race with replay leave no hole and no repetition', async () => {
  await append(300)
  const sink = reader()
  const subscription = await hub.subscribe(STREAM, null, sink)
  subscription.start()
  for (let round = 0; round < 50; round++) void append(3)
  await append(1)
  await sink.until(451)
  expect(sink.seqs()).toEqual(oneTo(451))
})

test('a shut window stops delivery, and opening it goes on where it stopped', async () => {
  const sink = reader()
  const subscription = await hub.subscribe(STREAM, null, sink)
  subscription.start()
  await append(5)
  await sink.until(5)
  sink.open = false
  await append(20)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(sink.seqs()).toEqual(oneTo(5))
  sink.open = true
  subscription.resume()
  await sink.until(25)
  expect(sink.seqs()).toEqual(oneTo(25))
})

test('a position ahead of the head, or of another epoch, is a reset and a snapshot', async () => {
  await append(2)
  for (const [position, why] of [
    [`${journal.epoch}:9`, 'ahead'],
    ['elsewhere:1', 'other_epoch'],
  ] as const) {
    const sink = reader()
    const subscription = await hub.subscribe(STREAM, position, sink)
    subscription.start()
    await sink.live()
    await append(1)
    await sink.until(1)
    subscription.end()
    expect(sink.frames.slice(0, 2)).toMatchObject([{ type: 'reset', why }, { type: 'snapshot' }])
    expect(sink.frames.filter((frame) => frame.type === 'live')).toHaveLength(1)
  }
})

test('far behind is a snapshot without a reset', async () => {
  await append(600)
  const sink = reader()
  const subscription = await hub.subscribe(STREAM, null, sink)
  subscription.start()
  await sink.live()
  expect(sink.frames.map((frame) => frame.type)).toEqual(['snapshot', 'live'])
})

test('F18: 10,000 events behind, a reader gets one snapshot and then each event that follows', async () => {
  for (let round = 0; round < 10; round += 1) await append(1_000)
  const sink = reader()
  const subscription = await hub.subscribe(STREAM, `${journal.epoch}:1`, sink)
  subscription.start()
  await sink.live()
  for (let round = 0; round < 20; round += 1) await append(2)
  while ((sink.seqs().at(-1) ?? 0) < 10_040) await new Promise((resolve) => setTimeout(resolve, 2))
  const snapshots = sink.frames.filter((frame) => frame.type === 'snapshot')
  expect(snapshots).toHaveLength(1)
  const [first = 0] = sink.seqs()
  expect(first).toBeGreaterThan(10_000)
  expect(sink.seqs()).toEqual(oneTo(10_040).slice(first - 1))
})

test('an ended subscription hears nothing more and leaves nothing behind', async () => {
  const sink = reader()
  const subscription = await hub.subscribe(STREAM, null, sink)
  subscription.start()
  await append(1)
  await sink.until(1)
  subscription.end()
  await append(3)
  expect(sink.seqs()).toEqual([1])
  expect(hub.subscribers).toBe(0)
})
