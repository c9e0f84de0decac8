import { expect, test } from 'vitest'

import { Heartbeat } from './heartbeat.ts'
import { FakeClock } from './testing/fake-clock.ts'

function start() {
  const clock = new FakeClock()
  const seen = { pings: 0, dead: 0 }
  const heartbeat = new Heartbeat({
    clock,
    intervalMs: 10_000,
    timeoutMs: 25_000,
    ping: () => (seen.pings += 1),
    dead: () => (seen.dead += 1),
  })
  return { clock, heartbeat, seen }
}

test('a silent socket is pinged after 10 s and given up after 25 s, once', () => {
  const { clock, seen } = start()
  clock.advance(9_000)
  expect(seen).toEqual({ pings: 0, dead: 0 })
  clock.advance(2_000)
  expect(seen).toEqual({ pings: 1, dead: 0 })
  clock.advance(14_000)
  expect(seen).toEqual({ pings: 2, dead: 1 })
  clock.advance(60_000)
  expect(seen.dead).toBe(1)
  expect(clock.timers).toBe(0)
})

test('whatever is heard counts', () => {
  const { clock, heartbeat, seen } = start()
  for (let index = 0; index < 20; index += 1) {
    clock.advance(5_000)
    heartbeat.heard()
  }
  expect(seen).toEqual({ pings: 0, dead: 0 })
})

test('a probe pings at once and waits four seconds', () => {
  const { clock, heartbeat, seen } = start()
  heartbeat.probe()
  expect(seen.pings).toBe(1)
  clock.advance(3_000)
  expect(seen.dead).toBe(0)
  clock.advance(2_000)
  expect(seen.dead).toBe(1)
})

test('a probe that is answered changes nothing', () => {
  const { clock, heartbeat, seen } = start()
  heartbeat.probe()
  clock.advance(1_000)
  heartbeat.heard()
  clock.advance(6_000)
  expect(seen.dead).toBe(0)
})

test('after a sleep the socket is asked before it is judged', () => {
  const { clock, heartbeat, seen } = start()
  clock.sleep(120_000)
  expect(seen).toEqual({ pings: 1, dead: 0 })
  heartbeat.heard()
  clock.advance(5_000)
  expect(seen.dead).toBe(0)
})

test('after a sleep a socket that does not answer is given up', () => {
  const { clock, seen } = start()
  clock.sleep(120_000)
  clock.advance(5_000)
  expect(seen.dead).toBe(1)
})

test('a stopped heartbeat leaves no timer', () => {
  const { clock, heartbeat, seen } = start()
  heartbeat.stop()
  clock.advance(60_000)
  expect({ ...seen, timers: clock.timers }).toEqual({ pings: 0, dead: 0, timers: 0 })
})
