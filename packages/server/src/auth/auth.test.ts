import { stat, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import {
  ADDRESS,
  AuthFixture,
  PASSWORD,
  administrator,
  bearerOf,
  cookieOf,
  here,
  joined,
  person,
  refusal,
  registered,
} from './auth-fixture.ts'

let fixture: AuthFixture
beforeEach(async () => {
  fixture = await AuthFixture.create()
})
afterEach(() => fixture[Symbol.asyncDispose]())

describe('registration and login', () => {
  test('both answer tokens, a cookie and an ordinary user', async () => {
    const auth = await fixture.open()
    const ada = await registered(auth, { ...person('ada'), ...here, name: ' Ada ' })
    expect(ada.answer).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      user: { id: ada.identity.userId, email: 'ada@example.com', name: 'Ada' },
    })
    expect(ada.identity.role).toBe('user')
    const loggedIn = await auth.login({ ...person('ada'), email: ' ADA@Example.com ' })
    expect(loggedIn.answer.user).toEqual(ada.answer.user)
    expect(loggedIn.identity.sessionId).not.toBe(ada.identity.sessionId)
    for (const signedIn of [ada, loggedIn]) {
      const byCookie = await auth.authenticate({ cookie: `a=b; ${cookieOf(signedIn)}; c=d` })
      const byToken = await auth.authenticate({ authorization: bearerOf(signedIn) })
      const { expiresAt: _, kind: __, ...who } = signedIn.identity
      expect(byCookie).toMatchObject({ ok: true, identity: { ...who, kind: 'session' } })
      expect(byToken).toMatchObject({ ok: true, identity: { ...who, kind: 'token' } })
    }
    expect(auth.findUser(ada.identity.userId)).toMatchObject({
      email: 'ada@example.com',
      role: 'user',
      disabled: false,
    })
  })

  test('a request for a role is not heard', async () => {
    const auth = await fixture.open()
    const request = { ...person('eve'), ...here, role: 'admin', permissions: ['admin'] }
    expect((await registered(auth, request)).identity.role).toBe('user')
  })

  test('bad input is named before any work is done', async () => {
    const auth = await fixture.open()
    const ada = { ...person('ada'), ...here }
    expect(await refusal(() => auth.register({ ...ada, password: 'seven77' }))).toBe(
      'weak_password',
    )
    expect(await refusal(() => auth.register({ ...ada, password: 'x'.repeat(129) }))).toBe(
      'password_too_long',
    )
    expect(await refusal(() => auth.register({ ...ada, email: 'no address' }))).toBe(
      'invalid_email',
    )
    expect(await refusal(() => auth.register({ ...ada, email: `${'x'.repeat(260)}@a.io` }))).toBe(
      'invalid_email',
    )
    expect(await refusal(() => auth.register({ ...ada, name: 'x'.repeat(201) }))).toBe(
      'invalid_name',
    )
  })

  test('unknown users and wrong passwords are refused with one answer (S19)', async () => {
    const auth = await fixture.open()
    await joined(auth, 'ada')
    for (const name of ['ada', 'nobody']) {
      const guess = () => auth.login({ ...person(name), password: 'wrong password' })
      expect(await refusal(guess)).toBe('invalid_credentials')
    }
    for (const email of ['not an address', '', `${'x'.repeat(300)}@example.com`]) {
      const attempt = () => auth.login({ email, password: PASSWORD, address: ADDRESS })
      expect(await refusal(attempt)).toBe('invalid_credentials')
    }
  })

  test('of 50 registrations of one address at once, in two processes, exactly one succeeds', async () => {
    const limits = { perAddress: 1000 }
    const auths = [await fixture.open({ limits }), await fixture.open({ limits })]
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        joined(auths[index % 2]!, 'ada').then(
          () => 'registered',
          (error: { code?: string }) => error.code,
        ),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === 'registered')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'email_taken')).toHaveLength(49)
    await auths[0]!.login(person('ada'))
  })

  test('20 logins at once all succeed, their passwords checked off the event loop', async () => {
    const auth = await fixture.open()
    await joined(auth, 'ada')
    const [thread, all] = [process.threadCpuUsage(), process.cpuUsage()]
    const signedIn = await Promise.all(Array.from({ length: 20 }, () => auth.login(person('ada'))))
    const { user: onLoop } = process.threadCpuUsage(thread)
    const { user: everywhere } = process.cpuUsage(all)
    expect(new Set(signedIn.map(({ identity }) => identity.sessionId)).size).toBe(20)
    expect(onLoop).toBeLessThan(everywhere / 3)
  })

  test('a registration cut off between user and password frees its address at the next start', async () => {
    const { AuthDatabase } = await import('./store/auth-database.ts')
    await (await fixture.open())[Symbol.asyncDispose]()
    const database = new AuthDatabase(fixture.folder)
    database.run(
      `INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt)
       VALUES ('cut', 'Ada', 'ada@example.com', 0, '2026-01-01T00:00:00.000Z', '2026-01-01')`,
    )
    database.close()
    const auth = await fixture.open()
    expect((await joined(auth, 'ada')).identity.userId).not.toBe('cut')
  })
})

