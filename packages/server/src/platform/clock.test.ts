import { expect, test } from 'vitest'

import { systemClock } from './clock.ts'

const MONTH_MS = 30 * 24 * 60 * 60_000

test('a wait of months does not end at once', async () => {
  let fired = false
  const cancel = systemClock.after(MONTH_MS, () => {
    fired = true
  })
  await new Promise<void>((go) => systemClock.after(5, go))
  expect(fired).toBe(false)
  cancel()
})
