import { beforeEach, expect, test } from 'vitest'

import { CircuitOpen, createCircuitBreaker } from './circuit-breaker.ts'
import { TestClock } from './testing-clock.ts'

let clock: TestClock

beforeEach(() => {
  clock = new TestClock()
})

const breaker = () => createCircuitBreaker({ clock, failures: 2, openMs: 1000 })

async function opened() {
  const circuit = breaker()
  await circuit.enter().failed(new Error('down'))
  await circuit.enter().failed(new Error('down'))
  return circuit
}

test('a circuit that nobody used is closed', () => {
  expect(breaker().status()).toEqual({
    state: 'CLOSED',
    failure_count: 0,
    success_count: 0,
    last_failure_time: null,
    next_attempt_time: null,
  })
})

test('failures in a row open it, and it then refuses at once', async () => {
  const circuit = await opened()
  expect(circuit.status()).toEqual({
    state: 'OPEN',
    failure_count: 2,
    success_count: 0,
    last_failure_time: '2026-01-01T00:00:00.000Z',
    next_attempt_time: '2026-01-01T00:00:01.000Z',
  })
  expect(() => circuit.enter()).toThrow(CircuitOpen)
})

test('a success between failures keeps it closed', async () => {
  const circuit = breaker()
  await circuit.enter().failed(new Error('down'))
  await circuit.enter().succeeded()
  await circuit.enter().failed(new Error('down'))
  expect(circuit.status()).toMatchObject({ state: 'CLOSED', failure_count: 1, success_count: 1 })
})

test('after the wait one trial goes through while others are refused', async () => {
  const circuit = await opened()
  clock.advance(1000)
  expect(circuit.status().state).toBe('HALF_OPEN')
  const trial = circuit.enter()
  expect(() => circuit.enter()).toThrow(CircuitOpen)
  await trial.succeeded()
  expect(circuit.status()).toMatchObject({ state: 'CLOSED', failure_count: 0, success_count: 1 })
})

test('a trial that fails or is abandoned opens it again', async () => {
  const circuit = await opened()
  clock.advance(1000)
  await circuit.enter().failed(new Error('still down'))
  expect(circuit.status().state).toBe('OPEN')
  clock.advance(1000)
  await circuit.enter().abandoned()
  expect(circuit.status().state).toBe('OPEN')
  expect(() => circuit.enter()).toThrow(CircuitOpen)
})

test('when a trial is let through is decided by the clock it was given', async () => {
  const circuit = createCircuitBreaker({ clock, failures: 1, openMs: 1000 })
  await circuit.enter().failed(new Error('down'))
  clock.advance(999)
  expect(() => circuit.enter()).toThrow(CircuitOpen)
  clock.advance(1)
  await circuit.enter().failed(new Error('still down'))
  expect(() => circuit.enter()).toThrow(CircuitOpen)
  clock.advance(1000)
  await circuit.enter().succeeded()
  expect(circuit.status().state).toBe('CLOSED')
})

test('abandoned calls count for nothing while it is closed', async () => {
  const circuit = breaker()
  for (let i = 0; i < 5; i++) await circuit.enter().abandoned()
  expect(circuit.status()).toMatchObject({ state: 'CLOSED', failure_count: 0, success_count: 0 })
})
