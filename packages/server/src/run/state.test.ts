import { expect, test } from 'vitest'

import type { RunState } from '../journal/journal.ts'
import { isOpen, nextState, statesThatAllow, TRANSITIONS, type RunEvent } from './state.ts'

const states = Object.keys(TRANSITIONS) as RunState[]
const events: RunEvent[] = ['started', 'parked', 'decided', 'completed', 'failed', 'cancelled']

test('every state and event is either in the table or refused', () => {
  for (const state of states) {
    for (const event of events) {
      const next = TRANSITIONS[state][event]
      if (next) expect(nextState(state, event)).toBe(next)
      else expect(() => nextState(state, event)).toThrow(`a run that is ${state}`)
    }
  }
})

test('an ended run allows nothing, so it ends once', () => {
  for (const state of ['completed', 'failed', 'cancelled'] as const) {
    expect(isOpen(state)).toBe(false)
    for (const event of events) expect(statesThatAllow(event)).not.toContain(state)
  }
})

test('every open state can be cancelled, and reaches a failure or waits for a person', () => {
  for (const state of states.filter(isOpen)) {
    expect(statesThatAllow('cancelled')).toContain(state)
    if (state !== 'waiting') expect(statesThatAllow('failed')).toContain(state)
  }
})

test('F61: a run that waits for a person is started by nobody', () => {
  expect(statesThatAllow('started')).not.toContain('waiting')
  expect(nextState('waiting', 'decided')).toBe('queued')
})
