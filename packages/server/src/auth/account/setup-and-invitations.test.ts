import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import {
  ADDRESS,
  AuthFixture,
  administrator,
  bearerOf,
  joined,
  person,
  refusal,
  registered,
} from '../auth-fixture.ts'
import type { Auth, SignedIn } from '../auth.ts'

const DAY = 24 * 3600 * 1000

let fixture: AuthFixture
let auth: Auth
beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

const register = (name: string, invitation?: string, on = auth) =>
  registered(on, { ...person(name), address: '203.0.113.7', fromLoopback: false, invitation })

describe('the first administrator', () => {
  test('comes from a set-up token, which works once', async () => {
    await joined(auth, 'ada')
    expect(auth.setupRequired()).toBe(true)
    const token = auth.setupToken()!
    expect(Buffer.from(token, 'base64url').length * 8).toBeGreaterThanOrEqual(128)
    const admin = await auth.completeSetup({ ...person('root'), name: 'Root', token })
    expect(admin.identity).toMatchObject({ role: 'admin', name: 'Root' })
    const known = await auth.authenticate({ authorization: bearerOf(admin) })
    expect(known).toMatchObject({ ok: true, identity: { role: 'admin' } })
    expect(auth.setupRequired()).toBe(false)
    expect(auth.setupToken()).toBeUndefined()
    const again = () => auth.completeSetup({ ...person('eve'), token })
    expect(await refusal(again)).toBe('setup_done')
  })

  test('of ten set-ups with one token at once exactly one succeeds', async () => {
    const token = auth.setupToken()!
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        auth.completeSetup({ ...person(`root${index}`), token }).then(
          () => 'done',
          (error: { code: string }) => error.code,
        ),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
    expect(new Set(outcomes)).toEqual(new Set(['done', 'setup_token_invalid']))
  })

  test('a mistake in the form does not spend the token, a newer token ends it', async () => {
    await joined(auth, 'ada')
    const token = auth.setupToken()!
    const weak = () => auth.completeSetup({ ...person('root'), password: 'short', token })
    expect(await refusal(weak)).toBe('weak_password')
    const taken = () => auth.completeSetup({ ...person('ada'), token })
    expect(await refusal(taken)).toBe('email_taken')
    expect(await refusal(() => auth.completeSetup({ ...person('root'), token: 'x' }))).toBe(
      'setup_token_invalid',
    )
    const newer = (await fixture.open()).setupToken()!
    const old = () => auth.completeSetup({ ...person('root'), token })
    expect(await refusal(old)).toBe('setup_token_invalid')
    await auth.completeSetup({ ...person('root'), token: newer })
  })

  test('or from the command line, beside a running server that sees it at once', async () => {
    const other = await fixture.open()
    const user = await other.createAdmin({ email: 'Root@example.com', password: 'long enough' })
    expect(user).toMatchObject({ email: 'root@example.com', role: 'admin', disabled: false })
    expect(auth.setupRequired()).toBe(false)
    const login = { email: 'root@example.com', password: 'long enough', address: ADDRESS }
    expect((await auth.login(login)).identity.role).toBe('admin')
    const again = () => other.createAdmin({ email: 'root@example.com', password: 'long enough' })
    expect(await refusal(again)).toBe('email_taken')
  })
})

describe('invitations', () => {
  let admin: SignedIn
  beforeEach(async () => {
    admin = await administrator(auth)
  })

  test('are asked of whoever comes from beyond loopback, and of all where it is so set', async () => {
    expect((await auth.entrance(true)).registration).toBe('open')
    expect((await auth.entrance(false)).registration).toBe('invitation')
    expect(await refusal(() => register('ada'))).toBe('invitation_required')
    const closed = await fixture.open({ registration: 'invitation' })
    expect((await closed.entrance(true)).registration).toBe('invitation')
    expect(await refusal(() => joined(closed, 'ada'))).toBe('invitation_required')
  })

  test('let one person in, as an ordinary user', async () => {
    const { id, token } = auth.createInvitation(admin.identity)
    const ada = await register('ada', token)
    expect(ada.identity.role).toBe('user')
    expect(await refusal(() => register('bob', token))).toBe('invitation_invalid')
    expect(auth.listInvitations(admin.identity)).toMatchObject([{ id, email: null, state: 'used' }])
  })

  test('are single-use also when twenty people use one at once, in two processes', async () => {
    const other = await fixture.open()
    const { token } = auth.createInvitation(admin.identity)
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        register(`p${index}`, token, index % 2 ? auth : other).then(
          () => 'in',
          (error: { code: string }) => error.code,
        ),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === 'in')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'invitation_invalid')).toHaveLength(19)
  })

  test('may be bound to an address, expire, and be withdrawn', async () => {
    const bound = auth.createInvitation(admin.identity, { email: ' Ada@Example.com' })
    expect(await refusal(() => register('bob', bound.token))).toBe('invitation_invalid')
    await register('ada', bound.token)

    const short = auth.createInvitation(admin.identity, { expiresInDays: 1 })
    fixture.clock.jump(DAY)
    expect(await refusal(() => register('bob', short.token))).toBe('invitation_invalid')

    const withdrawn = auth.createInvitation(admin.identity)
    auth.revokeInvitation(admin.identity, withdrawn.id)
    expect(await refusal(() => register('bob', withdrawn.token))).toBe('invitation_invalid')
    expect(await refusal(() => auth.revokeInvitation(admin.identity, withdrawn.id))).toBe(
      'not_found',
    )
    expect(auth.listInvitations(admin.identity).map(({ state }) => state)).toEqual([
      'expired',
      'used',
    ])
  })

  test('survive a registration that fails', async () => {
    const { token } = auth.createInvitation(admin.identity)
    expect(await refusal(() => register('root', token))).toBe('email_taken')
    await register('ada', token)
  })

  test('are the business of administrators alone', async () => {
    const ada = await joined(auth, 'ada')
    const forged = { ...ada.identity, role: 'admin' as const }
    const { id } = auth.createInvitation(admin.identity)
    for (const identity of [ada.identity, forged]) {
      expect(await refusal(() => auth.createInvitation(identity))).toBe('forbidden')
      expect(await refusal(() => auth.listInvitations(identity))).toBe('forbidden')
      expect(await refusal(() => auth.revokeInvitation(identity, id))).toBe('forbidden')
    }
  })
})
