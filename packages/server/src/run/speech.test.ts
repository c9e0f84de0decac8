import { expect, test } from 'vitest'

import type { NewEvent } from '../journal/journal.ts'
import { asId, type RunId } from '../platform/ids.ts'
import { silentLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { Backlog } from './backlog.ts'
import { createRunMetrics } from './run-metrics.ts'
import { Speech } from './speech.ts'

const runId = asId<RunId>('run')

/** A store that takes what it is given when the test says so. */
function slowStore() {
  const commits: { events: NewEvent[]; done: () => void; fail: (error: Error) => void }[] = []
  return {
    commits,
    commit: (events: NewEvent[]) =>
      new Promise<void>((done, fail) => commits.push({ events, done, fail })),
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

function start(limits = { perRunBytes: 100, perNodeBytes: 250 }) {
  const clock = new TestClock()
  const metrics = createMetrics()
  const backlog = new Backlog(createRunMetrics(metrics), limits)
  const speech = () => {
    const store = slowStore()
    const share = backlog.share(silentLogger)
    return {
      store,
      speech: new Speech({ runId, clock, backlog: share, commit: store.commit }),
    }
  }
  return { clock, metrics, backlog, speech }
}

const textsOf = (events: readonly NewEvent[]): { offset: number; text: string }[] =>
  events.map(({ payload }) => {
    const { offset, text } = JSON.parse(payload) as { offset: number; text: string }
    return { offset, text }
  })

/** True once the promise has settled. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false
  void promise.finally(() => {
    isSettled = true
  })
  await settle()
  return isSettled
}

test('the first piece goes out at once, and what gathers while the store is busy goes together', async () => {
  const s = start()
  const { speech, store } = s.speech()
  await speech.add('a')
  for (const piece of ['b', 'c', 'd']) {
    await speech.add(piece)
    s.clock.advance(25)
  }
  expect(store.commits.map(({ events }) => textsOf(events))).toEqual([[{ offset: 0, text: 'a' }]])
  store.commits[0]?.done()
  await settle()
  expect(textsOf(store.commits[1]?.events ?? [])).toEqual([{ offset: 1, text: 'bcd' }])
})

test('a model waits while more than its run may have is on its way to the store, and it is counted', async () => {
  const s = start()
  const { speech, store } = s.speech()
  await speech.add('a'.repeat(60))
  s.clock.advance(25)
  const waits = speech.add('b'.repeat(60))
  expect(await hasSettled(waits)).toBe(false)
  expect(await s.metrics.text()).toContain('netra_run_store_waits_total 1')
  store.commits[0]?.done()
  await settle()
  store.commits[1]?.done()
  await waits
  expect(s.backlog.bytes).toBe(0)
})

test('many runs together wait at the limit of the node', async () => {
  const s = start()
  const all = Array.from({ length: 3 }, () => s.speech())
  const added = all.map(({ speech }) => speech.add('x'.repeat(90)))
  expect(await Promise.all(added.map(hasSettled))).toEqual([true, true, false])
})

test('a boundary takes the rest along, after all that streamed is durable', async () => {
  const s = start()
  const { speech, store } = s.speech()
  await speech.add('one ')
  await speech.add('two')
  const boundary = speech.boundary()
  expect(await hasSettled(boundary)).toBe(false)
  store.commits[0]?.done()
  expect(textsOf(await boundary)).toEqual([{ offset: 4, text: 'two' }])
})

test('after a piece that the store refused none follows: a text never has a hole', async () => {
  const s = start()
  const { speech, store } = s.speech()
  await speech.add('one ')
  s.clock.advance(25)
  await speech.add('two ')
  store.commits[0]?.fail(new Error('full'))
  await settle()
  expect(store.commits).toHaveLength(1)
  await expect(speech.add('three')).rejects.toThrow('full')
  await expect(speech.boundary()).rejects.toThrow('full')
  expect(s.backlog.bytes).toBe(0)
})

test('F29: a text that came at once is cut into deltas, never through a surrogate pair', async () => {
  const s = start({ perRunBytes: 1e9, perNodeBytes: 1e9 })
  const { speech, store } = s.speech()
  const text = `x${'😀'.repeat(40_000)}`
  await speech.add(text)
  const deltas = textsOf(store.commits[0]?.events ?? [])
  expect(deltas.length).toBeGreaterThan(2)
  for (const delta of deltas) expect(delta.text).toBe(delta.text.toWellFormed())
  expect(deltas.map((delta) => delta.text).join('')).toBe(text)
})
