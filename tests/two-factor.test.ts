import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { totpCode } from '../packages/server/src/auth/account/totp.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'
import { asPerson, setUp, tryLogin } from './support/sign-in.ts'

interface Answer {
  access_token: string
  refresh_token: string
  user: { id: string; email: string }
  secret: string
  uri: string
  recovery_codes: string[]
  url: string
  error_code: string
  message: string
}

const STEP_MS = 30_000

let netra: NetraProcess

beforeAll(async () => {
  netra = await startNetra({ env: { NETRA_LOG_LEVEL: 'info' } })
})

afterAll(() => netra[Symbol.asyncDispose]())

const post = (path: string, body: unknown, headers = {}) =>
  request<Answer>(`${netra.url}${path}`, { method: 'POST', body, headers })

interface Protected extends Person {
  secret: string
  recoveryCodes: string[]
}

/** Somebody whose two-factor sign-in is on; the code of now is used up, that of the next step is not. */
async function protectedPerson(email: string): Promise<Protected> {
  const person = await register(netra.url, email)
  const setup = await post('/auth/two-factor/setup', { password: PASSWORD }, person.headers)
  const { secret } = setup.body
  const code = totpCode(secret, Date.now())
  const enabled = await post('/auth/two-factor/enable', { code }, person.headers)
  if (enabled.status !== 200) throw new Error(`enabling: ${enabled.body.message}`)
  return { ...person, secret, recoveryCodes: enabled.body.recovery_codes }
}

const nextCode = (secret: string): string => totpCode(secret, Date.now() + STEP_MS)

/** Codes that are not right just now, nor a step before or after. */
function wrongCodes(secret: string): string[] {
  const steps = [-2, -1, 0, 1, 2]
  const right = new Set(steps.map((step) => totpCode(secret, Date.now() + step * STEP_MS)))
  const codes = Array.from({ length: 20 }, (_, index) => String(100_000 + index))
  return codes.filter((code) => !right.has(code))
}

async function challengeFor(email: string): Promise<string> {
  const { status, body } = await tryLogin(netra.url, email)
  expect([status, body.error_code]).toEqual([401, 'TWO_FACTOR_REQUIRED'])
  expect(body.details).toMatchObject({ expires_in: 300 })
  return body.details.challenge
}

const answer = (challenge: string, code: string) => post('/auth/two-factor', { challenge, code })

test('a code of the app is asked for after the password, and begins a session that opens sockets', async () => {
  const ada = await protectedPerson('ada@example.com')
  const challenge = await challengeFor(ada.email)
  const [wrongCode = ''] = wrongCodes(ada.secret)
  const wrong = await answer(challenge, wrongCode)
  expect([wrong.status, wrong.body.error_code]).toEqual([401, 'AUTH_FAILED'])
  const done = await answer(challenge, nextCode(ada.secret))
  expect(done.status).toBe(200)
  expect(done.body.user).toMatchObject({ id: ada.userId, email: ada.email })
  using socket = await openSocket(netra.url)
  socket.send(hello(done.body.access_token))
  expect((await socket.next(({ type }) => type === 'welcome'))['user_id']).toBe(ada.userId)
  const byCookie = await request(`${netra.url}/auth/me`, {
    headers: { cookie: asPerson(done).cookie },
  })
  expect(byCookie.body).toMatchObject({ two_factor: true, recovery_codes_left: 10 })
})

test('a client that knows only the login is told what is missing, and gets no session', async () => {
  const bob = await protectedPerson('bob@example.com')
  const refused = await tryLogin(netra.url, bob.email)
  expect(refused.body).toMatchObject({
    error: true,
    error_code: 'TWO_FACTOR_REQUIRED',
    message: 'Enter the code of your authenticator app, or a recovery code.',
  })
  expect(refused.headers.getSetCookie()).toEqual([])
  expect(refused.body).not.toHaveProperty('access_token')
})

test('with the wrong password nothing tells that there is a second factor', async () => {
  const cat = await protectedPerson('cat@example.com')
  const wrong = await tryLogin(netra.url, cat.email, 'a wrong password')
  const nobody = await tryLogin(netra.url, 'nobody@example.com', 'a wrong password')
  expect([wrong.status, wrong.body.message]).toEqual([nobody.status, nobody.body.message])
})

test('a code counts once: not again, not at the same moment, not after a later one', async () => {
  const dan = await protectedPerson('dan@example.com')
  const code = nextCode(dan.secret)
  const challenges = await Promise.all([challengeFor(dan.email), challengeFor(dan.email)])
  const both = await Promise.all(challenges.map((challenge) => answer(challenge, code)))
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  const third = await challengeFor(dan.email)
  expect((await answer(third, code)).body.message).toContain('used already')
  expect((await answer(third, totpCode(dan.secret, Date.now()))).status).toBe(401)
})

