import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'
import { setUp, signIn, tryLogin } from './support/sign-in.ts'

interface Answer {
  status: string
  error_code: string
  message: string
  url: string
  expires_at: string
  access_token: string
  refresh_token: string
}

let netra: NetraProcess
let admin: Person

beforeAll(async () => {
  netra = await startNetra()
  admin = await setUp(netra)
})

afterAll(() => netra[Symbol.asyncDispose]())

const call = (method: string, path: string, body?: unknown, headers = {}) =>
  request<Answer>(`${netra.url}${path}`, { method, body, headers })
const post = (path: string, body: unknown, headers = {}) => call('POST', path, body, headers)

/** A socket that has been welcomed. */
async function socketOf(token: string) {
  const socket = await openSocket(netra.url)
  socket.send(hello(token))
  await socket.next((frame) => frame.type === 'welcome')
  return socket
}

describe('a changed password', () => {
  test('reaches the open sockets of every other session within 1 s, and this one lives on (S11)', async () => {
    const { email } = await register(netra.url, 'ada@example.com')
    const [here, there] = [await signIn(netra.url, email), await signIn(netra.url, email)]
    using own = await socketOf(here.token)
    using second = await socketOf(there.token)
    using third = await socketOf(there.token)
    const change = { current_password: PASSWORD, new_password: 'something new 1' }
    const begun = performance.now()
    const closing = Promise.all(
      [second, third].map(async (socket) => {
        const { code } = await socket.closed
        return { code, afterMs: performance.now() - begun }
      }),
    )
    const changed = await post('/auth/password/change', change, here.headers)
    // Before the answer is written the password's hash is made; the clock runs from the change on.
    const answeredMs = performance.now() - begun
    expect([changed.status, changed.body.status]).toEqual([200, 'password_changed'])
    for (const { code, afterMs } of await closing) {
      expect(code).toBe(4503)
      expect(afterMs - answeredMs).toBeLessThan(1_000)
    }
    own.send({ type: 'ping', nonce: 'n' })
    expect((await own.next((frame) => frame.type === 'pong'))['nonce']).toBe('n')

    expect((await call('GET', '/auth/me', undefined, there.headers)).status).toBe(401)
    expect((await call('GET', '/auth/me', undefined, here.headers)).status).toBe(200)
    const fresh = { authorization: `Bearer ${changed.body.access_token}` }
    expect((await call('GET', '/auth/me', undefined, fresh)).status).toBe(200)
    expect((await tryLogin(netra.url, email)).status).toBe(401)
    expect((await tryLogin(netra.url, email, 'something new 1')).status).toBe(200)
  })

  test('ends the refresh tokens given before it, and gives this session new ones', async () => {
    const { email } = await register(netra.url, 'bea@example.com')
    const here = await signIn(netra.url, email)
    const change = { current_password: PASSWORD, new_password: 'something new 1' }
    const { body } = await post('/auth/password/change', change, here.headers)
    expect((await post('/auth/refresh', { refresh_token: here.refreshToken })).status).toBe(401)
    expect((await post('/auth/refresh', { refresh_token: body.refresh_token })).status).toBe(200)
  })

  test('needs the old one, and of two changes at once one wins', async () => {
    const { email } = await register(netra.url, 'cleo@example.com')
    const [here, there] = [await signIn(netra.url, email), await signIn(netra.url, email)]
    const wrong = { current_password: 'not the old one', new_password: 'something new 1' }
    const refused = await post('/auth/password/change', wrong, here.headers)
    expect([refused.status, refused.body.message]).toEqual([401, 'The password is wrong.'])
    const both = await Promise.all(
      [here, there].map((person, index) =>
        post(
          '/auth/password/change',
          { current_password: PASSWORD, new_password: `the new one ${index}` },
          person.headers,
        ),
      ),
    )
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  })
})

