import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startHostileProvider, type HostileProvider } from './support/hostile-provider.ts'
import { HttpBrowser } from './support/http-browser.ts'
import { request } from './support/http.ts'
import { startMailServer, type MailServer } from './support/mail-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import type { Person } from './support/people.ts'
import { setUp, signIn, tryLogin } from './support/sign-in.ts'

interface Answer {
  status: string
  error_code: string
  id: string
  url: string
  user: { id: string }
  entries: { action: string; user_id?: string; details?: Record<string, unknown> }[]
}

let provider: HostileProvider
let mail: MailServer
let netra: NetraProcess
let admin: Person

beforeAll(async () => {
  provider = await startHostileProvider()
  mail = await startMailServer()
  netra = await startNetra({
    env: { ...provider.env, SMTP_URL: mail.url, NETRA_REGISTRATION: 'open' },
  })
  admin = await setUp(netra)
}, 60_000)

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await mail[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const call = (method: string, path: string, body?: unknown, headers = {}) =>
  request<Answer>(`${netra.url}${path}`, { method, body, headers })
const post = (path: string, body: unknown, headers = {}) => call('POST', path, body, headers)
const register = (email: string, password: string) => post('/auth/register', { email, password })
const tokenIn = (url: string) => url.split('#token=')[1] ?? ''

/** An account whose address is confirmed. */
async function joined(email: string, password: string): Promise<void> {
  await register(email, password)
  await post('/auth/email/verify', { token: (await mail.mailTo(email)).token })
}

/** Through the hostile provider, as whomever it says. */
async function signInElsewhere(person: Record<string, unknown>) {
  provider.person = person
  const browser = new HttpBrowser()
  const { url } = await browser.go(`${netra.url}/auth/login?provider=oidc`, {
    until: (to) => to.origin === netra.url && !to.pathname.startsWith('/auth/'),
  })
  const me = await browser.ask(`${netra.url}/auth/me`)
  return { error: url.searchParams.get('error'), me: me.body }
}

describe('an account is not taken over', () => {
  test('by an address whose capitals only look like its letters', async () => {
    await joined('mike@example.com', 'the password of mike')
    // U+212A is the Kelvin sign, whose lower case is an ordinary k.
    const { error, me } = await signInElsewhere({
      sub: 'kelvin',
      email: 'mi\u212Ae@example.com',
      email_verified: true,
    })
    expect([error, me['email']]).toEqual(['email_not_verified', undefined])
    const registered = await register('mi\u212Ae@example.com', 'the password of kelvin')
    expect([registered.status, registered.body.error_code]).toEqual([422, 'VALIDATION_ERROR'])
  })

  test('by who registered its address before its owner did', async () => {
    const email = 'victim@example.com'
    await register(email, 'the stranger chose it')
    const { token: strangers } = await mail.mailTo(email)
    await register(email, 'the owner has chosen it')
    const { link, token } = await mail.mailTo(email, 1)
    expect(link).toContain('/reset-password#')
    await post('/auth/email/verify', { token: strangers })
    expect((await tryLogin(netra.url, email, 'the stranger chose it')).status).toBe(401)
    const reset = await post('/auth/password/reset', { token, password: 'the owner chose again' })
    expect(reset.status).toBe(200)
    await signIn(netra.url, email, 'the owner chose again')
  })

  test('by who registered its address again before its owner confirmed it', async () => {
    const email = 'slow@example.com'
    await register(email, 'the owner has chosen it')
    const { token: owners } = await mail.mailTo(email)
    await register(email, 'the stranger chose it')
    await mail.mailTo(email, 1)
    expect((await post('/auth/email/verify', { token: owners })).status).toBe(410)
    expect((await tryLogin(netra.url, email, 'the stranger chose it')).status).toBe(403)
    await post('/auth/email/resend', { email })
    const { token } = await mail.mailTo(email, 2)
    expect((await post('/auth/email/verify', { token })).status).toBe(200)
    expect((await tryLogin(netra.url, email, 'the stranger chose it')).status).toBe(401)
  })

  test('nor its owner kept out of it, by who registered its address first', async () => {
    const email = 'first@example.com'
    await register(email, 'the stranger chose it')
    const { token } = await mail.mailTo(email)
    const { error, me } = await signInElsewhere({ sub: 'first', email, email_verified: true })
    expect([error, me['email'], me['has_password']]).toEqual([null, email, false])
    expect((await post('/auth/email/verify', { token })).status).toBe(410)
    expect((await tryLogin(netra.url, email, 'the stranger chose it')).status).toBe(401)
  })
})

test('whoever registers an address and then signs in learns nothing of whether somebody has it', async () => {
  await joined('known@example.com', 'the password of known')
  const answers = async (email: string) => {
    const seen: unknown[] = []
    for (const guess of ['the first guess', 'the second guess']) {
      await register(email, guess)
      for (const password of ['the first guess', 'the second guess', 'a third guess']) {
        const { status, body } = await tryLogin(netra.url, email, password)
        seen.push([status, body.error_code, body.message])
      }
    }
    return seen
  }
  const seen = await answers('known@example.com')
  expect(seen).toEqual(await answers('unknown@example.com'))
  expect(new Set(seen.map(String)).size).toBe(2)
  await signIn(netra.url, 'known@example.com', 'the password of known')
})

test('who registers once more with their own password can still sign in', async () => {
  await joined('twice@example.com', 'the password of twice')
  await register('twice@example.com', 'the password of twice')
  const { status } = await tryLogin(netra.url, 'twice@example.com', 'the password of twice')
  expect(status).toBe(200)
})

test('a page elsewhere cannot use up what a network may try with providers', async () => {
  // As images: browsers send no cookie of ours along.
  for (let index = 0; index < 105; index += 1) {
    await fetch(`${netra.url}/auth/callback/oidc?state=made-up-${index}&code=x`)
  }
  const person = { sub: 'after', email: 'after@example.com', email_verified: true }
  expect(await signInElsewhere(person)).toMatchObject({ error: null })
})

describe('the audit log knows', () => {
  const actionsOf = async (userId: string) => {
    const { body } = await call('GET', `/auth/admin/audit?user=${userId}`, undefined, admin.headers)
    return body.entries
  }

  test('of a new name, whoever gave it', async () => {
    await joined('name@example.com', 'the password of name')
    const person = await signIn(netra.url, 'name@example.com', 'the password of name')
    await call('PATCH', '/auth/me', { name: 'Support' }, person.headers)
    await call('PATCH', `/auth/admin/users/${person.userId}`, { name: 'Name' }, admin.headers)
    const renamed = (await actionsOf(person.userId)).filter(
      ({ action }) => action === 'name.changed',
    )
    expect(renamed).toHaveLength(2)
    expect(JSON.stringify(renamed)).not.toContain('Support')
  })

  test('of a wrong password from somebody who is signed in', async () => {
    await joined('stolen@example.com', 'the password of stolen')
    const thief = await signIn(netra.url, 'stolen@example.com', 'the password of stolen')
    const body = { current_password: 'a guess of the thief', new_password: 'what the thief wants' }
    expect((await post('/auth/password/change', body, thief.headers)).status).toBe(401)
    expect(await actionsOf(thief.userId)).toContainEqual(
      expect.objectContaining({ action: 'session.refused', details: { why: 'wrong_password' } }),
    )
  })
})

test('a stranger who asks for a new password does not end the link that an administrator handed out', async () => {
  const email = 'newcomer@example.com'
  const { body } = await post('/auth/admin/users', { email }, admin.headers)
  await post('/auth/password/forgot', { email })
  await mail.mailTo(email)
  const password = 'the password of newcomer'
  const reset = await post('/auth/password/reset', { token: tokenIn(body.url), password })
  expect(reset.status).toBe(200)
})

test('a name breaks no lines and shows nothing in another order than it is written', async () => {
  const name = 'Ada\r\nroot\u0000\u202Etxt.exe\u2069\ud800'
  const { body } = await request<{ name: string }>(`${netra.url}/auth/me`, {
    method: 'PATCH',
    body: { name },
    headers: admin.headers,
  })
  expect(body.name).toBe('Ada  root  txt.exe')
})
