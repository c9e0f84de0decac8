import type { Seen } from '@netra/client'
import { expect, test } from 'vitest'

import { Waits, type ShownRun } from './waits.ts'

function stage() {
  const state = { now: 1_000, isSeen: true }
  const told: [string, Seen][] = []
  const frames: (() => void)[] = []
  const waits = new Waits({
    now: () => state.now,
    afterPaint: (callback) => frames.push(callback),
    isSeen: () => state.isSeen,
    report: (runId, seen) => told.push([runId, seen]),
  })
  /** Paints what was drawn, so many milliseconds later. */
  const paint = (afterMs: number) => {
    state.now += afterMs
    for (const callback of frames.splice(0)) callback()
  }
  const shown = (change: Partial<ShownRun>) =>
    waits.shown({ id: 'r', hasEvent: true, hasText: false, hasEnded: false, ...change })
  return { waits, state, told, paint, shown }
}

test('all is told once, from the click to what was painted', () => {
  const { waits, told, paint, shown } = stage()
  const accepted = waits.clicked()
  accepted('r')
  paint(20)
  shown({})
  paint(30)
  shown({ hasText: true })
  paint(100)
  shown({ hasText: true, hasEnded: true })
  expect(told).toEqual([])
  paint(10)
  shown({ hasText: true, hasEnded: true })
  paint(10)
  expect(told).toEqual([
    [
      'r',
      {
        click_to_ok_ms: 20,
        click_to_first_event_ms: 50,
        click_to_first_text_ms: 150,
        click_to_end_ms: 160,
      },
    ],
  ])
})

test('events that overtake the acceptance count all the same', () => {
  const { waits, told, paint, shown } = stage()
  const accepted = waits.clicked()
  shown({})
  paint(5)
  shown({ hasEnded: true })
  paint(5)
  accepted('r')
  paint(5)
  expect(told[0]?.[1]).toEqual({
    click_to_ok_ms: 15,
    click_to_first_event_ms: 5,
    click_to_first_text_ms: null,
    click_to_end_ms: 10,
  })
})

test('a run that this page did not ask for is not measured', () => {
  const { told, paint, shown } = stage()
  shown({})
  shown({ hasEnded: true })
  paint(5)
  expect(told).toEqual([])
})

test('a run during which nobody could see the page is not measured', () => {
  const { waits, state, told, paint, shown } = stage()
  waits.clicked()('r')
  paint(1)
  state.isSeen = false
  shown({})
  state.isSeen = true
  shown({ hasEnded: true })
  paint(1)
  expect(told).toEqual([])
})

test('a message that was refused leaves nothing behind', () => {
  const { waits, told, paint, shown } = stage()
  waits.clicked()(null)
  shown({})
  paint(1)
  shown({ hasEnded: true })
  paint(1)
  expect(told).toEqual([])
})
