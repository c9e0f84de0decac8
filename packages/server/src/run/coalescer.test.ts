import fc from 'fast-check'
import { expect, test } from 'vitest'

import { TestClock } from '../platform/testing-clock.ts'
import { Coalescer } from './coalescer.ts'

const start = () => {
  const clock = new TestClock()
  const sent: string[] = []
  return { clock, sent, coalescer: new Coalescer(clock, (text) => sent.push(text)) }
}

test('the first piece goes out at once', () => {
  const { sent, coalescer } = start()
  coalescer.add('a')
  expect(sent).toEqual(['a'])
})

test('pieces that follow quickly leave together', () => {
  const { clock, sent, coalescer } = start()
  for (const piece of ['a', 'b', 'c']) coalescer.add(piece)
  clock.advance(15)
  expect(sent).toEqual(['a', 'bc'])
})

test('a hundred pieces a second leave at most fifty times, in no more than 20 ms each', () => {
  const { clock, sent, coalescer } = start()
  for (let piece = 0; piece < 100; piece += 1) {
    coalescer.add('x')
    clock.advance(10)
  }
  expect(sent.join('').length).toBeGreaterThanOrEqual(98)
  expect(sent.length).toBeLessThanOrEqual(53)
  expect(sent[1]?.length).toBe(1)
})

test('after a pause there is no wait', () => {
  const { clock, sent, coalescer } = start()
  coalescer.add('a')
  clock.advance(40)
  coalescer.add('b')
  expect(sent).toEqual(['a', 'b'])
})

test('what is taken is not sent again', () => {
  const { clock, sent, coalescer } = start()
  coalescer.add('a')
  coalescer.add('b')
  expect(coalescer.take()).toBe('b')
  clock.advance(100)
  expect(sent).toEqual(['a'])
})

test('F29: any text in any pieces at any pace comes out whole, and no surrogate pair is split', () => {
  const piece = fc.tuple(fc.string({ unit: 'binary', maxLength: 5 }), fc.nat(30))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const { clock, sent, coalescer } = start()
      // Cut into UTF-16 units, as a careless provider does.
      for (const [text, pause] of pieces) {
        for (const unit of text.split('')) coalescer.add(unit)
        clock.advance(pause)
      }
      const rest = coalescer.take()
      expect([...sent, rest].join('')).toBe(pieces.map(([text]) => text).join(''))
      for (const text of sent) expect(text).toBe(text.toWellFormed())
    }),
  )
})
