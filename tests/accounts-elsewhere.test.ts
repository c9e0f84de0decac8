import { afterAll, beforeAll, expect, test } from 'vitest'

import { totpCode } from '../packages/server/src/auth/account/totp.ts'
import { healthy, startAuthProcess, startNode } from './support/auth-process.ts'
import { request } from './support/http.ts'
import { startMailServer, type MailServer } from './support/mail-server.ts'
import type { NetraProcess } from './support/netra-process.ts'
import { PASSWORD } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'
import { signIn, tryLogin } from './support/sign-in.ts'

let mail: MailServer
let service: NetraProcess
let node: NetraProcess
let other: NetraProcess

beforeAll(async () => {
  mail = await startMailServer()
  const env = { SMTP_URL: mail.url, NETRA_REGISTRATION: 'open' }
  service = await startAuthProcess({ env })
  ;[node, other] = await Promise.all([startNode(service.url), startNode(service.url)])
  await Promise.all([healthy(node.url), healthy(other.url)])
}, 120_000)

afterAll(async () => {
  for (const one of [node, other, service, mail]) await one?.[Symbol.asyncDispose]()
})

const post = (path: string, body: unknown, headers = {}) =>
  request<Record<string, string>>(`${node.url}${path}`, { body, headers })

async function joined(email: string) {
  const registered = await post('/auth/register', { email, password: PASSWORD })
  expect([registered.status, registered.body['status']]).toEqual([202, 'verify_email'])
  expect((await tryLogin(node.url, email)).body.error_code).toBe('EMAIL_NOT_VERIFIED')
  const { token } = await mail.mailTo(email)
  expect((await post('/auth/email/verify', { token })).status).toBe(200)
  return signIn(node.url, email)
}

async function socketAt(at: NetraProcess, token: string) {
  const socket = await openSocket(at.url)
  socket.send(hello(token))
  await socket.next((frame) => frame.type === 'welcome')
  return socket
}

test('where the auth service runs alone, nodes show what it says of e-mails and registration', async () => {
  const { body } = await request<{ auth: unknown }>(`${node.url}/api/config`)
  expect(body.auth).toMatchObject({ sends_email: true, registration: 'open' })
})

test('a password changed at one node ends the other sessions at every node within 1 s (S11)', async () => {
  const here = await joined('ada@example.com')
  const there = await signIn(other.url, here.email)
  using own = await socketAt(node, here.token)
  const others = [await socketAt(node, there.token), await socketAt(other, there.token)]
  const change = { current_password: PASSWORD, new_password: 'something new 1' }
  const ends = others.map(async ({ closed }) => ({ ...(await closed), at: performance.now() }))
  expect((await post('/auth/password/change', change, here.headers)).status).toBe(200)
  const answeredAt = performance.now()
  for (const { code, at } of await Promise.all(ends)) {
    expect(code).toBe(4503)
    expect(at - answeredAt).toBeLessThan(1_000)
  }
  own.send({ type: 'ping', nonce: 'n' })
  expect((await own.next((frame) => frame.type === 'pong'))['nonce']).toBe('n')
})

test('a second factor is asked for at a node as at the service itself', async () => {
  const bob = await joined('bob@example.com')
  const { secret = '' } = (
    await post('/auth/two-factor/setup', { password: PASSWORD }, bob.headers)
  ).body
  const code = totpCode(secret, Date.now())
  expect((await post('/auth/two-factor/enable', { code }, bob.headers)).status).toBe(200)
  const { status, body } = await tryLogin(other.url, bob.email)
  expect([status, body.error_code]).toEqual([401, 'TWO_FACTOR_REQUIRED'])
  const next = totpCode(secret, Date.now() + 30_000)
  const done = await post('/auth/two-factor', { challenge: body.details.challenge, code: next })
  expect(done.status).toBe(200)
  using socket = await socketAt(other, done.body['access_token'] ?? '')
  expect(socket.frames[0]).toMatchObject({ user_id: bob.userId })
})
