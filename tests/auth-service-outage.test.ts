import { expect, test } from 'vitest'

import {
  healthy,
  runNetra,
  SERVICE_SECRET,
  startAuthProcess,
  startNode,
  temporaryFolder,
  until,
} from './support/auth-process.ts'
import { request } from './support/http.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

const SLOW = { timeout: 180_000 }

const login = (url: string, email: string) =>
  request<{ access_token: string }>(`${url}/auth/login`, { body: { email, password: PASSWORD } })

const ask = (url: string, headers: Record<string, string>) =>
  request(`${url}/api/threads`, { headers })

const handshake = async (url: string, token: string): Promise<string | number> => {
  using socket = await openSocket(url)
  socket.send(hello(token))
  const end = await Promise.race([
    socket.next((frame) => frame.type === 'welcome').then(() => 'welcome'),
    socket.closed.then(({ code }) => code),
  ])
  return end
}

/** As a browser does it: a ticket, then a socket with its cookie. */
async function pageHandshake(url: string, { cookie }: Person): Promise<string | number> {
  const headers = { cookie, origin: url }
  const asked = await request<{ ticket: string }>(`${url}/api/ws-ticket`, {
    method: 'POST',
    headers,
  })
  if (asked.status !== 200) return asked.status
  using socket = await openSocket(url, { origin: url, headers: { cookie } })
  socket.send({ ...hello(''), token: undefined, ticket: asked.body.ticket })
  const end = await Promise.race([
    socket.next((frame) => frame.type === 'welcome').then(() => 'welcome'),
    socket.closed.then(({ code }) => code),
  ])
  return end
}

