import { expect, test, vi } from 'vitest'

import { Listener, oneTo, openStage } from '../../testing/hub-stage.ts'
import { Turns } from '../platform/turns.ts'
import { LazyFrames } from './frames.ts'

// Thousands of listeners on a machine that may have other work.
vi.setConfig({ testTimeout: 120_000 })

test('the frame of an event is built once, however many get it', () => {
  const frames = new LazyFrames('thread:t', 1, [{ type: 'x', payload: '{"type":"x"}' }])
  expect(Object.is(frames.at(1), frames.at(1))).toBe(true)
})

test('who takes turns for small steps never has more than a slice of time at once', async () => {
  let now = 0
  const turns = new Turns({ monotonic: () => now }, 4)
  const slices: number[] = []
  let begun = 0
  let isOver = false
  const look = (): void => {
    slices.push(now - begun)
    begun = now
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  const order: number[] = []
  await Promise.all(
    oneTo(3).map(async (worker) => {
      for (let step = 0; step < 100; step++) {
        const turn = turns.take()
        if (turn) await turn
        now += 0.5
        order.push(worker)
      }
    }),
  )
  isOver = true
  expect(order).toHaveLength(300)
  expect(Math.max(...slices)).toBeLessThanOrEqual(5)
  // Nobody waits for the end of another's work.
  expect(new Set(order.slice(0, 120)).size).toBe(3)
})

test('a commit of many events for 5,000 listeners is handed on in slices of 4 ms by the clock', async () => {
  // Giving a listener an event costs 5 µs of this clock: all together they take a second of it.
  let now = 0
  class CostlyListener extends Listener {
    override send(frame: string): void {
      now += 0.005
      super.send(frame)
    }
  }
  const clock = { now: () => 0, monotonic: () => now, after: () => () => undefined }
  await using stage = await openStage({ clock })
  const listeners = oneTo(5_000).map(() => new CostlyListener())
  for (const listener of listeners) {
    const subscription = await stage.hub.subscribe('thread:t', null, listener)
    subscription.start()
  }
  await Promise.all(listeners.map((listener) => listener.live()))
  const slices: number[] = []
  let begun = now
  let isOver = false
  const look = (): void => {
    slices.push(now - begun)
    begun = now
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  await stage.append('thread:t', 40)
  await listeners.at(-1)?.until(({ seqs }) => seqs.length === 40)
  slices.push(now - begun)
  isOver = true
  for (const { seqs } of listeners) expect(seqs).toEqual(oneTo(40))
  expect(slices.length).toBeGreaterThan(50)
  expect(Math.max(...slices)).toBeLessThan(10)
})

test('F90: a listener whose window is shut keeps nobody else from anything', async () => {
  await using stage = await openStage()
  const [shut, open] = [new Listener(), new Listener()]
  const subscriptions = await Promise.all(
    [shut, open].map((listener) => stage.hub.subscribe('thread:t', null, listener)),
  )
  for (const subscription of subscriptions) subscription.start()
  await Promise.all([shut.live(), open.live()])
  shut.open = false
  for (let round = 0; round < 30; round++) await stage.append('thread:t', 200)
  await open.until(({ frames }) => frames.length > 6_000)
  expect(open.seqs).toEqual(oneTo(6_000))
  expect(shut.seqs).toEqual([])
  shut.open = true
  subscriptions[0]?.resume()
  await shut.until(({ frames }) => frames.length > 6_000)
  expect(shut.seqs).toEqual(oneTo(6_000))
})

test('F27: when commits come faster than they are handed on, the journal is read instead', async () => {
  await using stage = await openStage()
  const listeners = oneTo(20).map(() => new Listener())
  for (const listener of listeners) {
    const subscription = await stage.hub.subscribe('thread:t', null, listener)
    subscription.start()
  }
  await Promise.all(listeners.map((listener) => listener.live()))
  await Promise.all(oneTo(30).map(() => stage.append('thread:t', 200)))
  // Each was told that it is live, then given the events.
  for (const listener of listeners) await listener.until(({ frames }) => frames.length > 6_000)
  for (const { seqs } of listeners) expect(seqs).toEqual(oneTo(6_000))
  const text = await stage.metrics.text()
  expect(Number(/netra_delivery_replayed_events_total (\d+)/.exec(text)?.[1])).toBeGreaterThan(0)
})
