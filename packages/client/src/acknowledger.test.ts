import { expect, test } from 'vitest'

import { Acknowledger } from './acknowledger.ts'
import { FakeClock } from './testing/fake-clock.ts'

function start() {
  const clock = new FakeClock()
  const acks: number[] = []
  return { clock, acks, acknowledger: new Acknowledger(clock, (bytes) => acks.push(bytes)) }
}

test('what was received is acknowledged after 250 ms, all of it at once', () => {
  const { clock, acks, acknowledger } = start()
  acknowledger.received(100, 1)
  clock.advance(200)
  acknowledger.received(50, 1)
  expect(acks).toEqual([])
  clock.advance(50)
  expect(acks).toEqual([150])
  clock.advance(1_000)
  expect(acks).toEqual([150])
})

test('128 events or 64 KB do not wait', () => {
  const { acks, acknowledger } = start()
  for (let index = 0; index < 128; index += 1) acknowledger.received(10, 1)
  expect(acks).toEqual([1280])
  acknowledger.received(64 * 1024, 1)
  expect(acks).toEqual([1280, 1280 + 64 * 1024])
})

test('bytes count from the beginning of the socket', () => {
  const { clock, acks, acknowledger } = start()
  acknowledger.received(100, 1)
  clock.advance(250)
  acknowledger.received(100, 0)
  clock.advance(250)
  expect(acks).toEqual([100, 200])
})

test('nothing is acknowledged on a socket that is gone', () => {
  const { clock, acks, acknowledger } = start()
  acknowledger.received(100, 1)
  acknowledger.stop()
  clock.advance(1_000)
  expect(acks).toEqual([])
})
