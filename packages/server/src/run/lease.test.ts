import { expect, test } from 'vitest'

import { asId, type RunId } from '../platform/ids.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { LEASE, Lease, LEASE_TIMES, type LeaseEvent, type LeaseState } from './lease.ts'

const run = { id: asId<RunId>('run'), fence: 3 }

const start = () => {
  const clock = new TestClock()
  return { clock, lease: new Lease(run, { clock, times: LEASE_TIMES, asked: clock.monotonic() }) }
}

const states = Object.keys(LEASE) as LeaseState[]
const events: LeaseEvent[] = ['renewed', 'silent', 'taken', 'released']

test('F52: nothing leads back to a lease that was let go: who goes on has a higher fence', () => {
  for (const state of states) {
    for (const event of events) {
      if (state !== 'held') expect(LEASE[state][event]).not.toBe('held')
    }
  }
  expect(events.filter((event) => LEASE.held[event] === 'held')).toEqual(['renewed'])
})

test('F54: an owner that could not renew stops three seconds before its lease can end', () => {
  const { clock, lease } = start()
  clock.advance(11_999)
  expect(() => lease.assertHeld()).not.toThrow()
  clock.advance(1)
  expect(() => lease.assertHeld()).toThrow('lapsed')
})

test('F51: a lease that lapsed unseen takes no later renewal', () => {
  const { clock, lease } = start()
  const asked = clock.monotonic()
  // The process stands still: no timer noticed that the time went by.
  clock.jump(60_000)
  lease.renewed(asked + 59_999)
  expect(() => lease.assertHeld()).toThrow('lapsed')
})

test('a renewal counts from when it was asked for, not from when the answer came', () => {
  const { clock, lease } = start()
  const asked = clock.monotonic()
  clock.advance(11_000)
  lease.renewed(asked)
  clock.advance(1_000)
  expect(lease.state).toBe('lapsed')
})

test('renewed in time, a lease holds on', () => {
  const { clock, lease } = start()
  for (let round = 0; round < 100; round += 1) {
    const asked = clock.monotonic()
    clock.advance(5_000)
    lease.renewed(asked)
  }
  expect(lease.state).toBe('held')
})

test('who waits for the end of a lease hears why, and nothing of one that was given up', async () => {
  const lapsed = start()
  lapsed.clock.advance(12_000)
  expect(lapsed.lease.state).toBe('lapsed')
  await expect(lapsed.lease.gone).rejects.toMatchObject({ why: 'lapsed' })
  const taken = start()
  taken.lease.note('taken')
  await expect(taken.lease.gone).rejects.toMatchObject({ why: 'overtaken' })
  const released = start()
  released.lease.note('released')
  released.lease.note('taken')
  const none = Symbol('none')
  expect(await Promise.race([released.lease.gone, Promise.resolve(none)])).toBe(none)
})
