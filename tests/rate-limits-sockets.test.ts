import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket, type RawSocket } from './support/raw-socket.ts'

let netra: NetraProcess
let ada: Person
let bob: Person

beforeAll(async () => {
  netra = await startNetra({ env: { NETRA_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' } })
  ada = await register(netra.url)
  bob = await register(netra.url)
})
afterAll(() => netra[Symbol.asyncDispose]())

const metric = async (name: string, url = netra.url): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}
const limited = (limit: string, url?: string) =>
  metric(`netra_limited_total{limit="${limit}"}`, url)

async function welcomed(person: Person, url = netra.url): Promise<RawSocket> {
  const socket = await openSocket(url)
  socket.send(hello(person.token))
  await socket.next(({ type }) => type === 'welcome')
  return socket
}

/** What an upgrade from this address is answered: 101, or the refusal. */
function upgradeFrom(forwarded: string, url = netra.url) {
  const headers = { 'x-forwarded-for': forwarded }
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'netra.v1', { headers })
  return new Promise<{ status: number; retryAfter?: string | undefined; body: string }>(
    (resolve) => {
      socket.on('error', () => undefined)
      socket.on('open', () => {
        socket.terminate()
        resolve({ status: 101, body: '' })
      })
      socket.on('unexpected-response', (_request, response) => {
        let body = ''
        response.on('data', (data: Buffer) => (body += data.toString()))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'],
            body,
          }),
        )
      })
    },
  )
}

async function floodOfUpgrades(forwarded: string) {
  for (let count = 0; count < 100; count += 1) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => upgradeFrom(forwarded)))
    const refused = answers.find(({ status }) => status !== 101)
    if (refused) return { opened: count * 50, refused }
  }
  throw new Error('no upgrade was refused')
}

test('a network opens so many sockets a second and no more; chains of proxies do not help (S16, S17)', async () => {
  const before = await limited('hellos')
  const { opened, refused } = await floodOfUpgrades('2001:db8:5:5::1')
  expect(opened).toBeGreaterThanOrEqual(900)
  expect(refused.status).toBe(429)
  expect(refused.retryAfter).toMatch(/^[1-9]\d*$/)
  expect(JSON.parse(refused.body)).toMatchObject({ error: true, error_code: 'RATE_LIMITED' })
  const again = await Promise.all(
    Array.from({ length: 100 }, (_, count) =>
      upgradeFrom(`6.6.6.${count}, 2001:db8:5:5:ffff::${count}, 10.0.0.9`),
    ),
  )
  expect(again.filter(({ status }) => status === 429).length).toBeGreaterThan(40)
  expect((await upgradeFrom('2001:db8:5:6::1')).status).toBe(101)
  expect(await limited('hellos')).toBeGreaterThan(before)
}, 60_000)

test('without a trusted proxy a socket is of the address that it really came from (S17)', async () => {
  await using plain = await startNetra({ env: { NETRA_LOG_LEVEL: 'info' } })
  const person = await register(plain.url)
  {
    using socket = await openSocket(plain.url, {
      headers: { 'x-forwarded-for': '6.6.6.6', forwarded: 'for=6.6.6.6', 'x-real-ip': '6.6.6.6' },
    })
    socket.send(hello(person.token))
    await socket.next(({ type }) => type === 'welcome')
  }
  const line =
    plain
      .log()
      .split('\n')
      .find((one) => one.includes('socket welcomed')) ?? ''
  expect((JSON.parse(line) as { ip: string }).ip).toMatch(/^(::ffff:)?127\.0\.0\.1$|^::1$/)
  expect(plain.log()).not.toContain('6.6.6.6')
})

test('a user has at most 32 sockets; one more is told 4504 (S16)', async () => {
  const eve = await register(netra.url)
  const sockets: RawSocket[] = []
  for (let count = 0; count < 32; count += 1) sockets.push(await welcomed(eve))
  const before = await limited('sockets_of_user')
  using more = await openSocket(netra.url)
  more.send(hello(eve.token))
  expect((await more.closed).code).toBe(4504)
  expect(await limited('sockets_of_user')).toBe(before + 1)
  for (const socket of sockets) socket[Symbol.dispose]()
})

test('a full node says so with 4010, and to classic clients with 1013 (S16)', async () => {
  await using small = await startNetra({ env: { NETRA_MAX_SOCKETS: '20' } })
  const people = [await register(small.url), await register(small.url)]
  const sockets: RawSocket[] = []
  for (let count = 0; count < 20; count += 1) {
    sockets.push(await welcomed(people[count % 2] as Person, small.url))
  }
  using native = await openSocket(small.url)
  expect((await native.closed).code).toBe(4010)
  using classic = await openSocket(small.url, {
    protocols: [],
    headers: { authorization: `Bearer ${people[0]?.token}` },
  })
  expect((await classic.closed).code).toBe(1013)
  expect(classic.frames.at(-1)).toMatchObject({ error_code: 'NODE_FULL' })
  expect(await limited('sockets_of_node', small.url)).toBe(2)
  for (const socket of sockets) socket[Symbol.dispose]()
})

