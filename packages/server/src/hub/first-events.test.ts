import { expect, test } from 'vitest'

import type { NewEvent } from '../journal/journal.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { FirstEvents } from './first-events.ts'

const event = (type: string, run: string): NewEvent => ({
  type,
  payload: JSON.stringify({ type, run_id: run }),
})

function stage() {
  const clock = new TestClock()
  const measured: number[] = []
  const firsts = new FirstEvents(clock, (ms) => measured.push(ms))
  let seq = 0
  const commit = (type: string, run: string) =>
    firsts.committed('thread:t', ++seq, [event(type, run)])
  return { clock, measured, firsts, commit, since: clock.monotonic() }
}

test('the wait ends when the first event of the agent is sent, and counts once', () => {
  const { clock, measured, firsts, commit, since } = stage()
  commit('run_accepted', 'r')
  firsts.sent('thread:t', 1, since)
  clock.advance(40)
  commit('agent_started', 'r')
  clock.advance(2)
  firsts.sent('thread:t', 2, since)
  firsts.sent('thread:t', 2, since)
  expect(measured).toEqual([42])
})

test('who begins to read later has waited for us only since then', () => {
  const { clock, measured, firsts, commit } = stage()
  commit('run_accepted', 'r')
  clock.advance(30)
  commit('agent_started', 'r')
  clock.advance(60_000)
  const since = clock.monotonic()
  clock.advance(5)
  firsts.sent('thread:t', 2, since)
  expect(measured).toEqual([35])
})

test('a run behind another one of its conversation does not count', () => {
  const { clock, measured, firsts, commit, since } = stage()
  commit('run_accepted', 'one')
  commit('run_accepted', 'two')
  commit('agent_started', 'one')
  firsts.sent('thread:t', 3, since)
  clock.advance(5_000)
  commit('agent_completed', 'one')
  commit('agent_started', 'two')
  firsts.sent('thread:t', 5, since)
  expect(measured).toEqual([0])
})

test('a run whose end another process saw is forgotten', () => {
  const { clock, measured, firsts, commit, since } = stage()
  commit('run_accepted', 'elsewhere')
  clock.advance(11 * 60_000)
  commit('run_accepted', 'here')
  commit('agent_started', 'here')
  firsts.sent('thread:t', 3, since)
  expect(measured).toEqual([0])
})

test('a run that is over before its first event was sent counts for who was there', () => {
  const { clock, measured, firsts, commit, since } = stage()
  commit('run_accepted', 'quick')
  commit('agent_started', 'quick')
  commit('agent_completed', 'quick')
  clock.advance(7)
  firsts.sent('thread:t', 3, since)
  commit('run_accepted', 'next')
  commit('agent_started', 'next')
  commit('agent_completed', 'next')
  clock.advance(60_000)
  firsts.sent('thread:t', 6, clock.monotonic())
  expect(measured).toEqual([7])
})
