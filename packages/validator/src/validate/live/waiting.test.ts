import { expect, test } from 'vitest'

import { CheckFailure, CheckTimedOut } from '../check.ts'
import { Waiting } from './waiting.ts'

const signal = new AbortController().signal
const isEven = (value: number): boolean => value % 2 === 0
const at = (more: object = {}) => ({ what: 'an even one', withinMs: 1_000, signal, ...more })

test('the first that fits is found, whether it was there before or comes later', async () => {
  const waiting = new Waiting<number>()
  waiting.add(1)
  waiting.add(2)
  expect(await waiting.next(isEven, at())).toBe(2)
  const later = waiting.next(isEven, at({ from: 2 }))
  waiting.add(3)
  waiting.add(4)
  waiting.add(6)
  expect(await later).toBe(4)
})

test('what does not come is told by its name and the time that was waited', async () => {
  const waiting = new Waiting<number>()
  await expect(waiting.next(isEven, at({ withinMs: 5 }))).rejects.toThrow(
    new CheckTimedOut('an even one did not come within 5 ms'),
  )
})

test('who waits is told why nothing comes any more, and who asks later too', async () => {
  const waiting = new Waiting<number>()
  const before = waiting.next(isEven, at())
  waiting.end('the socket closed with 4003')
  const due = new CheckFailure('an even one did not come: the socket closed with 4003')
  await expect(before).rejects.toThrow(due)
  await expect(waiting.next(isEven, at())).rejects.toThrow(due)
})

test('what came before the end is still found after it', async () => {
  const waiting = new Waiting<number>()
  waiting.add(8)
  waiting.end('over')
  expect(await waiting.next(isEven, at())).toBe(8)
})

test('nobody waits beyond the end of the check', async () => {
  const ending = new AbortController()
  const waiting = new Waiting<number>()
  const waits = waiting.next(isEven, at({ signal: ending.signal }))
  ending.abort()
  await expect(waits).rejects.toThrow('had not come when the check ended')
})