test(
  'while the auth service is killed whoever is in goes on, nobody comes in, and all is well after its restart (S40)',
  SLOW,
  async () => {
    await using folder = await temporaryFolder()
    const first = await startAuthProcess({ folder: folder.path })
    const port = Number(new URL(first.url).port)
    await using node = await startNode(first.url)
    await healthy(node.url)
    const ada = await register(node.url)
    const bob = await register(node.url)
    expect((await ask(node.url, ada.headers)).status).toBe(200)
    expect(await pageHandshake(node.url, ada)).toBe('welcome')
    using socket = await openSocket(node.url)
    socket.send(hello(ada.token))
    await socket.next((frame) => frame.type === 'welcome')

    await first.kill('SIGKILL')
    await until(async () => {
      const health = await request<{ dependencies: { auth: { error?: string } } }>(
        `${node.url}/health`,
      )
      const { error } = health.body.dependencies.auth
      return health.status === 503 && error?.includes('nobody listens') === true
    })

    // A session that is known goes on: by requests, on its socket, and on a new one.
    expect((await ask(node.url, ada.headers)).status).toBe(200)
    socket.send({ type: 'subscribe', id: 'a', stream: `user:${ada.userId}`, position: null })
    expect(await socket.next((frame) => frame['id'] === 'a')).toMatchObject({ type: 'ok' })
    expect(await handshake(node.url, ada.token)).toBe('welcome')
    expect(await pageHandshake(node.url, ada)).toBe('welcome')
    // Nobody else comes in: neither by a password, nor by a token that nobody can vouch for.
    for (let round = 0; round < 5; round += 1) {
      const refused = await login(node.url, ada.email)
      expect(refused.status).toBe(503)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    const forged = `${ada.token.slice(0, -6)}AAAAAA`
    expect(await handshake(node.url, forged)).toBe(4501)
    const unknown = await ask(node.url, bob.headers)
    expect(unknown.status).toBe(503)
    expect(Number(unknown.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await handshake(node.url, bob.token)).toBe(4009)
    const metrics = await request<string>(`${node.url}/metrics`)
    expect(metrics.body).toMatch(/netra_auth_client_breaker_opened_total [1-9]/)

    await using second = await startAuthProcess({ folder: folder.path, port })
    await healthy(node.url)
    expect((await login(node.url, bob.email)).status).toBe(200)
    expect(await handshake(node.url, bob.token)).toBe('welcome')
    expect(socket.frames.some((frame) => frame.type === 'goaway')).toBe(false)
    // And what is revoked is heard of again, on the socket that was open all the time.
    const begun = performance.now()
    await request(`${second.url}/auth/logout`, { method: 'POST', headers: ada.headers })
    expect((await socket.closed).code).toBe(4503)
    expect(performance.now() - begun).toBeLessThan(1_000)
  },
)

test(
  'what was revoked while a node could not hear of it reaches it by the feed',
  SLOW,
  async () => {
    await using folder = await temporaryFolder()
    const first = await startAuthProcess({ folder: folder.path })
    const port = Number(new URL(first.url).port)
    await using node = await startNode(first.url)
    await healthy(node.url)
    const ada = await register(node.url)
    using socket = await openSocket(node.url)
    socket.send(hello(ada.token))
    await socket.next((frame) => frame.type === 'welcome')

    await node.kill('SIGSTOP')
    await request(`${first.url}/auth/logout`, { method: 'POST', headers: ada.headers })
    expect(await first.kill('SIGTERM')).toBe(0)
    await using second = await startAuthProcess({ folder: folder.path, port })
    expect((await fetch(`${second.url}/health`)).status).toBe(200)
    await node.kill('SIGCONT')
    expect((await socket.closed).code).toBe(4503)
  },
)

test(
  'a node that starts before its auth service runs, says so, and needs no restart',
  SLOW,
  async () => {
    await using folder = await temporaryFolder()
    const probe = await startAuthProcess({ folder: folder.path })
    const port = Number(new URL(probe.url).port)
    await probe.kill('SIGTERM')
    await using node = await startNode(probe.url)
    const health = await request(`${node.url}/health`)
    expect(health.status).toBe(503)
    expect((await login(node.url, 'ada@example.com')).status).toBe(503)
    await using service = await startAuthProcess({ folder: folder.path, port })
    await healthy(node.url)
    const ada = await register(node.url)
    expect(await handshake(node.url, ada.token)).toBe('welcome')
    expect(service.pid).toBeGreaterThan(0)
  },
)

test('of two auth services on one folder the second refuses to start', SLOW, async () => {
  await using service = await startAuthProcess()
  await expect(startAuthProcess({ folder: service.folder })).rejects.toThrow('is in use')
})

test('an account that is removed while no node runs is erased by the next one', SLOW, async () => {
  await using service = await startAuthProcess()
  await using folder = await temporaryFolder()
  const first = await startNode(service.url, { folder: folder.path })
  await healthy(first.url)
  const ada = await register(first.url)
  const bob = await register(first.url)
  for (const someone of [ada, bob]) {
    const made = await request(`${first.url}/api/threads`, {
      headers: someone.headers,
      body: { title: 'a secret title' },
    })
    expect(made.status).toBeLessThan(300)
  }
  expect(await first.kill('SIGTERM')).toBe(0)
  const removed = await request(`${service.url}/auth/me`, {
    method: 'DELETE',
    headers: ada.headers,
    body: { password: PASSWORD },
  })
  expect(removed.status).toBe(204)
  const { body } = await request<{ access_token: string }>(`${service.url}/auth/service-token`, {
    body: { service_id: 'netra-backend', service_secret: SERVICE_SECRET },
  })
  const headers = { authorization: `Bearer ${body.access_token}` }
  const pending = () => request<{ users: string[] }>(`${service.url}/auth/removals`, { headers })
  expect((await pending()).body.users).toEqual([ada.userId])

  await using second = await startNode(service.url, { folder: folder.path })
  await until(async () => (await pending()).body.users.length === 0, 60_000)
  expect(second.log()).toContain('a removed account was erased')
  expect((await ask(second.url, ada.headers)).status).toBe(401)
  const left = await request<{ title: string }[]>(`${second.url}/api/threads`, {
    headers: bob.headers,
  })
  expect(left.body).toMatchObject([{ title: 'a secret title' }])

  // And while one runs: at once.
  const gone = await request(`${second.url}/api/account`, {
    method: 'DELETE',
    headers: bob.headers,
    body: { password: PASSWORD },
  })
  expect(gone.status).toBe(204)
  await until(() => second.log().split('a removed account was erased').length === 3)
})

test('services are added, rotated with an overlap and revoked by command', SLOW, async () => {
  await using service = await startAuthProcess()
  const env = { NETRA_DATA_DIR: service.folder }
  const secretOf = (out: string): string => /NETRA_SERVICE_SECRET=(\S+)/.exec(out)?.[1] ?? ''
  const exchange = async (secret: string) =>
    request<{ access_token: string }>(`${service.url}/auth/service-token`, {
      body: { service_id: 'reports', service_secret: secret },
    })
  const first = secretOf(await runNetra(['service', 'add', 'reports'], env))
  const token = (await exchange(first)).body.access_token
  const second = secretOf(await runNetra(['service', 'rotate', 'reports'], env))
  expect((await exchange(first)).status).toBe(200)
  expect((await exchange(second)).status).toBe(200)
  const third = secretOf(await runNetra(['service', 'rotate', 'reports'], env))
  expect((await exchange(first)).status).toBe(401)
  expect((await exchange(second)).status).toBe(200)
  expect(await runNetra(['service', 'list'], env)).toMatch(/reports +2 secret\(s\)/)
  const headers = { authorization: `Bearer ${token}` }
  const removals = () => request(`${service.url}/auth/removals`, { headers })
  expect((await removals()).status).toBe(200)
  await runNetra(['service', 'revoke', 'reports'], env)
  expect((await exchange(third)).status).toBe(401)
  expect((await removals()).status).toBe(401)
})

test(
  'signing keys rotate by command: tokens of the one before stay good, unless it was compromised',
  SLOW,
  async () => {
    await using service = await startAuthProcess()
    await using node = await startNode(service.url)
    await healthy(node.url)
    const env = { NETRA_DATA_DIR: service.folder }
    const ada = await register(node.url)
    const kids = async () => {
      const { body } = await request<{ keys: { kid: string }[] }>(
        `${node.url}/.well-known/jwks.json`,
      )
      return body.keys.map(({ kid }) => kid)
    }
    const [before] = await kids()
    await runNetra(['auth', 'rotate-keys'], env)
    await until(async () => (await kids()).length === 2)
    expect((await ask(node.url, ada.headers)).status).toBe(200)

    await runNetra(['auth', 'rotate-keys', '--compromised'], env)
    await until(async () => (await kids()).length === 1)
    expect(await kids()).not.toContain(before)
    await until(async () => (await ask(node.url, ada.headers)).status === 401, 5_000)
    const fresh = await login(node.url, ada.email)
    const headers = { authorization: `Bearer ${fresh.body.access_token}` }
    expect((await ask(node.url, headers)).status).toBe(200)
    expect((await ask(node.url, { cookie: ada.cookie })).status).toBe(200)
  },
)
