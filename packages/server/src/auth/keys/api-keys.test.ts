import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { ADDRESS, administrator, AuthFixture, joined, refusal } from '../auth-fixture.ts'
import type { Auth, SignedIn } from '../auth.ts'
import { AuthDatabase } from '../store/auth-database.ts'

const DAY = 24 * 3600_000

let fixture: AuthFixture
let auth: Auth
let ada: SignedIn
beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
  ada = await joined(auth, 'ada')
})
afterEach(() => fixture[Symbol.asyncDispose]())

const make = (days: number | null = 30) =>
  auth.keys.create(
    ada.identity.userId,
    { name: 'a program', scopes: ['chat:read'], expiresInDays: days },
    ADDRESS,
  )

const ask = async (key: string) => {
  const answer = await auth.authenticate({ authorization: `Bearer ${key}` })
  return answer.ok ? answer.identity : answer.why
}

test('an accepted key names its user, its scopes and its end, and never a role', async () => {
  const root = await administrator(auth)
  const { id, key, expiresAt } = auth.keys.create(
    root.identity.userId,
    { name: 'x', scopes: ['files:write', 'chat:read'], expiresInDays: 1 },
    ADDRESS,
  )
  const identity = await ask(key)
  expect(identity).toMatchObject({
    kind: 'api_key',
    userId: root.identity.userId,
    role: 'user',
    scopes: ['chat:read', 'files:write'],
    sessionId: `api-key-${id}`,
    expiresAt,
  })
  if (typeof identity === 'string') throw new Error(identity)
  expect(auth.sessionState(identity)).toMatchObject({ live: true })
  expect(await refusal(() => auth.accessToken(identity))).toBe('session_ended')
  expect(await refusal(() => auth.userAdmin.requireAdmin(identity))).toBe('forbidden')
})

test('a key ends when its time is over; one without an end lives on', async () => {
  const [short, endless] = [make(1), make(null)]
  const identity = await ask(short.key)
  fixture.clock.jump(DAY - 1)
  expect(await ask(short.key)).toMatchObject({ kind: 'api_key' })
  fixture.clock.jump(1)
  expect(await ask(short.key)).toBe('expired')
  if (typeof identity === 'string') throw new Error(identity)
  expect(auth.sessionState(identity)).toEqual({ live: false, why: 'expired' })
  fixture.clock.jump(3000 * DAY)
  expect(await ask(endless.key)).toMatchObject({ expiresAt: '9999-12-31T23:59:59.000Z' })
})

test('of uses within a minute one is written down', async () => {
  const { key } = make()
  const used = () => auth.keys.list(ada.identity.userId)[0]?.lastUsedAt
  await ask(key)
  const first = used()
  fixture.clock.jump(59_000)
  await ask(key)
  expect(used()).toBe(first)
  fixture.clock.jump(1_000)
  await ask(key)
  expect(used()).toBe(new Date(Date.parse(first ?? '') + 60_000).toISOString())
})

test('revoking is told at once; disabling lets keys rest, and enabling wakes them (S11)', async () => {
  const [rests, goes] = [make(), make()]
  const root = await administrator(auth)
  const by = { identity: root.identity, address: ADDRESS }
  const ended: [string, string][] = []
  auth.onSessionEnded((sessionId, why) => ended.push([sessionId, why]))
  expect(auth.keys.revoke(ada.identity.userId, goes.id, ADDRESS)).toBe(true)
  expect(ended).toEqual([[`api-key-${goes.id}`, 'revoked']])
  expect(await ask(goes.key)).toBe('revoked')
  auth.userAdmin.change(by, ada.identity.userId, { disabled: true })
  expect(ended).toContainEqual([`api-key-${rests.id}`, 'disabled'])
  expect(await ask(rests.key)).toBe('disabled')
  auth.userAdmin.change(by, ada.identity.userId, { disabled: false })
  expect(await ask(rests.key)).toMatchObject({ kind: 'api_key' })
})

test('of keys the store holds hashes only', async () => {
  const { key } = make()
  await auth[Symbol.asyncDispose]()
  const stored = (await readFile(join(fixture.folder, 'auth.db'))).toString('latin1')
  expect(stored).toContain(key.slice(6, 22))
  expect(stored).not.toContain(key.slice(-43))
})

test('a removed user’s keys are gone with them, and their sockets are told', async () => {
  const { id, key } = make()
  const ended: string[] = []
  auth.onSessionEnded((sessionId) => ended.push(sessionId))
  auth.removal.removeSelf(ada.identity, ADDRESS)
  expect(ended).toContain(`api-key-${id}`)
  expect(await ask(key)).toBe('revoked')
  const database = new AuthDatabase(fixture.folder)
  expect(database.all('SELECT * FROM api_key')).toEqual([])
  database.close()
})
