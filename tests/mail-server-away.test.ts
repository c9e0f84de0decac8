import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startMailServer } from './support/mail-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD } from './support/people.ts'
import { tryLogin } from './support/sign-in.ts'

const register = (netra: NetraProcess, email: string) =>
  request(`${netra.url}/auth/register`, { body: { email, password: PASSWORD } })

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Waits until the log has such a line. */
async function logged(netra: NetraProcess, pattern: RegExp): Promise<string> {
  for (;;) {
    const line = netra
      .log()
      .split('\n')
      .find((text) => pattern.test(text))
    if (line !== undefined) return line
    await delay(50)
  }
}

test('a mail that the server could not take arrives once when it can', async () => {
  const port = await freePort()
  await using netra = await startNetra({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
  const begun = performance.now()
  expect((await register(netra, 'ada@example.com')).status).toBe(202)
  const answeredAfterMs = performance.now() - begun
  const line = await logged(netra, /not sent yet/)
  expect(JSON.parse(line)).toMatchObject({ kind: 'verify_email', tries: 1, why: 'ESOCKET' })
  expect(answeredAfterMs).toBeLessThan(5_000)
  await using mail = await startMailServer({ port })
  const { token } = await mail.mailTo('ada@example.com')
  const verified = await request(`${netra.url}/auth/email/verify`, { body: { token } })
  expect(verified.status).toBe(200)
  await delay(1_500)
  expect(mail.mails).toHaveLength(1)
  const metrics = await request<string>(`${netra.url}/metrics`)
  expect(metrics.body).toContain('netra_mail_waiting 0')
  expect(netra.log()).not.toContain('ada@')
})

test('a mail outlives the process that was to send it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-mail-'))
  const port = await freePort()
  const env = { SMTP_URL: `smtp://127.0.0.1:${port}` }
  try {
    {
      await using netra = await startNetra({ env, folder })
      await register(netra, 'ada@example.com')
      await logged(netra, /not sent yet/)
      await netra.kill('SIGKILL')
    }
    await using mail = await startMailServer({ port })
    await using netra = await startNetra({ env, folder })
    const { token } = await mail.mailTo('ada@example.com')
    const verified = await request(`${netra.url}/auth/email/verify`, { body: { token } })
    expect(verified.status).toBe(200)
    expect((await tryLogin(netra.url, 'ada@example.com')).status).toBe(200)
    expect(mail.mails).toHaveLength(1)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a request is answered at once by a mail server that accepts and says nothing', async () => {
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  try {
    await using netra = await startNetra({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    await register(netra, 'ada@example.com')
    await delay(700)
    const begun = performance.now()
    const body = { email: 'ada@example.com' }
    expect((await request(`${netra.url}/auth/password/forgot`, { body })).status).toBe(202)
    expect(performance.now() - begun).toBeLessThan(5_000)
  } finally {
    silent.close()
  }
})

test('a mail server whose certificate nobody has signed gets no mail', async () => {
  await using mail = await startMailServer({ secure: true })
  await using netra = await startNetra({ env: { SMTP_URL: mail.url } })
  await register(netra, 'ada@example.com')
  const line = await logged(netra, /not sent yet/)
  expect(JSON.parse(line)).toMatchObject({ tries: 1, why: expect.stringMatching(/ETLS|ESOCKET/) })
  await delay(1_500)
  expect(mail.mails).toEqual([])
})

test('a mail server that wants a password gets the one in SMTP_URL', async () => {
  const credentials = { user: 'netra', password: 'p%40ss' }
  await using mail = await startMailServer({
    credentials: { user: 'netra', password: 'p@ss' },
  })
  const url = `smtp://${credentials.user}:${credentials.password}@127.0.0.1:${mail.port}`
  await using netra = await startNetra({ env: { SMTP_URL: url } })
  await register(netra, 'ada@example.com')
  expect((await mail.mailTo('ada@example.com')).to).toBe('ada@example.com')
})

test('a mail for which there is no mailbox is given up at once, and the next one is sent', async () => {
  await using mail = await startMailServer({ unknown: ['gone@example.com'] })
  await using netra = await startNetra({ env: { SMTP_URL: mail.url } })
  await register(netra, 'gone@example.com')
  const line = await logged(netra, /given up/)
  expect(JSON.parse(line)).toMatchObject({ tries: 1, why: 'EENVELOPE, answer 550' })
  await register(netra, 'ada@example.com')
  await mail.mailTo('ada@example.com')
  expect(netra.log()).not.toContain('gone@')
})
