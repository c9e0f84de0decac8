import { expect, test } from 'vitest'

import type { Check, Outcome } from '../check.ts'
import { aReport, aResult } from '../testing/made-up.ts'
import { compare, inWords } from './compare.ts'
import { reportJson } from './json.ts'

type Timing = [id: Check['id'], ms: number, outcome?: Outcome]

const report = (...timings: Timing[]) =>
  reportJson(
    aReport(
      timings.map(([id, durationMs, outcome = 'passed']) => aResult({ id, durationMs, outcome })),
    ),
  )

/** As many checks as a run has, each with its time, moved by up to a tenth. */
const quiet = (factor = 1): Timing[] =>
  Array.from({ length: 60 }, (_none, n) => [
    `threads.n${n}`,
    (20 + 17 * n) * factor * (1 + ((n * 7) % 11) / 100),
  ])

test('what passed and does not, or the other way, is told by its id', () => {
  const found = compare(
    report(
      ['health.a', 10],
      ['health.b', 10, 'failed'],
      ['health.c', 10, 'failed'],
      ['health.gone', 5],
    ),
    report(
      ['health.a', 10, 'skipped'],
      ['health.b', 10],
      ['health.c', 10, 'timed_out'],
      ['health.new', 5],
    ),
  )
  expect(found.worse.map(({ id, now }) => `${id} ${now}`)).toEqual(['health.a skipped'])
  expect(found.better).toEqual(['health.b'])
  expect([found.gone, found.added]).toEqual([['health.gone'], ['health.new']])
})

test('the same report twice has nothing to tell', () => {
  const same = report(...quiet())
  expect(inWords(compare(same, same))).toEqual([
    '- nothing became worse, and nothing slower beyond noise',
  ])
})

test('noise is not slower: a few ms that double, and a second that becomes 1.3', () => {
  const before = report(...quiet(), ['health.tiny', 4], ['health.long', 1_000])
  const now = report(...quiet(), ['health.tiny', 40], ['health.long', 1_300])
  expect(compare(before, now).slower).toEqual([])
})

test('one check that takes three times as long is named, and no other', () => {
  const before = report(...quiet(), ['conversation.first-event', 400])
  const now = report(...quiet(), ['conversation.first-event', 1_200])
  expect(compare(before, now).slower).toEqual([
    { id: 'conversation.first-event', beforeMs: 400, nowMs: 1_200 },
  ])
})

test('a machine that is slower as a whole is told once, and what is slower still by its name', () => {
  const before = report(...quiet(), ['conversation.first-event', 400])
  const now = report(...quiet(2), ['conversation.first-event', 4_000])
  const found = compare(before, now)
  expect(found.slower.map(({ id }) => id)).toEqual(['conversation.first-event'])
  expect(found.pace).toBeGreaterThan(1.7)
  expect(inWords(found).join('\n')).toMatch(/everything takes [\d.]+ times as long/)
})

test('where all times are restless, twice is not enough to be named', () => {
  const restless: Timing[] = quiet().map(([id, ms], n) => [id, n % 2 === 0 ? ms * 2.5 : ms / 2.5])
  const before = report(...quiet(), ['health.x', 500])
  const now = report(...restless, ['health.x', 1_500])
  expect(compare(before, now).slower).toEqual([])
})

test('what did not pass is not compared by its time', () => {
  const found = compare(report(['health.a', 10]), report(['health.a', 9_000, 'timed_out']))
  expect(found.slower).toEqual([])
  expect(found.worse).toHaveLength(1)
})
