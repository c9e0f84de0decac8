import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  ADDRESS,
  administrator,
  AuthFixture,
  joined,
  PASSWORD,
  person,
  refusal,
} from '../auth-fixture.ts'
import type { Auth, SignedIn } from '../auth.ts'
import { AuthDatabase } from '../store/auth-database.ts'

let fixture: AuthFixture
let auth: Auth
let root: SignedIn
let ada: SignedIn
beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
  root = await administrator(auth)
  ada = await joined(auth, 'ada')
})
afterEach(() => fixture[Symbol.asyncDispose]())

/** What may still name the id of somebody who is gone: that they were here and what became of it. */
const IDS_STAY = ['audit_entry', 'auth_change', 'ended_session', 'user_removal']

/** Table and column of every cell in the store that holds the text. */
function found(text: string): string[] {
  const database = new AuthDatabase(fixture.folder)
  try {
    const tables = database.all<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    return tables.flatMap(({ name }) =>
      database.all<Record<string, unknown>>(`SELECT * FROM "${name}"`).flatMap((row) =>
        Object.entries(row)
          .filter(([, value]) => typeof value === 'string' && value.includes(text))
          .map(([column]) => `${name}.${column}`),
      ),
    )
  } finally {
    database.close()
  }
}

async function leaveTracesEverywhere(): Promise<void> {
  const { identity } = ada
  const { userId } = identity
  auth.keys.create(userId, { name: 'x', scopes: ['chat:read'], expiresInDays: null }, ADDRESS)
  auth.links.create(userId, 'password_reset')
  auth.links.create(userId, 'verify_email')
  auth.createInvitation(root.identity, { email: identity.email })
  await auth.twoFactor.setup(userId, { password: PASSWORD, address: ADDRESS })
  await refusal(() => auth.login({ ...person('ada'), password: 'a wrong one' }))
  await auth.login(person('ada'))
}

test('a removed user is nowhere in the store but by id in the audit log and the feeds', async () => {
  await leaveTracesEverywhere()
  const { userId, email } = ada.identity
  expect(found(email).length).toBeGreaterThan(2)
  auth.removal.removeSelf(ada.identity, ADDRESS)
  expect(found(email)).toEqual([])
  const tables = found(userId).map((cell) => cell.split('.')[0])
  expect(new Set(tables)).toEqual(new Set(IDS_STAY))
})

test('a password, or a sign-in of the last ten minutes, confirms a removal', async () => {
  const confirm = (password?: string) =>
    auth.removal.confirm(ada.identity, { password, address: ADDRESS })
  await confirm()
  fixture.clock.jump(10 * 60_000)
  await confirm()
  fixture.clock.jump(1)
  expect(await refusal(() => confirm())).toBe('sign_in_again')
  expect(await refusal(() => confirm('not this one'))).toBe('wrong_password')
  await confirm(PASSWORD)
})

test('the last administrator who can sign in cannot be removed by anybody, a disabled one does not count', async () => {
  const by = { identity: root.identity, address: ADDRESS }
  const other = auth.userAdmin.create(by, { email: 'second@example.com', role: 'admin' })
  auth.userAdmin.change(by, other.id, { disabled: true })
  const confirm = () =>
    auth.removal.confirm(root.identity, { password: PASSWORD, address: ADDRESS })
  expect(await refusal(confirm)).toBe('last_admin')
  expect(await refusal(() => auth.removal.removeSelf(root.identity, ADDRESS))).toBe('last_admin')
  expect(
    await refusal(() => auth.userAdmin.change('operator', root.identity.userId, { role: 'user' })),
  ).toBe('last_admin')
  auth.userAdmin.change(by, other.id, { disabled: false })
  await confirm()
  auth.removal.removeSelf(root.identity, ADDRESS)
  expect(auth.findUser(root.identity.userId)).toBe(undefined)
})

test('whoever an administrator is about to remove starts nothing new meanwhile', async () => {
  const ended: [string, string][] = []
  auth.onSessionEnded((sessionId, why) => ended.push([sessionId, why]))
  const userId = auth.removal.prepare(root.identity, ada.identity.userId, ADDRESS)
  expect(ended).toContainEqual([ada.identity.sessionId, 'disabled'])
  const [entry] = auth.audit.list({ limit: 1, userId })
  expect(entry).toMatchObject({ action: 'user.disabled', details: { why: 'removal' } })
  expect(await refusal(() => auth.login(person('ada')))).toBe('account_disabled')
  auth.removal.removeOther(root.identity, userId, ADDRESS)
  expect(auth.findUser(userId)).toBe(undefined)
  expect(await refusal(() => auth.removal.prepare(root.identity, userId, ADDRESS))).toBe(
    'not_found',
  )
  expect(
    await refusal(() => auth.removal.prepare(root.identity, root.identity.userId, ADDRESS)),
  ).toBe('own_account')
})