test('commands of all sockets of a user and of HTTP are counted together (S16)', async () => {
  const eve = await register(netra.url)
  const sockets = [await welcomed(eve), await welcomed(eve), await welcomed(eve)]
  const before = await limited('commands')
  const cancel = (id: string) => ({ type: 'cancel_run', id, run_id: 'none' })
  // What is not found counts as a frame that cannot be used; a token that is shown anew does not.
  const again = { type: 'authenticate', token: eve.token }
  for (let count = 0; count < 250; count += 1) {
    for (const socket of sockets) socket.send(again)
  }
  const refusals = await Promise.all(
    sockets.map((socket) =>
      socket.next(({ type, code }) => type === 'error' && code === 'rate_limited'),
    ),
  )
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({ retry: 'after', after_ms: expect.any(Number) })
  }
  // A few may pass, as some time has: far fewer than the 200 that somebody fresh may ask at once.
  const askedByHttp = await Promise.all(
    Array.from({ length: 150 }, () =>
      request<{ code: string; after_ms: number }>(`${netra.url}/api/commands`, {
        body: cancel('http'),
        headers: eve.headers,
      }),
    ),
  )
  const byHttp = askedByHttp.find(({ status }) => status === 429)
  if (!byHttp) throw new Error('what sockets used up was there again for HTTP')
  expect(byHttp.body.code).toBe('rate_limited')
  expect(byHttp.headers.get('retry-after')).toBe(String(Math.ceil(byHttp.body.after_ms / 1000)))
  const ofBob = await request(`${netra.url}/api/commands`, {
    body: cancel('bob'),
    headers: bob.headers,
  })
  expect(ofBob.status).toBe(404)
  expect(await limited('commands')).toBeGreaterThanOrEqual(before + 4)
  for (const socket of sockets) socket[Symbol.dispose]()
})

test('messages beyond the limit are refused with the time to wait and counted', async () => {
  const eve = await register(netra.url)
  const before = await limited('messages')
  // To a thread that is not there: what counts is the asking.
  const send = (count: number) =>
    request<{ code: string; after_ms?: number }>(`${netra.url}/api/commands`, {
      headers: eve.headers,
      body: {
        type: 'send_message',
        id: `m${count}`,
        client_message_id: `m${count}`,
        thread_id: 'none',
        content: [{ type: 'text', text: 'hello' }],
      },
    })
  const answers = await Promise.all(Array.from({ length: 400 }, (_, count) => send(count)))
  const refused = answers.filter(({ status }) => status === 429)
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(120)
  expect(refused[0]?.body).toMatchObject({ code: 'rate_limited', after_ms: expect.any(Number) })
  expect(refused[0]?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  expect(await limited('messages')).toBe(before + refused.length)
}, 60_000)

test('a socket that sends more bytes a second than it may is closed with 4007 (S16)', async () => {
  using socket = await welcomed(ada)
  const before = await limited('bytes')
  const frame = JSON.stringify({ type: 'ping', nonce: 'x'.repeat(60) })
  const big = `${frame}${' '.repeat(60_000)}`
  for (let count = 0; count < 400; count += 1) socket.send(big)
  expect((await socket.closed).code).toBe(4007)
  expect(await limited('bytes')).toBeGreaterThan(before)
  using again = await welcomed(bob)
  again.send({ type: 'ping', nonce: 'n' })
  await again.next(({ type }) => type === 'pong')
})

test("one user's flood of frames, requests and runs does not starve another (S18)", async () => {
  const eve = await register(netra.url)
  const answerMs = async (socket: RawSocket, count: number): Promise<number> => {
    const begun = performance.now()
    socket.send({
      type: 'subscribe',
      id: `s${count}`,
      stream: `user:${bob.userId}`,
      position: null,
    })
    await socket.next(({ type, id }) => type === 'ok' && id === `s${count}`)
    return performance.now() - begun
  }
  using mine = await welcomed(bob)
  const measure = async (from: number): Promise<number> => {
    const times = []
    for (let count = from; count < from + 30; count += 1) {
      times.push(await answerMs(mine, count))
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    return times.toSorted((a, b) => a - b)[27] ?? 0
  }
  const alone = await measure(0)

  const floods: RawSocket[] = []
  for (let count = 0; count < 10; count += 1) floods.push(await welcomed(eve))
  const stop = new AbortController()
  const flooding = floods.map(async (socket, index) => {
    for (let count = 0; !stop.signal.aborted; count += 1) {
      socket.send({
        type: 'send_message',
        id: `${index}-${count}`,
        client_message_id: `${index}-${count}`,
        thread_id: null,
        content: [{ type: 'text', text: 'What is 2 + 2?' }],
      })
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })
  const byHttp = (async () => {
    while (!stop.signal.aborted) await request(`${netra.url}/api/threads`, { headers: eve.headers })
  })()
  const beside = await measure(100)
  stop.abort()
  await Promise.all([...flooding, byHttp])
  for (const socket of floods) socket[Symbol.dispose]()
  // A machine that others use as well: what counts is that it stays an answer, not a wait.
  expect(beside).toBeLessThan(Math.max(20 * alone, 1_000))
}, 120_000)
