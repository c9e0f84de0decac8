import { beforeEach, expect, test } from 'vitest'

import { asId, type SessionId, type UserId } from '../platform/ids.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { Doubt } from './doubt.ts'
import { SessionMemory, type KnownState } from './session-memory.ts'

let clock: TestClock
let memory: SessionMemory
beforeEach(() => {
  clock = new TestClock()
  memory = new SessionMemory(clock)
})

const live = (userId: string, sessionId: string): KnownState => ({
  live: true,
  session: {
    userId: asId<UserId>(userId),
    sessionId: asId<SessionId>(sessionId),
    email: '',
    name: '',
    role: 'user',
    scopes: null,
    isTestUser: false,
    expiresAtMs: clock.now() + 3_600_000,
    idleEndMs: clock.now() + 3_600_000,
  },
})
const ended: KnownState = { live: false, why: 'revoked' }

test('that a session lives is fresh for 300 s, that it ended for 60 s', () => {
  memory.put('ada', 's1', live('ada', 's1'))
  memory.put('ada', 's2', ended)
  clock.advance(59_999)
  expect(memory.fresh('ada', 's2')).toEqual(ended)
  clock.advance(1)
  expect(memory.fresh('ada', 's2')).toBeUndefined()
  clock.advance(239_999)
  expect(memory.fresh('ada', 's1')).toMatchObject({ live: true })
  clock.advance(1)
  expect(memory.fresh('ada', 's1')).toBeUndefined()
  expect(memory.lastKnownLive('ada', 's1')).toMatchObject({ live: true })
  clock.advance(3_600_000)
  expect(memory.lastKnownLive('ada', 's1')).toEqual({ live: false, why: 'expired' })
})

test('an answer belongs to one user and one session, whatever their ids look like (S22)', () => {
  const ids = ['a', 'a"', '"a', 'a","b', '["a"', 'a\u0000b', 'a b', '', '\\', '\\"']
  for (const user of ids) for (const session of ids) memory.put(user, session, live(user, session))
  expect(memory.size).toBe(ids.length ** 2)
  for (const user of ids) {
    for (const session of ids) {
      expect(memory.fresh(user, session)).toMatchObject({
        session: { userId: user, sessionId: session },
      })
    }
  }
})

test('10,000 sessions are remembered, and who was not used for longest is forgotten', () => {
  for (let count = 0; count < 10_000; count += 1) memory.put(`u${count}`, 's', ended)
  memory.fresh('u0', 's')
  memory.put('one more', 's', ended)
  expect(memory.size).toBe(10_000)
  expect(memory.fresh('u0', 's')).toEqual(ended)
  expect(memory.fresh('u1', 's')).toBeUndefined()
})

test('dropping a user drops all of theirs and nothing of others', () => {
  for (const user of ['ada', 'bob']) {
    for (const session of ['s1', 's2']) memory.put(user, session, live(user, session))
  }
  memory.dropSession('ada', 's1')
  expect(memory.fresh('ada', 's1')).toBeUndefined()
  expect(memory.fresh('ada', 's2')).toBeDefined()
  memory.dropUser('ada')
  expect(memory.fresh('ada', 's2')).toBeUndefined()
  expect(memory.size).toBe(2)
})

test('doubt grows from the last word; between two refusals it stands still', () => {
  const doubt = new Doubt(clock)
  clock.advance(20_000)
  doubt.heard()
  clock.advance(5_000)
  doubt.nobodyListens()
  for (let count = 0; count < 600; count += 1) {
    clock.advance(1_000)
    doubt.nobodyListens()
  }
  expect([doubt.ms, doubt.isAway, doubt.isTooGreat]).toEqual([5_000, true, false])
  // Something listens again and says nothing: now it counts.
  doubt.somebodyListens()
  clock.advance(54_999)
  expect(doubt.isTooGreat).toBe(false)
  clock.advance(1)
  expect(doubt.isTooGreat).toBe(true)
  doubt.nobodyListens()
  clock.advance(1_000)
  doubt.nobodyListens()
  expect(doubt.isTooGreat).toBe(true)
  doubt.heard()
  expect([doubt.ms, doubt.isAway]).toEqual([0, false])
})
