import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startMailServer, type MailServer } from './support/mail-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'
import { signIn, tryLogin } from './support/sign-in.ts'

let mail: MailServer
let netra: NetraProcess

beforeAll(async () => {
  mail = await startMailServer()
  netra = await startNetra({ env: { SMTP_URL: mail.url, NETRA_LOG_LEVEL: 'info' } })
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await mail[Symbol.asyncDispose]()
})

const post = (path: string, body: unknown, headers = {}) =>
  request<{ status: string; error_code: string; message: string }>(`${netra.url}${path}`, {
    body,
    headers,
  })

const register = (email: string, password = PASSWORD) => post('/auth/register', { email, password })

/** An account whose address is confirmed. */
async function joined(email: string): Promise<void> {
  await register(email)
  const { token } = await mail.mailTo(email)
  await post('/auth/email/verify', { token })
}

describe('confirming an address', () => {
  test('comes before the first sign-in, by a link in an e-mail that works once', async () => {
    const registered = await register('ada@example.com')
    expect([registered.status, registered.body]).toEqual([202, { status: 'verify_email' }])
    expect(registered.headers.getSetCookie()).toEqual([])
    const early = await tryLogin(netra.url, 'ada@example.com')
    expect([early.status, early.body.error_code]).toEqual([403, 'EMAIL_NOT_VERIFIED'])

    const received = await mail.mailTo('ada@example.com')
    expect(received.from).toBe('netra@localhost')
    expect(received.link).toBe(`${netra.url}/verify-email#token=${received.token}`)
    expect(received.html).toContain(`href="${received.link}"`)
    expect(received.subject).not.toContain(received.token)

    const verified = await post('/auth/email/verify', { token: received.token })
    expect([verified.status, verified.body.status]).toEqual([200, 'email_verified'])
    const again = await post('/auth/email/verify', { token: received.token })
    expect([again.status, again.body.error_code]).toEqual([410, 'EXPIRED'])

    const person = await signIn(netra.url, 'ada@example.com')
    const me = await request(`${netra.url}/auth/me`, { headers: person.headers })
    expect(me.body).toMatchObject({ email_verified: true, two_factor: false, has_password: true })
  })

  test('is asked for after the right password only', async () => {
    await register('hal@example.com')
    const wrong = await tryLogin(netra.url, 'hal@example.com', 'a wrong password')
    const nobody = await tryLogin(netra.url, 'nobody@example.com', 'a wrong password')
    for (const answer of [wrong, nobody]) {
      expect([answer.status, answer.body.error_code]).toEqual([401, 'AUTH_FAILED'])
    }
    expect(wrong.body.message).toBe(nobody.body.message)
  })

  test('can be asked for again, which ends the link before', async () => {
    await register('ivy@example.com')
    const first = await mail.mailTo('ivy@example.com')
    const resent = await post('/auth/email/resend', { email: 'IVY@example.com' })
    expect([resent.status, resent.body]).toEqual([202, { status: 'sent_if_known' }])
    const second = await mail.mailTo('ivy@example.com', 1)
    expect((await post('/auth/email/verify', { token: first.token })).status).toBe(410)
    expect((await post('/auth/email/verify', { token: second.token })).status).toBe(200)
  })

  test('somebody who registers a known address gets the same answer, and its owner an e-mail', async () => {
    await joined('bob@example.com')
    const known = await register('Bob@example.com', 'another password')
    const unknown = await register('new@example.com', 'another password')
    expect([known.status, known.body]).toEqual([unknown.status, unknown.body])
    const told = await mail.mailTo('bob@example.com', 1)
    expect(told.subject).toBe('You have an account at Netra already')
    expect(told.link).toBe(`${netra.url}/sign-in`)
    // The account is as it was; the other password opens nothing, as that of the new account.
    await signIn(netra.url, 'bob@example.com')
    for (const email of ['bob@example.com', 'new@example.com']) {
      const { body } = await tryLogin(netra.url, email, 'another password')
      expect(body.error_code).toBe('EMAIL_NOT_VERIFIED')
    }
  })
})

