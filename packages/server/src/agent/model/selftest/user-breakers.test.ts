import { expect, test } from 'vitest'

import { TestClock } from '../../../platform/testing-clock.ts'
import { UserBreakers } from './user-breakers.ts'

const FAILURES = 3
const OPEN_MS = 3_000

async function open(breakers: UserBreakers, userId: string): Promise<void> {
  for (let count = 0; count < FAILURES; count++) {
    await breakers.of(userId).enter().failed(new Error('asked to fail'))
  }
}

test("one user's failures open that user's circuit and nobody else's", async () => {
  const breakers = new UserBreakers(new TestClock())
  await open(breakers, 'ann')
  expect(breakers.status('ann').state).toBe('OPEN')
  expect(breakers.status('bob').state).toBe('CLOSED')
  expect(() => breakers.of('ann').enter()).toThrow('several times in a row')
  await breakers.of('bob').enter().succeeded()
})

test('after three seconds one call is let through, and its success closes the circuit', async () => {
  const clock = new TestClock()
  const breakers = new UserBreakers(clock)
  await open(breakers, 'ann')
  clock.advance(OPEN_MS - 1)
  expect(breakers.status('ann').state).toBe('OPEN')
  clock.advance(1)
  expect(breakers.status('ann').state).toBe('HALF_OPEN')
})

test('to look at a state remembers nobody', () => {
  const breakers = new UserBreakers(new TestClock())
  for (let count = 0; count < 50; count++) breakers.status(`user-${count}`)
  expect(breakers.size).toBe(0)
})

test('of more users than are kept, whoever called longest ago is forgotten', async () => {
  const breakers = new UserBreakers(new TestClock())
  await open(breakers, 'first')
  for (let count = 0; count < 499; count++) breakers.of(`user-${count}`)
  breakers.of('first')
  for (let count = 0; count < 300; count++) breakers.of(`other-${count}`)
  expect(breakers.size).toBe(500)
  expect(breakers.status('first').state).toBe('OPEN')
  for (let count = 300; count < 900; count++) breakers.of(`other-${count}`)
  expect(breakers.size).toBe(500)
  expect(breakers.status('first').state).toBe('CLOSED')
})
