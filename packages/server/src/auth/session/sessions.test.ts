import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Identity } from '../../identity/identity.ts'
import {
  ADDRESS,
  AuthFixture,
  administrator,
  bearerOf,
  cookieOf,
  joined,
  person,
  refusal,
} from '../auth-fixture.ts'
import type { Auth, SignedIn } from '../auth.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let fixture: AuthFixture
let auth: Auth
let ada: SignedIn
let ended: [string, string][]

beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
  ada = await joined(auth, 'ada')
  ended = []
  auth.onSessionEnded((sessionId, why) => ended.push([sessionId, why]))
})
afterEach(() => fixture[Symbol.asyncDispose]())

const byOf = ({ identity }: SignedIn) => ({ identity, address: ADDRESS })

async function whyNot(signedIn: SignedIn): Promise<string[]> {
  const proofs = [{ cookie: cookieOf(signedIn) }, { authorization: bearerOf(signedIn) }]
  const answers = await Promise.all(proofs.map((proof) => auth.authenticate(proof)))
  return answers.map((answer) => (answer.ok ? 'accepted' : answer.why))
}

test('logout ends this session at once: cookie, token, refresh token and ticket (S11)', async () => {
  const other = await auth.login(person('ada'))
  const { ticket } = await auth.issueTicket(ada.identity)
  expect(auth.logout(ada.identity)).toEqual([
    'netra_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
  ])
  expect(ended).toEqual([[ada.identity.sessionId, 'revoked']])
  expect(await whyNot(ada)).toEqual(['revoked', 'revoked'])
  expect(auth.sessionState(ada.identity)).toEqual({ live: false, why: 'revoked' })
  expect(await refusal(() => auth.refresh(ada.answer.refresh_token))).toBe('refresh_token_invalid')
  expect(await auth.redeemTicket(ticket, cookieOf(ada))).toEqual({ ok: false, why: 'revoked' })
  expect(await whyNot(other)).toEqual(['accepted', 'accepted'])
})

test('logout everywhere ends every session of this user and of nobody else', async () => {
  const other = await auth.login(person('ada'))
  const bob = await joined(auth, 'bob')
  auth.logout(other.identity, { everywhere: true })
  expect(ended.map(([id]) => id).toSorted()).toEqual(
    [ada.identity.sessionId, other.identity.sessionId].toSorted(),
  )
  expect(await whyNot(ada)).toEqual(['revoked', 'revoked'])
  expect(await whyNot(bob)).toEqual(['accepted', 'accepted'])
})

test('disabling a user ends the sessions, refuses logins and can be taken back (S11)', async () => {
  const admin = await administrator(auth)
  auth.userAdmin.change(byOf(admin), ada.identity.userId, { disabled: true })
  expect(ended).toContainEqual([ada.identity.sessionId, 'disabled'])
  expect(await whyNot(ada)).toEqual(['disabled', 'disabled'])
  expect(await refusal(() => auth.login(person('ada')))).toBe('account_disabled')
  expect(await refusal(() => auth.login({ ...person('ada'), password: 'wrong password' }))).toBe(
    'invalid_credentials',
  )
  auth.userAdmin.change(byOf(admin), ada.identity.userId, { disabled: false })
  expect(await whyNot(await auth.login(person('ada')))).toEqual(['accepted', 'accepted'])
})

test('only administrators disable, and not themselves', async () => {
  const admin = await administrator(auth)
  const { userId } = admin.identity
  const disable = (identity: Identity, id: string) => () =>
    auth.userAdmin.change({ identity, address: ADDRESS }, id, { disabled: true })
  const page = { search: '', limit: 10, offset: 0 }
  expect(await refusal(disable(ada.identity, userId))).toBe('forbidden')
  const forged = { ...ada.identity, role: 'admin' as const }
  expect(await refusal(disable(forged, userId))).toBe('forbidden')
  expect(
    await refusal(() => auth.userAdmin.page({ identity: forged, address: ADDRESS }, page)),
  ).toBe('forbidden')
  expect(await refusal(disable(admin.identity, userId))).toBe('own_account')
  expect(await refusal(disable(admin.identity, 'nobody'))).toBe('not_found')
  expect(auth.userAdmin.page(byOf(admin), page).users.map(({ email }) => email)).toEqual([
    'ada@example.com',
    'root@example.com',
  ])
  auth.logout(admin.identity)
  expect(await refusal(() => auth.userAdmin.page(byOf(admin), page))).toBe('forbidden')
})

test('a session ended by another process is announced within a second and refused at once (S11)', async () => {
  const other = await fixture.open()
  other.logout(ada.identity)
  expect(await whyNot(ada)).toEqual(['revoked', 'revoked'])
  fixture.clock.jump(1000)
  expect(ended).toEqual([[ada.identity.sessionId, 'revoked']])
})

test('a listener that fails keeps no other from hearing', () => {
  const heard: string[] = []
  const stop = auth.onSessionEnded(() => {
    throw new Error('broken')
  })
  auth.onSessionEnded((sessionId) => heard.push(sessionId))
  auth.logout(ada.identity)
  expect(heard).toEqual([ada.identity.sessionId])
  stop()
})

