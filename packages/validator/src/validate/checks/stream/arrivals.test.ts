import { expect, test } from 'vitest'

import { arrivalsOf, isBunched, isHeldBack } from './arrivals.ts'

const BEAT_MS = 100
const BEATS = 12
const steady = Array.from({ length: BEATS + 1 }, (_none, place) => place * BEAT_MS)

const judge = (atMs: readonly number[]) => {
  const arrivals = arrivalsOf(atMs, BEAT_MS)
  return { heldBack: isHeldBack(arrivals), bunched: isBunched(arrivals) }
}

test('pieces that come as they are sent are neither held back nor bunched', () => {
  expect(judge(steady)).toEqual({ heldBack: false, bunched: false })
  expect(arrivalsOf(steady, BEAT_MS)).toEqual({
    spanMs: 1_200,
    dueMs: 1_200,
    bursts: 13,
    pieces: 13,
    medianGapMs: 100,
    longestGapMs: 100,
  })
})

test('pieces that all come at the end are held back', () => {
  expect(judge(steady.map(() => 1_200)).heldBack).toBe(true)
  expect(judge(steady.map((_at, place) => 1_200 + place)).heldBack).toBe(true)
})

test('pieces that come in bunches are bunched, and not held back', () => {
  const everyFive = steady.map((at) => Math.ceil(at / 500) * 500)
  expect(judge(everyFive)).toEqual({ heldBack: false, bunched: true })
})

test('single gaps of a busy machine are no alarm', () => {
  for (const stalledAt of [1, 4, 8, 11]) {
    const late = steady.map((at, place) =>
      place >= stalledAt && place < stalledAt + 4 ? (stalledAt + 3) * BEAT_MS : at,
    )
    expect(judge(late)).toEqual({ heldBack: false, bunched: false })
  }
  const slow = steady.map((at) => at * 3)
  expect(judge(slow)).toEqual({ heldBack: false, bunched: false })
})
