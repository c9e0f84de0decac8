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
import { totpCode } from './totp.ts'
import type { By } from './user-admin.ts'

let fixture: AuthFixture
let auth: Auth
let by: Exclude<By, 'operator'>
let ada: SignedIn
beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
  by = { identity: (await administrator(auth)).identity, address: ADDRESS }
  ada = await joined(auth, 'ada')
})
afterEach(() => fixture[Symbol.asyncDispose]())

const idOf = ({ identity }: SignedIn) => identity.userId

test('a lost second factor is taken away by the administrator, and the password is enough', async () => {
  const { secret } = await auth.twoFactor.setup(idOf(ada), { password: PASSWORD, address: ADDRESS })
  const code = totpCode(secret, fixture.clock.now())
  await auth.twoFactor.enable(idOf(ada), { code, address: ADDRESS })
  expect(await refusal(() => auth.login(person('ada')))).toBe('two_factor_required')
  expect(auth.userAdmin.find(by, idOf(ada)).twoFactor).toBe(true)
  auth.userAdmin.removeTwoFactor(by, idOf(ada))
  expect(auth.userAdmin.find(by, idOf(ada)).twoFactor).toBe(false)
  await auth.login(person('ada'))
  const count = () =>
    auth.audit
      .list({ limit: 50, userId: idOf(ada) })
      .filter(({ action }) => action === 'two_factor.disabled').length
  expect(count()).toBe(1)
  // There is none any more: nothing is done, and nothing written down.
  auth.userAdmin.removeTwoFactor(by, idOf(ada))
  expect(count()).toBe(1)
})

test('a wish that changes nothing ends nothing and is not written down', () => {
  const before = auth.audit.list({ limit: 1 })[0]?.position
  auth.userAdmin.change(by, idOf(ada), { role: 'user', disabled: false, name: 'ada' })
  expect(auth.sessionState(ada.identity)).toMatchObject({ live: true, session: { name: 'ada' } })
  expect(auth.audit.list({ limit: 1 })[0]?.position).toBe(before)
})

test('of a change that is refused in part nothing is done', async () => {
  const own = { name: 'Root', role: 'user' } as const
  expect(await refusal(() => auth.userAdmin.change(by, by.identity.userId, own))).toBe(
    'own_account',
  )
  expect(auth.findUser(by.identity.userId)).toMatchObject({ role: 'admin', name: 'root' })
  const wish = { role: 'admin', name: 'x'.repeat(201) } as const
  expect(await refusal(() => auth.userAdmin.change(by, idOf(ada), wish))).toBe('invalid_name')
  expect(auth.findUser(idOf(ada))).toMatchObject({ role: 'user' })
})

test('an identity with the rights of yesterday changes nothing', async () => {
  const second = auth.userAdmin.create(by, { email: 'second@example.com', role: 'admin' })
  auth.userAdmin.change('operator', by.identity.userId, { role: 'user' })
  expect(auth.findUser(second.id)).toMatchObject({ role: 'admin' })
  for (const work of [
    () => auth.userAdmin.change(by, idOf(ada), { disabled: true }),
    () => auth.userAdmin.create(by, { email: 'x@example.com' }),
    () => auth.userAdmin.createLink(by, idOf(ada), 'password_reset'),
    () => auth.userAdmin.endSessions(by, idOf(ada)),
    () => auth.userAdmin.removeTwoFactor(by, idOf(ada)),
    () => auth.removal.prepare(by.identity, idOf(ada), by.address),
    () => auth.removal.removeOther(by.identity, idOf(ada), ADDRESS),
  ]) {
    expect(await refusal(work)).toBe('forbidden')
  }
  expect(auth.sessionState(ada.identity)).toMatchObject({ live: true })
})

test('a test user never becomes an administrator', async () => {
  const open = await fixture.open({
    testUsers: { demo: true, e2eKey: undefined, stagingSecret: undefined },
  })
  const guest = open.signedIn(open.testUsers.demoUser({ address: ADDRESS }))
  const promote = () => open.userAdmin.change('operator', idOf(guest), { role: 'admin' })
  expect(await refusal(promote)).toBe('test_user_role')
  expect(open.userAdmin.find('operator', idOf(guest))).toMatchObject({
    isTestUser: true,
    role: 'user',
    hasPassword: false,
  })
})
