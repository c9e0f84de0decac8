import { expect, test } from 'vitest'

import { asId, type SessionId, type UserId } from '../platform/ids.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { CredentialMemory, type Bearer } from './credential-memory.ts'

const ADA: Bearer = {
  userId: asId<UserId>('ada'),
  sessionId: asId<SessionId>('session'),
  kind: 'session',
  expiresAtMs: undefined,
}

test('made-up credentials do not drive out what is known of people', () => {
  const memory = new CredentialMemory(new TestClock())
  memory.put('cookie of ada', ADA)
  for (let count = 0; count < 20_000; count += 1) memory.put(`made up ${count}`, 'invalid')
  expect(memory.get('cookie of ada')).toBe(ADA)
})

test('the last word on a credential counts, for 60 s when it was no', () => {
  const clock = new TestClock()
  const memory = new CredentialMemory(clock)
  memory.put('cookie of ada', ADA)
  memory.put('cookie of ada', 'disabled')
  expect(memory.get('cookie of ada', { evenIfOld: true })).toBe('disabled')
  clock.advance(61_000)
  expect(memory.get('cookie of ada', { evenIfOld: true })).toBeUndefined()
  memory.put('cookie of ada', 'disabled')
  memory.forgetRefusals()
  expect(memory.get('cookie of ada')).toBeUndefined()
  memory.put('cookie of ada', ADA)
  expect(memory.get('cookie of ada')).toBe(ADA)
})
