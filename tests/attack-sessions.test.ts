import { createHmac } from 'node:crypto'
import { createServer, request as ask } from 'node:http'
import { connect, type AddressInfo } from 'node:net'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { bearer, makeKey } from './support/api-key.ts'
import { healthy, startAuthProcess, startNode, until } from './support/auth-process.ts'
import { converse, welcomedClassic } from './support/classic-client.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { tryLogin } from './support/sign-in.ts'

const STAGING_SECRET = 'a secret that test suites sign their own tokens with'

/** A request whose target no client of ours would send as it is. */
function raw(url: string, target: string, method = 'GET'): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(
        `${method} ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      ),
    )
    let text = ''
    socket.on('data', (data) => {
      text += data.toString()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}

/** In front of an auth service, as a proxy that has lost a route: what it does not know is a 404. */
async function startForgetfulProxy(to: string) {
  const proxy = { url: '', forgets: false }
  const server = createServer((incoming, outgoing) => {
    if (proxy.forgets && incoming.url === '/auth/validate') {
      outgoing.writeHead(404).end('no such route')
      return
    }
    const { method, headers } = incoming
    const upstream = ask(`${to}${incoming.url ?? ''}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    upstream.on('error', () => outgoing.destroy())
    incoming.pipe(upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(proxy, {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  })
}

const statusOf = (answer: string): number => Number(answer.split(' ')[1])

/** Another one with each call, as what is refused is remembered. */
function testToken(sub: string): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 600
  const claims = { sub, exp, jti: crypto.randomUUID() }
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', STAGING_SECRET).update(signed).digest('base64url')}`
}

describe('a node of its own', () => {
  let netra: NetraProcess
  beforeAll(async () => {
    netra = await startNetra()
  }, 60_000)
  afterAll(() => netra[Symbol.asyncDispose]())

  test('a key that may only write reads nothing over a classic socket', async () => {
    const ada = await register(netra.url)
    using own = await welcomedClassic(netra.url, ada.token)
    const { threadId } = await converse(own, {
      type: 'user_message',
      payload: { content: 'the marker of ada' },
    })
    const { key } = await makeKey(netra.url, ada, ['chat:write'])
    using socket = await welcomedClassic(netra.url, key)
    socket.send({ type: 'create_thread', payload: { title: 'new', request_id: 'made' } })
    await socket.next((frame) => frame['in_reply_to'] === 'made')
    socket.send({
      type: 'user_message',
      payload: { content: 'more', thread_id: threadId, client_message_id: 'sent' },
    })
    const sent = await socket.next((frame) => frame['in_reply_to'] === 'sent')
    expect(sent.type).toBe('message_received')
    await own.next(
      (frame) => frame.type === 'agent_completed' && frame['run_id'] === sent['run_id'],
    )
    socket.send({ type: 'ping' })
    await socket.next((frame) => frame.type === 'pong')
    expect(socket.frames.filter((frame) => 'event_id' in frame)).toEqual([])
  })

  test('a classic socket that goes on with a key that may only write reads on no more', async () => {
    const ada = await register(netra.url)
    using own = await welcomedClassic(netra.url, ada.token)
    using socket = await welcomedClassic(netra.url, ada.token)
    const { threadId } = await converse(socket, {
      type: 'user_message',
      payload: { content: 'hello' },
    })
    const { key } = await makeKey(netra.url, ada, ['chat:write'])
    socket.send({ type: 'authenticate', payload: { token: key } })
    await socket.next((frame) => frame.type === 'authenticated')
    const before = socket.frames.length
    await converse(own, {
      type: 'user_message',
      payload: { content: 'the marker of ada', thread_id: threadId },
    })
    socket.send({ type: 'ping' })
    await socket.next((frame) => frame.type === 'pong')
    expect(socket.frames.slice(before).filter((frame) => 'event_id' in frame)).toEqual([])
  })

  test('a key that may only write is answered with no run, new or old', async () => {
    const ada = await register(netra.url)
    const { key } = await makeKey(netra.url, ada, ['chat:write'])
    for (const [path, body] of [
      ['/api/chat/stream', { content: 'hello' }],
      ['/api/agents/stream', { message: 'hello' }],
      ['/api/agents/execute', { type: 'triage', message: 'hello' }],
      ['/api/agents/triage', { message: 'hello' }],
    ] as const) {
      const { status } = await request(`${netra.url}${path}`, { body, headers: bearer(key) })
      expect([path, status]).toEqual([path, 403])
    }
  })

  test('no spelling of a path has another limit', async () => {
    for (const target of ['/auth/login', '/auth/%6cogin', 'http://other.example/auth/login']) {
      const answer = await raw(netra.url, target, 'POST')
      expect([target, /ratelimit-policy: "(\w+)"/.exec(answer)?.[1]]).toEqual([target, 'sign_in'])
    }
  })
})