test.each([
  ['password1', 'first that anybody guesses'],
  ['QWERTYUIOP', 'first that anybody guesses'],
  ['weakling@example.com', 'your e-mail address'],
  ['short', 'too short'],
  ['x'.repeat(129), 'too long'],
])('the password %s is refused with a reason', async (password, why) => {
  const refused = await post('/auth/register', { email: 'weakling@example.com', password })
  expect(refused.status).toBe(422)
  expect(refused.body.message).toContain(why)
})

test('people see and rename their own account', async () => {
  const person = await register(netra.url, 'dora@example.com')
  const expected = {
    id: person.userId,
    email: 'dora@example.com',
    name: 'dora',
    role: 'user',
    email_verified: false,
    two_factor: false,
    has_password: true,
    providers: [],
    is_test_user: false,
  }
  const me = await call('GET', '/auth/me', undefined, person.headers)
  expect(me.body).toMatchObject(expected)
  expect(me.body).not.toHaveProperty('expires_at')
  const renamed = await call('PATCH', '/auth/me', { name: ' Dora D. ' }, person.headers)
  expect([renamed.status, renamed.body]).toMatchObject([200, { ...expected, name: 'Dora D.' }])
  expect((await call('PATCH', '/auth/me', { name: ' ' }, person.headers)).status).toBe(422)
  const role = await call('PATCH', '/auth/me', { name: 'Dora', role: 'admin' }, person.headers)
  expect(role.status).toBe(422)
  expect((await call('GET', '/auth/me', undefined, person.headers)).body).toMatchObject({
    name: 'Dora D.',
    role: 'user',
  })
})

describe('without a mail server', () => {
  test('nobody confirms an address, and the entrance says that none is sent', async () => {
    const { body } = await request<{ auth: { sends_email: boolean } }>(`${netra.url}/api/config`)
    expect(body.auth.sends_email).toBe(false)
    const person = await register(netra.url, 'finn@example.com')
    const again = await post('/auth/register', { email: person.email, password: PASSWORD })
    expect([again.status, again.body.error_code]).toEqual([409, 'DB_RECORD_EXISTS'])
    const forgotten = await post('/auth/password/forgot', { email: person.email })
    expect([forgotten.status, forgotten.body.status]).toEqual([202, 'sent_if_known'])
  })

  test('the administrator hands out a link that chooses a password, once, for 72 hours', async () => {
    const person = await register(netra.url, 'gina@example.com')
    using socket = await socketOf(person.token)
    const path = `/auth/admin/users/${person.userId}/links`
    const refused = await post(path, { kind: 'password_reset' }, person.headers)
    expect(refused.status).toBe(403)
    const made = await post(path, { kind: 'password_reset' }, admin.headers)
    expect(made.body.url).toMatch(new RegExp(`^${netra.url}/reset-password#token=[\\w-]{43}$`))
    const hours = (Date.parse(made.body.expires_at) - Date.now()) / 3600_000
    expect(Math.round(hours)).toBe(72)
    const token = made.body.url.split('#token=')[1]
    const reset = { token, password: 'chosen by link' }
    const outcomes = await Promise.all(
      [reset, reset].map((body) => post('/auth/password/reset', body)),
    )
    expect(outcomes.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 410])
    expect((await socket.closed).code).toBe(4503)
    expect((await tryLogin(netra.url, person.email, 'chosen by link')).status).toBe(200)
  })

  test('a link of one purpose is none of another', async () => {
    const person = await register(netra.url, 'hugo@example.com')
    const path = `/auth/admin/users/${person.userId}/links`
    const made = await post(path, { kind: 'verify_email' }, admin.headers)
    const token = made.body.url.split('#token=')[1]
    const reset = await post('/auth/password/reset', { token, password: 'chosen by link' })
    expect(reset.status).toBe(410)
    expect((await post('/auth/email/verify', { token })).status).toBe(200)
    const me = await call('GET', '/auth/me', undefined, person.headers)
    expect(me.body).toMatchObject({ email_verified: true })
  })
})
