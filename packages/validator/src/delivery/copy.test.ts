import { expect, test } from 'vitest'

import { Copy } from './copy.ts'

const STREAM = 'thread:t'
const event = (seq: number) =>
  ({ type: 'event', stream: STREAM, seq, event: { type: 'unknown', of: 'x' } }) as const
const live = (position: string) => ({ type: 'live', stream: STREAM, position }) as never

test('an event is applied once, in order; a hole asks for the stream again', () => {
  const copy = new Copy(STREAM)
  expect([1, 2, 2, 1].map((seq) => copy.event(event(seq)))).toEqual([true, true, true, true])
  expect(copy.seq).toBe(2)
  expect(copy.event(event(4))).toBe(false)
  expect(copy.seq).toBe(2)
})

test('one that was cut off before it knew its epoch begins anew, one that knew it goes on', () => {
  const copy = new Copy(STREAM)
  copy.event(event(1))
  expect(copy.resume()).toBeNull()
  expect(copy.seq).toBe(0)
  copy.event(event(1))
  copy.live(live('e:1'))
  expect(copy.resume()).toBe('e:1')
})

test('only a live copy of the same epoch is behind a head', () => {
  const copy = new Copy(STREAM)
  expect(copy.isBehind('e:5')).toBe(false)
  copy.live(live('e:0'))
  expect(copy.isBehind('e:5')).toBe(true)
  expect(copy.isBehind('f:5')).toBe(false)
  expect(copy.isBehind('e:0')).toBe(false)
})