test('strangers of its network leave a key of X-API-Key what is its owner’s (S16)', async () => {
  await using netra = await startNetra({ env: { NETRA_REQUESTS_PER_MINUTE: '10' } })
  const { key } = await makeKey(netra.url, await register(netra.url), ['chat:read'])
  while ((await request(`${netra.url}/api/config`)).status !== 429);
  const headers = { 'x-api-key': key }
  expect((await request(`${netra.url}/api/threads`, { headers })).status).toBe(200)
})

describe('a node and its auth service', () => {
  let service: NetraProcess
  let node: NetraProcess
  beforeAll(async () => {
    service = await startAuthProcess({
      env: { NETRA_REGISTRATION: 'open', JWT_SECRET_STAGING: STAGING_SECRET },
    })
    node = await startNode(service.url)
    await healthy(node.url)
  }, 90_000)
  afterAll(async () => {
    for (const one of [node, service]) await one?.[Symbol.asyncDispose]()
  })

  test('no request target makes the node take its auth service for broken', async () => {
    const ada = await register(node.url)
    for (const target of [
      'http://x/auth/me',
      'http://@/auth/me',
      '/auth/%',
      '/auth/\\',
      '/auth//..',
    ]) {
      for (let tries = 0; tries < 4; tries += 1) {
        expect([target, statusOf(await raw(node.url, target))]).not.toEqual([target, 503])
      }
    }
    expect((await tryLogin(node.url, ada.email)).status).toBe(200)
  })

  test('no spelling of a path leads past the routes that a node passes on', async () => {
    for (const target of [
      '/auth/../metrics',
      '/auth/%2e%2e/metrics',
      '/oauth/%2E./health',
      '/oauth/..%2f../health',
      '/auth/\\../health',
    ]) {
      expect([target, statusOf(await raw(node.url, target))]).toEqual([target, 404])
    }
    for (const path of ['/auth/%76alidate', '/auth/./validate', '/auth/x/../tickets/redeem']) {
      expect([path, statusOf(await raw(node.url, path, 'POST'))]).toEqual([path, 404])
    }
  })

  test('who cannot be asked for is not told that they are nobody', async () => {
    await using proxy = await startForgetfulProxy(service.url)
    await using other = await startNode(proxy.url)
    await healthy(other.url)
    const { cookie } = await register(other.url)
    const me = () => request(`${other.url}/api/threads`, { headers: { cookie } })
    proxy.forgets = true
    expect((await me()).status).toBe(503)
    proxy.forgets = false
    await until(async () => (await me()).status === 200)
  })

  test('the id of a removed account is nobody else’s before its chats are erased', async () => {
    const ada = await register(node.url)
    using socket = await welcomedClassic(node.url, ada.token)
    await converse(socket, { type: 'user_message', payload: { content: 'the marker of ada' } })
    const port = Number(new URL(node.url).port)
    const { folder } = node
    await node.kill('SIGKILL')
    const removed = await request(`${service.url}/auth/me`, {
      method: 'DELETE',
      headers: ada.headers,
      body: { password: 'correct horse battery' },
    })
    expect(removed.status).toBe(204)
    const as = () => bearer(testToken(ada.userId))
    expect((await request(`${service.url}/auth/me`, { headers: as() })).status).toBe(401)
    node = await startNode(service.url, { port, folder })
    const threads = () => request<unknown[]>(`${node.url}/api/threads`, { headers: as() })
    await until(async () => (await threads()).status === 200)
    expect((await threads()).body).toEqual([])
  }, 60_000)
})
