import fc from 'fast-check'
import { expect, test } from 'vitest'

import { countStates, type Reached } from './delivery-states.ts'

const device = (reached: Partial<Reached>): Reached => ({
  isPresent: true,
  sent: 0,
  acknowledged: 0,
  jump: undefined,
  ...reached,
})

test('an event is in the state of the device that has got furthest', () => {
  const devices = [device({ sent: 8, acknowledged: 5 }), device({ sent: 4, acknowledged: 4 })]
  const counts = countStates(10, devices)
  expect(counts).toEqual({ committed: 2, sent: 3, acknowledged: 5, waiting: 0, superseded: 0 })
})

test('what nobody is there for waits', () => {
  const gone = device({ sent: 6, acknowledged: 6, isPresent: false })
  expect(countStates(10, [gone])).toMatchObject({ acknowledged: 6, waiting: 4, committed: 0 })
  expect(countStates(3, [])).toMatchObject({ waiting: 3 })
})

test('what a snapshot stood for is superseded, unless another device has the events', () => {
  const late = device({ sent: 700, acknowledged: 700, jump: { after: 10, through: 650 } })
  expect(countStates(700, [late])).toMatchObject({ superseded: 640, acknowledged: 60 })
  const early = device({ sent: 700, acknowledged: 300 })
  expect(countStates(700, [late, early])).toMatchObject({ superseded: 350, acknowledged: 350 })
})

test('every event is in exactly one state', () => {
  const seq = fc.nat(100)
  const devices = fc.array(
    fc.record({
      isPresent: fc.boolean(),
      sent: seq,
      acknowledged: seq,
      jump: fc.option(fc.record({ after: seq, through: seq }), { nil: undefined }),
    }),
  )
  fc.assert(
    fc.property(seq, devices, (head, some) => {
      const counts = Object.values(countStates(head, some))
      expect(counts.every((count) => count >= 0)).toBe(true)
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(head)
    }),
  )
})
