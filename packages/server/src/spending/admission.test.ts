import { setImmediate as turn } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { ADA, BOB, spendingStage } from '../../testing/spending-stage.ts'
import { BudgetSpent } from './spending.ts'

/** Small and repeatable; what it gives is no secret. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

test.each([1, 2, 3])(
  'S30: runs at once never go over a budget by more than one call each (seed %i)',
  async (seed) => {
    const random = randomOf(seed)
    const limit = 500 + Math.floor(random() * 3_000)
    const inMoney = random() < 0.5
    await using s = await spendingStage({
      defaults: {
        own: inMoney ? { usd_per_day: limit / 1_000 } : { tokens_per_day: limit },
        everyone: { tokens_per_month: 3 * limit },
      },
    })
    let mostOfOneCall = 0
    const run = async (userId: typeof ADA): Promise<void> => {
      using meter = s.meterOf(userId)
      for (let calls = 0; calls < 40; calls += 1) {
        const tokens = 1 + Math.floor(random() * 200)
        mostOfOneCall = Math.max(mostOfOneCall, tokens)
        const made = s.callOf({ inputTokens: tokens, costUsd: tokens / 1_000 })
        const admitted = await s.admit(meter, { ...made, inputTokens: Math.ceil(tokens / 2) })
        for (let waits = Math.floor(random() * 4); waits > 0; waits -= 1) await turn()
        admitted.over(random() < 0.1 ? null : made)
        if (random() < 0.8) await s.write(meter, userId)
      }
      await s.write(meter, userId)
    }
    const RUNS = 10
    const ended = await Promise.allSettled(
      Array.from({ length: RUNS }, (_, index) => run(index % 2 === 0 ? ADA : BOB)),
    )
    for (const each of ended)
      if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(BudgetSpent)
    for (const userId of [ADA, BOB]) {
      const { tokens } = (await s.spending.of(userId)).today
      expect(tokens).toBeLessThanOrEqual(limit + (RUNS / 2) * mostOfOneCall)
    }
  },
)

test('what calls under way will use is held back: the last tokens are had by one run', async () => {
  await using s = await spendingStage({ defaults: { own: { tokens_per_day: 100 }, everyone: {} } })
  const meters = Array.from({ length: 20 }, () => s.meterOf())
  const [first, ...others] = meters.map((meter) => s.admit(meter, s.callOf()))
  const admitted = await first
  let begun = 0
  const ends = others.map((each) =>
    each.then(
      () => (begun += 1),
      (error: unknown) => error,
    ),
  )
  for (let turns = 0; turns < 20; turns += 1) await turn()
  expect(begun).toBe(0)
  admitted?.over(s.callOf())
  expect((await Promise.all(ends)).every((end) => end instanceof BudgetSpent)).toBe(true)
})

test('a call that came to nothing gives back what was held, and Stop ends the wait', async () => {
  await using s = await spendingStage({ defaults: { own: { tokens_per_day: 100 }, everyone: {} } })
  const held = await s.admit(s.meterOf(), s.callOf())
  const stop = new AbortController()
  const stopped = s.admit(s.meterOf(), s.callOf(), stop.signal)
  const next = s.admit(s.meterOf(), s.callOf())
  stop.abort(new Error('stopped'))
  await expect(stopped).rejects.toThrow('stopped')
  held.over(null)
  ;(await next).over(null)
})

test('an attempt that is gone holds nothing back', async () => {
  await using s = await spendingStage({ defaults: { own: { tokens_per_day: 100 }, everyone: {} } })
  const gone = s.meterOf()
  ;(await s.admit(gone, s.callOf())).over(s.callOf())
  gone[Symbol.dispose]()
  await s.call(s.meterOf())
  expect((await s.spending.of(ADA)).today.calls).toBe(1)
})