test('a recovery code counts once, in any case and without its dash', async () => {
  const eve = await protectedPerson('eve@example.com')
  expect(new Set(eve.recoveryCodes).size).toBe(10)
  const [first = '', second = ''] = eve.recoveryCodes
  expect(first).toMatch(/^[a-z2-7]{5}-[a-z2-7]{5}$/)
  const written = first.toUpperCase().replace('-', ' ')
  expect((await answer(await challengeFor(eve.email), written)).status).toBe(200)
  const challenge = await challengeFor(eve.email)
  expect((await answer(challenge, first)).status).toBe(401)
  const done = await answer(challenge, second)
  expect(done.status).toBe(200)
  const headers = { authorization: `Bearer ${done.body.access_token}` }
  const me = await request(`${netra.url}/auth/me`, { headers })
  expect(me.body).toMatchObject({ recovery_codes_left: 8 })

  const renewed = await post('/auth/two-factor/recovery-codes', { password: PASSWORD }, headers)
  const [, , old = ''] = eve.recoveryCodes
  const next = await challengeFor(eve.email)
  expect((await answer(next, old)).status).toBe(401)
  expect((await answer(next, renewed.body.recovery_codes[0] ?? '')).status).toBe(200)
})

test('a challenge is good for five tries, and for one sign-in', async () => {
  const fay = await protectedPerson('fay@example.com')
  const challenge = await challengeFor(fay.email)
  const tries = await Promise.all(
    wrongCodes(fay.secret)
      .slice(0, 8)
      .map((code) => answer(challenge, code)),
  )
  expect(tries.filter(({ status }) => status === 401)).toHaveLength(5)
  expect(tries.filter(({ status }) => status === 410)).toHaveLength(3)
  const late = await answer(challenge, nextCode(fay.secret))
  expect([late.status, late.body.error_code]).toEqual([410, 'EXPIRED'])

  const other = await challengeFor(fay.email)
  const [code = '', another = ''] = fay.recoveryCodes
  const both = await Promise.all([answer(other, code), answer(other, another)])
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 410])
  expect((await answer('made up', code)).status).toBe(410)
})

test('guesses are limited per account, over all challenges', async () => {
  const guy = await protectedPerson('guy@example.com')
  const statuses: number[] = []
  for (let round = 0; round < 3; round++) {
    const challenge = await challengeFor(guy.email)
    for (const code of wrongCodes(guy.secret).slice(0, 4)) {
      statuses.push((await answer(challenge, code)).status)
    }
  }
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401))
  expect(statuses.slice(10)).toEqual([429, 429])
  const locked = await answer(await challengeFor(guy.email), guy.recoveryCodes[0] ?? '')
  expect(locked.status).toBe(429)
  expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(60)
})

test('a password chosen anew ends what was begun with the old one, and the second factor stays', async () => {
  const hal = await protectedPerson('hal@example.com')
  const root = await setUp(netra)
  const challenge = await challengeFor(hal.email)
  const path = `/auth/admin/users/${hal.userId}/links`
  const { url } = (await post(path, { kind: 'password_reset' }, root.headers)).body
  const token = url.split('#token=')[1]
  await post('/auth/password/reset', { token, password: 'chosen by link' })
  expect((await answer(challenge, nextCode(hal.secret))).status).toBe(410)
  const again = await tryLogin(netra.url, hal.email, 'chosen by link')
  expect(again.body.error_code).toBe('TWO_FACTOR_REQUIRED')
  expect((await answer(again.body.details.challenge, nextCode(hal.secret))).status).toBe(200)
})

test('it is turned on by a code and off by the password, by its owner alone', async () => {
  const ida = await register(netra.url, 'ida@example.com')
  const on = (path: string, body: unknown) => post(`/auth/two-factor/${path}`, body, ida.headers)
  expect((await on('enable', { code: '123456' })).status).toBe(409)
  expect((await on('setup', { password: 'not the password' })).status).toBe(401)
  const { secret, uri } = (await on('setup', { password: PASSWORD })).body
  expect(uri).toBe(
    `otpauth://totp/Netra:ida%40example.com?issuer=Netra&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
  )
  const [wrongCode] = wrongCodes(secret)
  expect((await on('enable', { code: wrongCode })).status).toBe(401)
  // Begun and not finished, it asks nobody for a code.
  expect((await tryLogin(netra.url, ida.email)).status).toBe(200)
  expect((await on('enable', { code: totpCode(secret, Date.now()) })).status).toBe(200)
  expect((await on('setup', { password: PASSWORD })).status).toBe(409)
  expect((await on('disable', { password: 'not the password' })).status).toBe(401)
  await challengeFor(ida.email)
  expect((await on('disable', { password: PASSWORD })).status).toBe(200)
  expect((await tryLogin(netra.url, ida.email)).status).toBe(200)
  expect((await post('/auth/two-factor/setup', { password: PASSWORD })).status).toBe(403)
})

test('neither secret nor codes lie readable in the store or in the log', async () => {
  const jan = await protectedPerson('jan@example.com')
  await delay(100)
  const texts = [
    netra.log(),
    ...(await Promise.all(
      ['auth.db', 'auth.db-wal'].map((name) => readFile(join(netra.folder, name), 'latin1')),
    )),
  ]
  const secrets = [
    jan.secret,
    ...jan.recoveryCodes,
    ...jan.recoveryCodes.map((code) => code.replace('-', '')),
  ]
  for (const secret of secrets) {
    for (const text of texts) expect(text.includes(secret)).toBe(false)
  }
})