describe('a forgotten password', () => {
  test('is chosen anew by a link, which ends every session and confirms the address', async () => {
    await register('cat@example.com')
    await mail.mailTo('cat@example.com')
    const asked = await post('/auth/password/forgot', { email: 'cat@example.com' })
    expect([asked.status, asked.body]).toEqual([202, { status: 'sent_if_known' }])
    const { link, token } = await mail.mailTo('cat@example.com', 1)
    expect(link).toBe(`${netra.url}/reset-password#token=${token}`)
    const weak = await post('/auth/password/reset', { token, password: 'password1' })
    expect(weak.status).toBe(422)
    const chosen = await post('/auth/password/reset', { token, password: 'the first new one' })
    expect([chosen.status, chosen.body.status]).toEqual([200, 'password_reset'])
    expect((await post('/auth/password/reset', { token, password: 'once more' })).status).toBe(410)
    expect((await tryLogin(netra.url, 'cat@example.com')).status).toBe(401)
    const person = await signIn(netra.url, 'cat@example.com', 'the first new one')

    await post('/auth/password/forgot', { email: 'cat@example.com' })
    // The notice of the first change may come before it or after it.
    const resets = () =>
      mail.mails.filter(({ to, link: at }) => to === 'cat@example.com' && /reset-password/.test(at))
    await expect.poll(() => resets().length, { timeout: 10_000 }).toBe(2)
    const next = resets()[1] ?? { token: '' }
    using socket = await openSocket(netra.url)
    socket.send(hello(person.token))
    await socket.next((frame) => frame.type === 'welcome')
    const begun = performance.now()
    const again = { token: next.token, password: 'the second new one' }
    expect((await post('/auth/password/reset', again)).status).toBe(200)
    expect((await socket.closed).code).toBe(4503)
    expect(performance.now() - begun).toBeLessThan(2_000)
    const refreshed = await post('/auth/refresh', { refresh_token: person.refreshToken })
    expect(refreshed.status).toBe(401)
  })

  test('a newer link, and a changed password, end the link before', async () => {
    await joined('dan@example.com')
    const links = []
    for (const index of [1, 2]) {
      await post('/auth/password/forgot', { email: 'dan@example.com' })
      links.push(await mail.mailTo('dan@example.com', index))
    }
    const [older, newer] = links.map(({ token }) => token)
    const reset = (token: string | undefined) =>
      post('/auth/password/reset', { token, password: 'a stolen account' })
    expect((await reset(older)).status).toBe(410)
    const person = await signIn(netra.url, 'dan@example.com')
    const change = { current_password: PASSWORD, new_password: 'changed it myself' }
    expect((await post('/auth/password/change', change, person.headers)).status).toBe(200)
    expect((await reset(newer)).status).toBe(410)
    const told = await mail.mailTo('dan@example.com', 3)
    expect(told.subject).toBe('Your password for Netra was changed')
    expect(told.text).not.toMatch(/token|password:/)
  })

  test('of an address that nobody has is answered alike, and nothing is sent', async () => {
    const asked = await post('/auth/password/forgot', { email: 'stranger@example.com' })
    expect([asked.status, asked.body]).toEqual([202, { status: 'sent_if_known' }])
    await joined('eve@example.com')
    await post('/auth/password/forgot', { email: 'eve@example.com' })
    await mail.mailTo('eve@example.com', 1)
    expect(mail.mails.map(({ to }) => to)).not.toContain('stranger@example.com')
  })

  test('fills nobody’s mailbox: of one kind an address gets three at once', async () => {
    await joined('fay@example.com')
    for (let count = 0; count < 6; count++) {
      expect((await post('/auth/password/forgot', { email: 'fay@example.com' })).status).toBe(202)
    }
    await mail.mailTo('fay@example.com', 3)
    await post('/auth/email/resend', { email: 'new@example.com' })
    await mail.mailTo('new@example.com', 1)
    expect(mail.mails.filter(({ to }) => to === 'fay@example.com')).toHaveLength(4)
  })
})

test('no token of an e-mail lies in the store, in the log or in the audit log', async () => {
  const tokens = mail.mails.map(({ token }) => token).filter(Boolean)
  expect(tokens.length).toBeGreaterThan(5)
  const files = await Promise.all(
    ['auth.db', 'auth.db-wal'].map((name) => readFile(join(netra.folder, name), 'latin1')),
  )
  for (const token of tokens) {
    for (const text of [...files, netra.log()]) expect(text.includes(token)).toBe(false)
  }
  expect(netra.log()).not.toContain('@example.com')
})

test('the metrics count what became of e-mails, without a word about to whom', async () => {
  const { body } = await request<string>(`${netra.url}/metrics`)
  expect(body).toMatch(/netra_mail_total\{kind="verify_email",outcome="sent"\} \d+/)
  expect(body).toMatch(/netra_mail_total\{kind="password_reset",outcome="not_needed"\} 1/)
  expect(body).toMatch(/netra_mail_total\{kind="password_reset",outcome="limited"\} \d+/)
  expect(body).toContain('netra_mail_waiting 0')
  expect(body).not.toContain('@example.com')
})
