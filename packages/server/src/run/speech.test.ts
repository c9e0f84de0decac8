import { expect, test } from 'vitest'

import { asId, type RunId } from '../platform/ids.ts'
import { silentLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { Backlog } from './backlog.ts'
import { createRunMetrics } from './run-metrics.ts'
import { Speech, type Spoken } from './speech.ts'

const LIMITS = { perRunBytes: 100, perNodeBytes: 250 }

function start() {
  const clock = new TestClock()
  const metrics = createMetrics()
  const backlog = new Backlog(createRunMetrics(metrics), LIMITS)
  const speaker = () => {
    const share = backlog.share(silentLogger)
    const due: number[] = []
    const onDue = (): number => due.push(clock.now())
    const runId = asId<RunId>('run')
    return { speech: new Speech({ runId, clock, backlog: share, onDue }), share, due }
  }
  return { clock, metrics, backlog, speaker }
}

const textsOf = (spoken: Spoken | undefined): { offset: number; text: string }[] =>
  (spoken?.deltas ?? []).map(({ payload }) => {
    const { offset, text } = JSON.parse(payload) as { offset: number; text: string }
    return { offset, text }
  })

test('the first piece is due at once, and what gathers until it is taken is one delta', () => {
  const { clock, speaker } = start()
  const { speech, due } = speaker()
  speech.add('a')
  expect(due).toHaveLength(1)
  expect(textsOf(speech.take())).toEqual([{ offset: 0, text: 'a' }])
  for (const piece of ['b', 'c', 'd']) {
    speech.add(piece)
    clock.advance(25)
  }
  expect(textsOf(speech.take())).toEqual([{ offset: 1, text: 'bcd' }])
  expect(speech.take()).toBeUndefined()
})

test('all that was said is taken before something else is said, due or not', () => {
  const { speaker } = start()
  const { speech } = speaker()
  speech.add('one ')
  speech.add('two')
  expect(textsOf(speech.takeAll())).toEqual([{ offset: 0, text: 'one two' }])
  expect(speech.takeAll()).toBeUndefined()
})

test('a model must wait while more than its run may have is on its way to the store, and it is counted', async () => {
  const { clock, metrics, backlog, speaker } = start()
  const { speech, share } = speaker()
  speech.add('a'.repeat(60))
  expect(share.mustWait()).toBe(false)
  clock.advance(25)
  speech.add('b'.repeat(60))
  expect(share.mustWait()).toBe(true)
  expect(await metrics.text()).toContain('netra_run_store_waits_total 1')
  share.taken(speech.takeAll()?.bytes ?? 0)
  expect(backlog.bytes).toBe(0)
})

test('many runs together wait at the limit of the node', () => {
  const { speaker } = start()
  const all = Array.from({ length: 3 }, () => speaker())
  for (const { speech } of all) speech.add('x'.repeat(90))
  expect(all[2]?.share.mustWait()).toBe(true)
})

test('F29: a text that came at once is cut into deltas, never through a surrogate pair', () => {
  const { speaker } = start()
  const { speech } = speaker()
  const text = `x${'😀'.repeat(40_000)}`
  speech.add(text)
  const deltas = textsOf(speech.take())
  expect(deltas.length).toBeGreaterThan(2)
  for (const delta of deltas) expect(delta.text).toBe(delta.text.toWellFormed())
  expect(deltas.map((delta) => delta.text).join('')).toBe(text)
})
