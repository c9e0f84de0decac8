import { expect, test } from 'vitest'

import { Breakers } from './breakers.ts'
import { CircuitOpen, type CircuitBreaker } from './circuit-breaker.ts'
import { systemClock } from './clock.ts'
import { createMetrics } from './metrics.ts'

async function open(breaker: CircuitBreaker): Promise<void> {
  while (breaker.status().state !== 'OPEN') await breaker.enter().failed(new Error('it is down'))
}

test('a breaker is made once, found by its id, and told with its last error', async () => {
  const breakers = new Breakers(systemClock)
  const breaker = breakers.of('model', 'openai/gpt-4o')
  expect(breakers.of('model', 'openai/gpt-4o')).toBe(breaker)
  expect(breakers.find('tool', 'openai/gpt-4o')).toBeUndefined()
  await breaker.enter().failed(new Error('it is down'))
  expect(breakers.list()).toEqual([
    {
      id: 'model:openai/gpt-4o',
      kind: 'model',
      name: 'openai/gpt-4o',
      state: 'CLOSED',
      failure_count: 1,
      success_count: 0,
      last_failure_time: expect.any(String),
      next_attempt_time: null,
      last_error: 'it is down',
    },
  ])
})

test('a reset closes an open breaker, and a call from before no longer counts', async () => {
  const breakers = new Breakers(systemClock)
  const breaker = breakers.of('service', 'smtp', { failures: 2 })
  const old = breaker.enter()
  await open(breaker)
  expect(() => breaker.enter()).toThrow(CircuitOpen)
  expect(breakers.counts()).toEqual({ closed: 0, half_open: 0, open: 1 })
  expect(breakers.reset('service:smtp')).toMatchObject({ state: 'CLOSED', failure_count: 0 })
  await old.failed(new Error('late'))
  expect(breaker.status()).toMatchObject({ state: 'CLOSED', failure_count: 0 })
  await breaker.enter().succeeded()
  expect(breakers.reset('service:other')).toBeUndefined()
})

test('metrics tell the state of each by a bounded list of names', async () => {
  const metrics = createMetrics()
  const breakers = new Breakers(systemClock, metrics)
  await open(breakers.of('model', 'first/model', { failures: 1 }))
  for (let index = 0; index < 700; index++) breakers.of('model', `made/up-${index}`)
  const text = await metrics.text()
  expect(text).toContain('netra_breaker_state{kind="model",name="first/model"} 2')
  expect(text).toContain('netra_breaker_opened_total{kind="model",name="first/model"} 1')
  expect(text).toContain('netra_breaker_state{kind="model",name="other"} 0')
  expect(text.match(/^netra_breaker_state\{/gm)?.length).toBeLessThanOrEqual(101)
  expect(breakers.list('model')).toHaveLength(500)
  // What is open is not forgotten for what is merely new.
  expect(breakers.find('model', 'first/model')?.status().state).toBe('OPEN')
  breakers.reset('model:first/model')
  expect(await metrics.text()).toContain('netra_breaker_state{kind="model",name="first/model"} 0')
})

test('names that somebody made up take no place in the metrics from those that are there', async () => {
  const metrics = createMetrics()
  const breakers = new Breakers(systemClock, metrics)
  for (let index = 0; index < 150; index++) {
    breakers.of('model', `openai/evil-${index}`, { isMadeUp: true })
  }
  await open(breakers.of('model', 'openai/evil-0', { isMadeUp: true }))
  breakers.of('model', 'openai/real')
  const text = await metrics.text()
  expect(text).not.toContain('evil')
  expect(text).toContain('netra_breaker_state{kind="model",name="other"} 2')
  expect(text).toContain('netra_breaker_state{kind="model",name="openai/real"} 0')
  // One that turns out to be there has its name from then on.
  breakers.of('model', 'openai/evil-0')
  expect(await metrics.text()).toContain('netra_breaker_state{kind="model",name="openai/evil-0"} 2')
})
