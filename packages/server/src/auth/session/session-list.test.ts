import { afterEach, beforeEach, expect, test } from 'vitest'

import { ADDRESS, AuthFixture, joined, person } from '../auth-fixture.ts'
import type { Auth, SignedIn } from '../auth.ts'

const MINUTE = 60_000

let fixture: AuthFixture
let auth: Auth
let ada: SignedIn
beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
  ada = await joined(auth, 'ada')
})
afterEach(() => fixture[Symbol.asyncDispose]())

const lastUse = () => auth.sessionList.of(ada.identity.userId)[0]?.lastUsedAt
const now = () => new Date(fixture.clock.now()).toISOString()

test.each([
  ['a request', () => auth.authenticate({ authorization: `Bearer ${ada.answer.access_token}` })],
  ['a command on a socket', () => auth.sessionState(ada.identity)],
  ['a renewed token', () => auth.refresh(ada.answer.refresh_token)],
])('%s is use of a session, to the minute', async (_what, use) => {
  const begun = lastUse()
  fixture.clock.jump(5 * MINUTE)
  expect(lastUse()).toBe(begun)
  await use()
  expect(lastUse()).toBe(now())
})

test('sessions that ended are not listed, those of others neither, the last used comes first', async () => {
  fixture.clock.jump(MINUTE)
  const second = await auth.login(person('ada'))
  fixture.clock.jump(MINUTE)
  const third = await auth.login(person('ada'))
  await joined(auth, 'bob')
  const ids = () => auth.sessionList.of(ada.identity.userId).map(({ id }) => id)
  const all = [third, second, ada].map(({ identity }) => identity.sessionId)
  expect(ids()).toEqual(all)
  auth.sessionState(second.identity)
  auth.logout(third.identity)
  fixture.clock.jump(2 * MINUTE)
  auth.sessionState(ada.identity)
  expect(ids()).toEqual([ada.identity.sessionId, second.identity.sessionId])
  expect(auth.sessionList.end('somebody else', second.identity.sessionId, ADDRESS)).toBe(false)
  expect(auth.sessionList.end(ada.identity.userId, second.identity.sessionId, ADDRESS)).toBe(true)
  expect(ids()).toEqual([ada.identity.sessionId])
  fixture.clock.jump(40 * 24 * 60 * MINUTE)
  expect(ids()).toEqual([])
})
