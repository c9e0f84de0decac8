import { expect, test } from 'vitest'

import { MovingClock } from '../../../../tests/support/moving-clock.ts'
import { jitterMs, sendAway, spreadMs } from './drain.ts'

/** Sockets that note when they were sent away, on a clock that a test moves. */
function open(count: number) {
  const clock = new MovingClock()
  const begun = clock.monotonic()
  const sentAt: number[] = []
  const left = new Set(Array.from({ length: count }, (_, index) => index))
  const sockets = [...left].map((id) => ({
    id,
    goAway: () => {
      left.delete(id)
      sentAt.push(clock.monotonic() - begun)
    },
  }))
  const all = () => sockets.filter(({ id }) => left.has(id))
  return { clock, sentAt, all, left }
}

test('sockets are sent away evenly over the window, each once', async () => {
  const world = open(1_000)
  const away = sendAway({ open: world.all, withinMs: 10_000, clock: world.clock })
  while (world.left.size > 0) {
    world.clock.advance(20)
    await new Promise((turn) => setImmediate(turn))
  }
  expect(await away).toMatchObject({ sent: 1_000 })
  expect(world.sentAt).toHaveLength(1_000)
  const perSecond = Array.from(
    { length: 8 },
    (_, second) => world.sentAt.filter((at) => Math.floor(at / 1_000) === second).length,
  )
  for (const count of perSecond) expect(count).toBeGreaterThan(80)
  for (const count of perSecond) expect(count).toBeLessThan(170)
})

test('few sockets take little time, none take none, and the window is never exceeded (F93)', () => {
  expect([spreadMs(0, 10_000), spreadMs(5, 10_000), spreadMs(5_000, 10_000)]).toEqual([
    0, 50, 8_000,
  ])
  expect(spreadMs(5_000, 0)).toBe(0)
  // Whoever is sent away at once comes back over a while; whoever was spread already need not be.
  expect([jitterMs(5_000, 0), jitterMs(5_000, 8_000), jitterMs(1, 10)]).toEqual([5_000, 500, 1_990])
})

test('what was opened meanwhile is sent away too', async () => {
  const world = open(2)
  const late = { gone: false, goAway: () => (late.gone = true) }
  const all = () => [...world.all(), ...(late.gone ? [] : [late])]
  let isFirst = true
  await sendAway({
    open: () => {
      if (!isFirst) return all()
      isFirst = false
      return world.all()
    },
    withinMs: 0,
    clock: world.clock,
  })
  expect([world.left.size, late.gone]).toEqual([0, true])
})