test('an unused session ends after 7 days, and the end is announced (S14)', async () => {
  const pollForAMinute = () => {
    for (let poll = 0; poll < 240; poll++) fixture.clock.jump(250)
  }
  fixture.clock.jump(7 * DAY - 2 * MINUTE)
  pollForAMinute()
  expect(ended).toEqual([])
  fixture.clock.jump(2 * MINUTE)
  expect(await whyNot(ada)).toEqual(['expired', 'expired'])
  pollForAMinute()
  expect(ended).toEqual([[ada.identity.sessionId, 'expired']])
  expect(await whyNot(ada)).toEqual(['expired', 'expired'])
})

test('use by refresh token keeps a session alive, for 30 days in all (S14)', async () => {
  let token = ada.answer.refresh_token
  for (let day = 0; day < 29; day++) {
    fixture.clock.jump(DAY)
    token = auth.refresh(token).refresh_token
  }
  expect((await whyNot(ada))[0]).toBe('accepted')
  fixture.clock.jump(DAY + MINUTE)
  expect((await whyNot(ada))[0]).toBe('expired')
  expect(await refusal(() => auth.refresh(token))).toBe('session_ended')
})

test('a cookie used after an hour is given out anew, with the same value', async () => {
  const { AuthDatabase } = await import('../store/auth-database.ts')
  const cookie = cookieOf(ada)
  expect(await auth.authenticate({ cookie })).toMatchObject({ ok: true, setCookies: [] })
  const database = new AuthDatabase(fixture.folder)
  database.run(
    'UPDATE session SET expiresAt = ?',
    new Date(fixture.clock.now() + 6 * DAY).toISOString(),
  )
  database.close()
  const answer = await auth.authenticate({ cookie })
  expect(answer).toMatchObject({ ok: true })
  const [header] = answer.ok ? answer.setCookies : []
  expect(header?.split('; ').slice(0, 2)).toEqual([cookie, 'Max-Age=604800'])
  expect(await auth.authenticate({ cookie })).toMatchObject({ ok: true, setCookies: [] })
})

test('a refresh token is good once, and again for ten seconds', async () => {
  const first = ada.answer.refresh_token
  const [second, third] = [auth.refresh(first), auth.refresh(first)]
  expect(new Set([first, second.refresh_token, third.refresh_token]).size).toBe(3)
  const authorization = `Bearer ${second.access_token}`
  expect(await auth.authenticate({ authorization })).toMatchObject({ ok: true })
  fixture.clock.jump(9_999)
  auth.refresh(first)
  expect(await refusal(() => auth.refresh('nonsense'))).toBe('refresh_token_invalid')
  expect(ended).toEqual([])
})

test('a refresh token shown again later ends its session: somebody else has it', async () => {
  const { refresh_token: second } = auth.refresh(ada.answer.refresh_token)
  fixture.clock.jump(10_000)
  expect(await refusal(() => auth.refresh(ada.answer.refresh_token))).toBe('refresh_token_invalid')
  expect(ended).toEqual([[ada.identity.sessionId, 'revoked']])
  expect(await refusal(() => auth.refresh(second))).toBe('refresh_token_invalid')
})

test('a ticket opens one socket, with the cookie of its own session, within 30 s (S4)', async () => {
  const { ticket, expires_at: expiresAt } = await auth.issueTicket(ada.identity)
  expect(Date.parse(expiresAt) - fixture.clock.now()).toBe(30_000)
  expect(Buffer.from(ticket, 'base64url').length * 8).toBeGreaterThanOrEqual(128)
  const redeemed = await auth.redeemTicket(ticket, cookieOf(ada))
  expect(redeemed).toMatchObject({ ok: true, identity: { userId: ada.identity.userId } })
  expect(await auth.redeemTicket(ticket, cookieOf(ada))).toEqual({ ok: false, why: 'invalid' })

  const { ticket: late } = await auth.issueTicket(ada.identity)
  fixture.clock.jump(30_000)
  expect(await auth.redeemTicket(late, cookieOf(ada))).toEqual({ ok: false, why: 'invalid' })
})

test('a ticket shown without its own cookie is refused and spent (S4)', async () => {
  const bob = await joined(auth, 'bob')
  const adaElsewhere = await auth.login(person('ada'))
  const foreign = [cookieOf(bob), cookieOf(adaElsewhere), 'x=1', undefined]
  for (const cookie of foreign) {
    const { ticket } = await auth.issueTicket(ada.identity)
    expect(await auth.redeemTicket(ticket, cookie)).toMatchObject({ ok: false })
    expect(await auth.redeemTicket(ticket, cookieOf(ada))).toEqual({ ok: false, why: 'invalid' })
  }
})

test('of ten sockets with one ticket at once exactly one opens (S4)', async () => {
  const { ticket } = await auth.issueTicket(ada.identity)
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => auth.redeemTicket(ticket, cookieOf(ada))),
  )
  expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
})
