import { afterEach, beforeEach, expect, test } from 'vitest'

import { AuthFixture, bearerOf, joined } from '../auth-fixture.ts'
import type { Auth } from '../auth.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let fixture: AuthFixture
let auth: Auth
beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

const kids = (one = auth): string[] => one.jwks().keys.map(({ kid }) => kid)
const signs = (): string => auth.signingKeys.signing(fixture.clock.now()).kid

test('after thirty days a new key is shown, signs ten minutes later, and the old one goes last', async () => {
  const [first] = kids()
  await auth.signingKeys.rotateIfDue()
  expect(kids()).toEqual([first])
  fixture.clock.jump(31 * DAY)
  const ada = await joined(auth, 'ada')
  await auth.signingKeys.rotateIfDue()
  const [second] = kids()
  expect(kids()).toEqual([second, first])
  expect(second).not.toBe(first)
  expect(signs()).toBe(first)
  fixture.clock.jump(10 * MINUTE)
  expect(signs()).toBe(second)
  expect(await auth.authenticate({ authorization: bearerOf(ada) })).toMatchObject({ ok: true })
  fixture.clock.jump(60 * MINUTE)
  await auth.signingKeys.rotateIfDue()
  expect(kids()).toEqual([second, first])
  fixture.clock.jump(MINUTE)
  await auth.signingKeys.rotateIfDue()
  expect(kids()).toEqual([second])
})

test('processes on one folder make one key and agree on it; their nodes are told', async () => {
  const others = await Promise.all([fixture.open(), fixture.open(), fixture.open()])
  const position = auth.changes.head()
  fixture.clock.jump(31 * DAY)
  await Promise.all([auth, ...others].map((one) => one.signingKeys.rotateIfDue()))
  await Promise.all([auth, ...others].map((one) => one.signingKeys.look()))
  expect(kids()).toHaveLength(2)
  for (const other of others) expect(kids(other)).toEqual(kids())
  const found = auth.changes.after(position)
  expect(
    'lines' in found && found.lines.filter(({ kind }) => kind === 'keys_changed'),
  ).toHaveLength(1)
  fixture.clock.jump(10 * MINUTE)
  const ada = await joined(auth, 'ada')
  for (const other of others) {
    expect(await other.authenticate({ authorization: bearerOf(ada) })).toMatchObject({ ok: true })
  }
})

test('a compromised key ends with every token that it signed', async () => {
  const ada = await joined(auth, 'ada')
  await auth.signingKeys.rotate({ compromised: true })
  expect(kids()).toHaveLength(1)
  expect(await auth.authenticate({ authorization: bearerOf(ada) })).toEqual({
    ok: false,
    why: 'invalid',
  })
  const fresh = auth.refresh(ada.answer.refresh_token)
  const authorization = `Bearer ${fresh.access_token}`
  expect(await auth.authenticate({ authorization })).toMatchObject({ ok: true })
})
