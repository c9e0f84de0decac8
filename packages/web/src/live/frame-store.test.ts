import { expect, test } from 'vitest'

import { perFrame } from './frame-store.ts'
import { createStore } from './outgoing.ts'

test('a burst of changes is told once, with the newest value', () => {
  const source = createStore(0)
  const frames: (() => void)[] = []
  const store = perFrame(source, (work) => {
    frames.push(work)
    return () => undefined
  })
  const told: number[] = []
  const stop = store.subscribe(() => told.push(store.getSnapshot()))
  for (let value = 1; value <= 100; value += 1) source.set(value)
  expect(store.getSnapshot()).toBe(0)
  expect(frames).toHaveLength(1)
  frames[0]!()
  expect(told).toEqual([100])
  source.set(101)
  expect(frames).toHaveLength(2)
  stop()
})

test('without listeners it shows the newest value at once', () => {
  const source = createStore('a')
  const store = perFrame(source, () => () => undefined)
  source.set('b')
  expect(store.getSnapshot()).toBe('b')
})
