import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { ThreadEvent } from '../events/thread-event.ts'
import { isTerminal } from '../events/thread-event.ts'
import { historyArbitrary } from '../testing/history.ts'
import { foldThread } from './fold-thread.ts'
import { emptyThreadState, threadStateSchema, type ThreadState } from './thread-state.ts'
import { windowThread } from './window.ts'

const foldAll = (state: ThreadState, events: readonly ThreadEvent[]): ThreadState =>
  events.reduce(foldThread, state)

const throughTheWire = (state: ThreadState): ThreadState =>
  threadStateSchema.parse(JSON.parse(JSON.stringify(state)))

const freezeDeep = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freezeDeep(inner)
  }
  return value
}

const cutArbitrary = fc.tuple(historyArbitrary, fc.nat()).map(([events, cut]) => {
  const at = cut % (events.length + 1)
  return { events, before: events.slice(0, at), after: events.slice(at) }
})

test('a snapshot and the events after it fold to the same as all events', () => {
  fc.assert(
    fc.property(cutArbitrary, ({ events, before, after }) => {
      const snapshot = throughTheWire(foldAll(emptyThreadState(), before))
      expect(foldAll(snapshot, after)).toEqual(foldAll(emptyThreadState(), events))
    }),
  )
})

test('a window and the events after it have the same window as all events', () => {
  fc.assert(
    fc.property(
      cutArbitrary,
      fc.integer({ min: 1, max: 6 }),
      ({ events, before, after }, count) => {
        const early = throughTheWire(windowThread(foldAll(emptyThreadState(), before), count))
        const late = foldAll(emptyThreadState(), events)
        expect(windowThread(foldAll(early, after), count)).toEqual(windowThread(late, count))
      },
    ),
  )
})

test('no fold changes a state it was given, and every state is JSON', () => {
  fc.assert(
    fc.property(historyArbitrary, (events) => {
      let state = freezeDeep(emptyThreadState())
      for (const event of events) state = freezeDeep(foldThread(state, event))
      expect(throughTheWire(state)).toEqual(state)
    }),
    { numRuns: 30 },
  )
})

test('a delta that comes twice changes nothing the second time', () => {
  fc.assert(
    fc.property(historyArbitrary, (events) => {
      let once = emptyThreadState()
      let twice = emptyThreadState()
      for (const event of events) {
        once = foldThread(once, event)
        twice = foldThread(twice, event)
        if (event.type === 'message_delta') twice = foldThread(twice, event)
      }
      expect(twice).toEqual(once)
    }),
    { numRuns: 30 },
  )
})

test('a run that ended has an outcome, and nothing of it streams, runs or waits', () => {
  fc.assert(
    fc.property(historyArbitrary, (events) => {
      const state = foldAll(emptyThreadState(), events)
      const ended = new Set<string | null>(events.filter(isTerminal).map((event) => event.run_id))
      expect(state.runs.filter((run) => run.outcome).map((run) => run.id)).toEqual([...ended])
      const open = new Set<string>(['streaming', 'running', 'waiting'])
      const ofEnded = [...state.messages, ...state.tool_calls].filter((item) =>
        ended.has(item.run_id),
      )
      expect(ofEnded.filter((item) => open.has(item.status))).toEqual([])
    }),
    { numRuns: 30 },
  )
})

test('every entry of a timeline is found in its list, once', () => {
  fc.assert(
    fc.property(historyArbitrary, (events) => {
      const state = foldAll(emptyThreadState(), events)
      for (const run of state.runs) {
        const keys = run.timeline.map((entry) => `${entry.kind} ${entry.id}`)
        expect(new Set(keys).size).toBe(keys.length)
        const messages = run.timeline.filter((entry) => entry.kind === 'message')
        for (const { id } of messages) expect(state.messages.some((m) => m.id === id)).toBe(true)
        const tools = run.timeline.filter((entry) => entry.kind === 'tool').map((entry) => entry.id)
        expect(tools).toEqual(run.tool_call_ids)
      }
    }),
    { numRuns: 30 },
  )
})
