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
  falling_back: { kind: 'falling_back', attempt: 3 },
  fallback: { kind: 'fallback', connectionId: 'c', userId: 'u', node: 'n' },
  waiting: { kind: 'waiting', attempt: 3, retryAt: 1, why },
  stopped: { kind: 'stopped', why },
  closed: { kind: 'closed' },
}

const EVENTS: Record<ConnectionEvent['type'], ConnectionEvent> = {
  connect: { type: 'connect' },
  authorized: { type: 'authorized' },
  opened: { type: 'opened' },
  upgrade_refused: { type: 'upgrade_refused' },
  welcomed: { type: 'welcomed', connectionId: 'c', userId: 'u', node: 'n' },
  upgraded: { type: 'upgraded' },
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

test('a welcome is only taken after a greeting, and says which way it came', () => {
  expect(kinds.filter((kind) => TRANSITIONS[kind].welcomed)).toEqual(['greeting', 'falling_back'])
  expect(transition(STATES.greeting, EVENTS.welcomed)).toEqual(STATES.open)
  expect(transition(STATES.falling_back, EVENTS.welcomed)).toEqual(STATES.fallback)
})

test('requests are fallen back to only from a socket that did not come about', () => {
  const from = kinds.filter((kind) => TRANSITIONS[kind].upgrade_refused)
  expect(from).toEqual(['opening', 'greeting'])
  expect(kinds.filter((kind) => TRANSITIONS[kind].upgraded)).toEqual(['fallback'])
})

/** The table once more, by hand: a slip of the shared rows shows here. */
const EXPECTED = `
                connect     authorized opened   upgrade_refused welcomed upgraded lost    refused retry       close
  idle          authorizing -          -        -               -        -        -       -       -           closed
  authorizing   -           opening    -        -               -        -        waiting stopped -           closed
  opening       -           -          greeting falling_back    -        -        waiting stopped -           closed
  greeting      -           -          -        falling_back    open     -        waiting stopped -           closed
  open          -           -          -        -               -        -        waiting stopped -           closed
  falling_back  -           -          -        -               fallback -        waiting stopped -           closed
  fallback      -           -          -        -               -        greeting waiting stopped -           closed
  waiting       authorizing -          -        -               -        -        -       -       authorizing closed
  stopped       authorizing -          -        -               -        -        -       -       -           closed
  closed        authorizing -          -        -               -        -        -       -       -           -`

test('every pair of state and event is as the table says', () => {
  const [, head = '', ...rows] = EXPECTED.split('\n')
  const columns = head.trim().split(/\s+/)
  const table = Object.fromEntries(
    rows.map((row) => {
      const [kind = '', ...next] = row.trim().split(/\s+/)
      const pairs = next.map((cell, index) => [columns[index], cell === '-' ? null : cell])
      return [kind, Object.fromEntries(pairs)]
    }),
  )
  expect(TRANSITIONS).toEqual(table)
})
