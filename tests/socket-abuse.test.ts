import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { hello, openSocket, type Frame, type RawSocket } from './support/raw-socket.ts'

vi.setConfig({ testTimeout: 120_000 })

let netra: NetraProcess
let person: Person

beforeAll(async () => {
  netra = await startNetra()
  person = await register(netra.url)
}, 60_000)

afterAll(() => netra[Symbol.asyncDispose]())

const isWelcome = (frame: Frame): boolean => frame.type === 'welcome'
const mine = (someone: Person) => `user:${someone.userId}`

async function welcomed(
  someone: Person,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<RawSocket> {
  const socket = await openSocket(netra.url, { headers })
  socket.send(hello(someone.token, more))
  await socket.next(isWelcome)
  return socket
}

/** An event in the user's own stream. */
const newThread = async (someone: Person): Promise<void> => {
  const { status } = await request(`${netra.url}/api/threads`, {
    headers: someone.headers,
    body: { title: 'one more' },
  })
  expect(status).toBe(201)
}

const seqs = (socket: RawSocket): number[] =>
  socket.frames.filter(({ type }) => type === 'event').map((frame) => Number(frame['seq']))

const alive = async (socket: RawSocket): Promise<void> => {
  const nonce = String(Math.random())
  socket.send({ type: 'ping', nonce })
  await socket.next((frame) => frame.type === 'pong' && frame['nonce'] === nonce)
}

test('F94: a fresh token in band keeps the socket and what it reads', async () => {
  const someone = await register(netra.url)
  using socket = await welcomed(someone, { resume: [{ stream: mine(someone), position: null }] })
  const { body } = await request<{ access_token: string }>(`${netra.url}/auth/login`, {
    body: { email: someone.email, password: PASSWORD },
  })
  socket.send({ type: 'authenticate', token: body.access_token })
  await socket.next((frame) => frame.type === 'authenticated')
  await newThread(someone)
  await socket.next((frame) => frame.type === 'event')
  expect(seqs(socket)).toEqual([1])
})

test("F97: somebody else's token on a live socket closes it with 4502", async () => {
  const other = await register(netra.url)
  using socket = await welcomed(person)
  socket.send({ type: 'authenticate', token: other.token })
  expect((await socket.closed).code).toBe(4502)
})

test('F101: roles and scopes that a client claims are nothing', async () => {
  const claims = { roles: ['admin'], scopes: ['*'], user_id: 'somebody', role: 'admin' }
  using socket = await welcomed(person, claims, { 'x-netra-scopes': '*', 'x-user-id': 'somebody' })
  const welcome = await socket.next(isWelcome)
  expect(welcome['user_id']).toBe(person.userId)
  socket.send({ type: 'subscribe', id: 'theirs', stream: 'user:somebody', position: null })
  const answer = await socket.next((frame) => frame['id'] === 'theirs')
  expect(answer).toMatchObject({ type: 'error', code: 'not_found' })
})

test('F30: subscribe, leave and subscribe in one tick is one subscription, the last one', async () => {
  const someone = await register(netra.url)
  await newThread(someone)
  using socket = await welcomed(someone)
  const stream = mine(someone)
  socket.send({ type: 'subscribe', id: 'a', stream, position: null })
  socket.send({ type: 'unsubscribe', id: 'b', stream })
  socket.send({ type: 'subscribe', id: 'c', stream, position: null })
  await socket.next((frame) => frame['id'] === 'c')
  await newThread(someone)
  await socket.next((frame) => frame.type === 'event' && frame['seq'] === 2)
  await alive(socket)
  const after = socket.frames.slice(socket.frames.findIndex((frame) => frame['id'] === 'c'))
  const received = after.filter(({ type }) => type === 'event').map((frame) => frame['seq'])
  expect(received).toEqual([1, 2])
})

test('F8, F43: a page that comes again and again takes its own place, and nothing is doubled', async () => {
  const someone = await register(netra.url)
  await newThread(someone)
  const sockets: RawSocket[] = []
  let position: string | null = null
  for (let round = 0; round < 4; round++) {
    const resume = [{ stream: mine(someone), position }]
    const socket = await welcomed(someone, { instance: 'page', resume })
    const live = await socket.next((frame) => frame.type === 'live')
    position = String(live['position'])
    sockets.push(socket)
  }
  await newThread(someone)
  await sockets.at(-1)?.next((frame) => frame.type === 'event')
  const codes = await Promise.all(sockets.slice(0, -1).map(({ closed }) => closed))
  expect(codes.map(({ code }) => code)).toEqual([4506, 4506, 4506])
  expect(sockets.map(seqs)).toEqual([[1], [], [], [2]])
  sockets.at(-1)?.[Symbol.dispose]()
})

test('F104: a hundred frames that cannot be used end their own socket and nothing else', async () => {
  using other = await welcomed(person)
  const bad = ['{', '[]', '{"type":"__proto__"}', '{"type":"nothing"}', '['.repeat(64)]
  using socket = await welcomed(person)
  for (let count = 0; count < 100; count++) socket.send(bad[count % bad.length])
  expect((await socket.closed).code).toBe(4500)
  await alive(other)
})

test('F105: who never says hello is closed after 10 s', async () => {
  const sockets = await Promise.all(Array.from({ length: 50 }, () => openSocket(netra.url)))
  const codes = await Promise.all(sockets.map(({ closed }) => closed))
  expect(new Set(codes.map(({ code }) => code))).toEqual(new Set([4011]))
})

test('F106: too many commands are told when to come back, and others are served', async () => {
  const someone = await register(netra.url)
  using other = await welcomed(person)
  using socket = await welcomed(someone)
  for (let count = 0; count < 250; count++) {
    const stream = mine(someone)
    socket.send({ type: 'subscribe', id: `s${count}`, stream, position: null })
  }
  const refused = await socket.next((frame) => frame.type === 'error')
  expect(refused).toMatchObject({ code: 'rate_limited', retry: 'after' })
  expect(refused['after_ms']).toBeGreaterThan(0)
  await alive(other)
})

test('F88: sockets that go away in the middle of a replay leave the server as it was', async () => {
  const someone = await register(netra.url)
  for (let count = 0; count < 40; count++) await newThread(someone)
  for (let round = 0; round < 30; round++) {
    const resume = [{ stream: mine(someone), position: null }]
    const socket = await openSocket(netra.url)
    socket.send(hello(someone.token, { resume }))
    if (round % 2 === 0) await socket.next(isWelcome)
    socket[Symbol.dispose]()
  }
  using after = await welcomed(someone, { resume: [{ stream: mine(someone), position: null }] })
  await after.next((frame) => frame.type === 'live')
  expect(seqs(after)).toHaveLength(40)
  expect(netra.log()).not.toContain('uncaught')
})

test('F12, F93: many who come back at once each read their own stream, and nothing else', async () => {
  const people = await Promise.all(Array.from({ length: 8 }, () => register(netra.url)))
  for (const someone of people) await newThread(someone)
  const clients = people.flatMap((someone) => Array.from({ length: 15 }, () => someone))
  const sockets = await Promise.all(
    clients.map((someone) =>
      welcomed(someone, { resume: [{ stream: mine(someone), position: null }] }),
    ),
  )
  await Promise.all(sockets.map((socket) => socket.next((frame) => frame.type === 'live')))
  for (const [index, socket] of sockets.entries()) {
    const events = socket.frames.filter(({ type }) => type === 'event')
    expect(events.map((frame) => [frame['stream'], frame['seq']])).toEqual([
      [mine(clients[index] as Person), 1],
    ])
    socket[Symbol.dispose]()
  }
})