describe('what a person holds', () => {
  test('outlives a restart: cookie, access token and refresh token', async () => {
    const before = await fixture.open()
    const ada = await joined(before, 'ada')
    await before[Symbol.asyncDispose]()
    const after = await fixture.open()
    expect(await after.authenticate({ cookie: cookieOf(ada) })).toMatchObject({ ok: true })
    expect(await after.authenticate({ authorization: bearerOf(ada) })).toMatchObject({ ok: true })
    expect(after.refresh(ada.answer.refresh_token).user.id).toBe(ada.identity.userId)
  })

  test('lies in files that only their owner reads, without any of the secrets given out', async () => {
    const auth = await fixture.open()
    const ada = await joined(auth, 'ada')
    const admin = await administrator(auth)
    const invitation = auth.createInvitation(admin.identity)
    const ticket = await auth.issueTicket(ada.identity)
    await auth[Symbol.asyncDispose]()
    for (const name of ['auth.db', 'keys/cookie-secret', 'keys/token-keys.json']) {
      expect((await stat(join(fixture.folder, name))).mode & 0o777).toBe(0o600)
    }
    const stored = (await readFile(join(fixture.folder, 'auth.db'))).toString('latin1')
    const given = [
      ada.answer.refresh_token,
      ada.answer.access_token,
      invitation.token,
      ticket.ticket,
    ]
    for (const secret of [...given, PASSWORD]) expect(stored).not.toContain(secret)
  })

  test('a cookie is a __Host- one over https and a plain one over http (S5)', async () => {
    const plain = await joined(await fixture.open(), 'ada')
    expect(plain.setCookies).toHaveLength(1)
    expect(plain.setCookies[0]).toMatch(
      /^netra_session=\S+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    const auth = await fixture.open({ publicUrl: 'https://netra.example.com' })
    const secure = await auth.login(person('ada'))
    expect(secure.setCookies[0]).toMatch(
      /^__Host-netra_session=\S+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
    expect(await auth.authenticate({ cookie: cookieOf(secure) })).toMatchObject({ ok: true })
    expect(await auth.authenticate({ cookie: cookieOf(plain) })).toEqual({
      ok: false,
      why: 'missing',
    })
    expect(auth.logout(secure.identity)).toEqual([
      '__Host-netra_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure',
    ])
  })

  test('nothing, nonsense and forgeries are refused each with its reason', async () => {
    const auth = await fixture.open()
    const ada = await joined(auth, 'ada')
    const bob = await joined(auth, 'bob')
    const [name, value = ''] = cookieOf(ada).split('=')
    const [token] = value.split('.')
    const [, signatureOfBob] = cookieOf(bob).split('.')
    const why = async (credentials: { cookie?: string; authorization?: string }) => {
      const answer = await auth.authenticate(credentials)
      return answer.ok ? 'accepted' : answer.why
    }
    expect(await why({})).toBe('missing')
    expect(await why({ cookie: 'other=1' })).toBe('missing')
    expect(await why({ cookie: `${name}=${token}` })).toBe('invalid')
    expect(await why({ cookie: `${name}=${token}.` })).toBe('invalid')
    expect(await why({ cookie: `${name}=${token}.${signatureOfBob}` })).toBe('invalid')
    expect(await why({ cookie: `${name}=%E0%A4%A` })).toBe('invalid')
    expect(await why({ cookie: `x${name}=${value}` })).toBe('missing')
    expect(await why({ authorization: 'Basic YTpi' })).toBe('invalid')
    expect(await why({ authorization: `Bearer ${token}` })).toBe('invalid')
    expect(await why({ authorization: 'Bearer x', cookie: cookieOf(ada) })).toBe('invalid')
    expect(await why({ authorization: bearerOf(ada).replace('Bearer', 'bearer') })).toBe('accepted')
  })
})
