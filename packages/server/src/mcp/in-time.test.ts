import { expect, test } from 'vitest'

import { inTime, isOverrun } from './in-time.ts'

const held = new Int32Array(new SharedArrayBuffer(4))

test('work that the machine held up is done again', () => {
  let tries = 0
  const answer = inTime(() => {
    tries += 1
    // The thread stands still, as on a machine that is busy with others.
    if (tries < 3) Atomics.wait(held, 0, 0)
    return 'done'
  })
  expect([answer, tries]).toEqual(['done', 3])
})

test('work that costs time itself is stopped', () => {
  let problem: unknown
  try {
    inTime(() => {
      for (;;);
    })
  } catch (error) {
    problem = error
  }
  expect(isOverrun(problem)).toBe(true)
})

test('what work throws is thrown', () => {
  expect(() =>
    inTime(() => {
      throw new Error('no such thing')
    }),
  ).toThrow('no such thing')
})
