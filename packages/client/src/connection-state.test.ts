import { expect, test } from 'vitest'

import {
  transition,
  TRANSITIONS,
  type ConnectionEvent,
  type ConnectionKind,
  type ConnectionState,
} from './connection-state.ts'

const why = { code: 1006, why: 'cut' }

const STATES: Record<ConnectionKind, ConnectionState> = {
  idle: { kind: 'idle' },
  authorizing: { kind: 'authorizing', attempt: 3 },
  opening: { kind: 'opening', attempt: 3 },
  greeting: { kind: 'greeting', attempt: 3 },
  open: { kind: 'open', connectionId: 'c', userId: 'u', node: 'n' },
  waiting: { kind: 'waiting', attempt: 3, retryAt: 1, why },
  stopped: { kind: 'stopped', why },
  closed: { kind: 'closed' },
}

const EVENTS: Record<ConnectionEvent['type'], ConnectionEvent> = {
  connect: { type: 'connect' },
  authorized: { type: 'authorized' },
  opened: { type: 'opened' },
  welcomed: { type: 'welcomed', connectionId: 'c', userId: 'u', node: 'n' },
  lost: { type: 'lost', attempt: 4, retryAt: 2, why },
  refused: { type: 'refused', why },
  retry: { type: 'retry' },
  close: { type: 'close' },
}

const kinds = Object.keys(STATES) as ConnectionKind[]
const types = Object.keys(EVENTS) as ConnectionEvent['type'][]
const cells = kinds.flatMap((kind) =>
  types.map((type) => [kind, type, TRANSITIONS[kind][type]] as const),
)

test.each(cells)('%s, then %s: %s', (kind, type, next) => {
  const before = STATES[kind]
  const after = transition(before, EVENTS[type])
  expect(after.kind).toBe(next ?? kind)
  expect(after === before).toBe(next === null)
})

test('every state can be reached from idle, and left by its owner', () => {
  const reached = new Set<ConnectionKind>(['idle'])
  for (const kind of reached) {
    for (const type of types) {
      const next = TRANSITIONS[kind][type]
      if (next) reached.add(next)
    }
  }
  expect([...reached].toSorted()).toEqual(kinds.toSorted())
  for (const kind of kinds) expect(TRANSITIONS[kind].close ?? kind).toBe('closed')
})

test('the number of the attempt goes along while it lasts', () => {
  expect(transition(STATES.waiting, EVENTS.retry)).toEqual({ kind: 'authorizing', attempt: 3 })
  expect(transition(STATES.stopped, EVENTS.connect)).toEqual({ kind: 'authorizing', attempt: 0 })
})

test('only open is reached by a welcome, and only after a greeting', () => {
  expect(kinds.filter((kind) => TRANSITIONS[kind].welcomed === 'open')).toEqual(['greeting'])
})
