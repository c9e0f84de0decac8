import { textOf } from '@netra/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { tokenCredentials } from '../credentials.ts'
import { NetraClient, type NetraClientOptions } from '../netra-client.ts'
import { nodeTransport } from '../node.ts'
import { whenStore } from '../store.ts'
import type { ThreadStream } from '../streams.ts'
import { fastClock } from '../testing/fake-clock.ts'
import { RefusingServer } from '../testing/http-server.ts'
import { accepted, delta, live, ScriptedServer } from '../testing/scripted-server.ts'
import { httpTransport, type HttpTransportOptions } from './http-transport.ts'

let server: RefusingServer
let clients: NetraClient[] = []

beforeEach(async () => {
  server = await RefusingServer.start()
})

afterEach(async () => {
  for (const client of clients) client.close()
  clients = []
  await server[Symbol.asyncDispose]()
})

async function connected(
  options: Partial<NetraClientOptions> = {},
  requests: HttpTransportOptions = {},
): Promise<NetraClient> {
  const clock = options.clock ?? fastClock()
  const client = new NetraClient({
    url: server.url,
    credentials: tokenCredentials(() => 'token'),
    transport: nodeTransport(),
    fallback: httpTransport(server.addresses, { clock, ...requests }),
    clock,
    random: () => 0,
    device: 'device',
    ...options,
  })
  clients.push(client)
  await client.connect()
  return client
}

const textIn = (thread: ThreadStream): string =>
  thread
    .getSnapshot()
    .state.messages.map((message) => textOf(message.content))
    .join('|')

const whenText = (thread: ThreadStream, text: string) =>
  whenStore(thread, () => textIn(thread) === text)

const listen = (thread: ThreadStream) => thread.subscribe(() => undefined)

test('an upgrade that is answered with something else than 101 makes the client speak by requests', async () => {
  const client = await connected({ clock: fastClock(1) })
  expect(server.upgrades).toBe(1)
  expect(client.status.getSnapshot()).toMatchObject({ kind: 'fallback', userId: 'u' })
  const thread = client.thread('t')
  listen(thread)
  const request = await server.request('thread:t')
  expect(request.wantsStream).toBe(true)
  expect(request.headers.authorization).toBe('Bearer token')
  expect(Object.fromEntries(request.query)).toEqual({
    stream: 'thread:t',
    device: 'device',
    instance: client.instance,
  })
  request.send(accepted(1), 'e:1')
  request.send(delta(2, 0, 'Hel'), 'e:2')
  request.send(delta(3, 3, 'lo'), 'e:3')
  request.send(live(3))
  await whenText(thread, 'Hello')
  await whenStore(thread, ({ phase, position }) => phase === 'live' && position === 'e:3')
})

test('F19: a response that ends, cleanly or not, is asked for again from where it was', async () => {
  const client = await connected()
  const thread = client.thread('t')
  listen(thread)
  const first = await server.request('thread:t')
  first.send(accepted(1), 'e:1')
  first.send(delta(2, 0, 'a'), 'e:2')
  first.send(live(2))
  await whenText(thread, 'a')
  first.end()
  const second = await server.request('thread:t')
  expect(second.position).toBe('e:2')
  second.send(live(2))
  second.send(delta(3, 1, 'b'), 'e:3')
  await whenText(thread, 'ab')
  second.cut()
  const third = await server.request('thread:t')
  expect(third.position).toBe('e:3')
  third.send(delta(3, 1, 'b'), 'e:3')
  third.send(delta(4, 2, 'c'), 'e:4')
  third.send(live(4))
  await whenText(thread, 'abc')
  expect(thread.counters).toMatchObject({ duplicates: 1, gaps: 0 })
})

test('where streaming is held back, long polls take over from the same position', async () => {
  const client = await connected()
  const thread = client.thread('t')
  listen(thread)
  const held = await server.request('thread:t')
  await held.closed
  const first = await server.request('thread:t')
  expect(first.wantsStream).toBe(false)
  first.answer(200, { messages: [accepted(1), delta(2, 0, 'a')], position: 'e:2' })
  await whenText(thread, 'a')
  await whenStore(thread, ({ phase }) => phase === 'live')
  const second = await server.request('thread:t')
  expect(second.position).toBe('e:2')
  second.answer(200, { messages: [], position: 'e:2' })
  const third = await server.request('thread:t')
  third.answer(200, { messages: [delta(3, 1, 'b')], position: 'e:3' })
  await whenText(thread, 'ab')
  expect(client.status.getSnapshot().kind).toBe('fallback')
})

test('a stream that was heard and falls silent is given up, and resumed', async () => {
  const client = await connected()
  const thread = client.thread('t')
  listen(thread)
  const first = await server.request('thread:t')
  first.send(accepted(1), 'e:1')
  first.send(live(1))
  await whenStore(thread, ({ phase }) => phase === 'live')
  await first.closed
  const second = await server.request('thread:t')
  expect(second.position).toBe('e:1')
  expect(second.wantsStream).toBe(true)
})

test('commands go by POST, once, and are sent again with the same ids when no answer came', async () => {
  const client = await connected()
  const sending = client.sendMessage({ threadId: null, text: 'hi' })
  const first = await server.commands.next()
  expect(first.body).toMatchObject({ type: 'send_message', thread_id: null })
  expect(first.headers.authorization).toBe('Bearer token')
  first.answer(502, 'no gateway')
  const second = await server.commands.next()
  expect(second.body).toEqual(first.body)
  second.answer(200, { type: 'ok', id: second.body.id, thread_id: 't', run_id: 'r' })
  expect(await sending).toMatchObject({ runId: 'r' })
  const refused = client.cancelRun('r2').catch((error: unknown) => error)
  const { body, answer } = await server.commands.next()
  const message = 'There is no such run.'
  answer(404, { type: 'error', id: body.id, code: 'not_found', message, retry: 'no' })
  expect(await refused).toMatchObject({ name: 'CommandError', code: 'not_found' })
})

test('a stream that is not there is gone, one that cannot be read now is asked for later', async () => {
  const client = await connected()
  const thread = client.thread('t')
  listen(thread)
  const first = await server.request('thread:t')
  first.answer(503, { error_code: 'UNAVAILABLE', message: 'later' }, { 'retry-after': '1' })
  const second = await server.request('thread:t')
  second.answer(404, { error_code: 'NOT_FOUND', message: 'There is no such stream.' })
  await whenStore(thread, ({ phase }) => phase === 'gone')
  expect(client.status.getSnapshot().kind).toBe('fallback')
})

test('a token that has run out is renewed, and the stream goes on', async () => {
  let tokens = 0
  const client = await connected({ credentials: tokenCredentials(() => `token-${++tokens}`) })
  const thread = client.thread('t')
  listen(thread)
  const first = await server.request('thread:t')
  first.send(accepted(1), 'e:1')
  first.send(live(1))
  await whenStore(thread, ({ phase }) => phase === 'live')
  first.send({ type: 'error', id: null, code: 'expired', message: 'expired', retry: 'no' })
  const second = await server.request('thread:t')
  expect(second.position).toBe('e:1')
  expect(second.headers.authorization).toBe('Bearer token-2')
})

test('F95: refused with 401 and without a fresh token, the client stops', async () => {
  const client = await connected()
  const thread = client.thread('t')
  listen(thread)
  const request = await server.request('thread:t')
  request.answer(401, { error_code: 'UNAUTHORIZED', message: 'Sign in.' })
  const state = await whenStore(client.status, ({ kind }) => kind === 'stopped')
  expect(state).toMatchObject({ why: { code: 4501 } })
})

test('a goaway by requests is heeded like one on a socket', async () => {
  const client = await connected()
  const thread = client.thread('t')
  listen(thread)
  const request = await server.request('thread:t')
  request.send({ type: 'goaway', code: 4001, why: 'restarting', after_ms: 900, jitter_ms: 0 })
  const state = await whenStore(client.status, ({ kind }) => kind === 'waiting')
  expect(state).toMatchObject({ why: { code: 4001, why: 'restarting' } })
  await whenStore(client.status, ({ kind }) => kind === 'fallback')
})

test('more streams than places take turns, and none goes without', async () => {
  const client = await connected({}, { parallel: 2 })
  const threads = ['a', 'b', 'c'].map((id) => client.thread(id))
  for (const thread of threads) listen(thread)
  const seen = new Set<string | null>()
  while (seen.size < 3) {
    const request = await server.requests.next()
    seen.add(request.query.get('stream'))
    request.send(live(0, request.query.get('stream') as `thread:${string}`))
  }
  const views = threads.map((thread) => whenStore(thread, ({ position }) => position !== null))
  expect((await Promise.all(views)).map(({ position }) => position)).toEqual(['e:0', 'e:0', 'e:0'])
})

test('a socket that opens takes the place of the requests, without loss or repetition', async () => {
  await using sockets = await ScriptedServer.start()
  let url = server.url
  const node = nodeTransport()
  const client = await connected({ transport: { open: (_, on) => node.open(url, on) } })
  const thread = client.thread('t')
  listen(thread)
  const request = await server.request('thread:t')
  request.send(accepted(1), 'e:1')
  request.send(delta(2, 0, 'a'), 'e:2')
  request.send(live(2))
  await whenText(thread, 'a')
  const sending = client.sendMessage({ threadId: 't', text: 'on its way' })
  const command = await server.commands.next()
  url = sockets.url
  const socket = await sockets.socket()
  const hello = await socket.welcome()
  expect(hello.resume).toEqual([{ stream: 'thread:t', position: 'e:2' }])
  await request.closed
  socket.send(delta(3, 1, 'b'), live(3))
  await whenText(thread, 'ab')
  const again = await socket.next('send_message')
  expect(again.client_message_id).toBe(command.body.client_message_id)
  socket.send({ type: 'ok', id: again.id, thread_id: 't', run_id: 'r', duplicate: true })
  expect(await sending).toMatchObject({ duplicate: true })
  expect(client.status.getSnapshot().kind).toBe('open')
  expect(thread.counters).toMatchObject({ duplicates: 0, gaps: 0 })
})

test('a socket that opens and is never welcomed gives way to requests again', async () => {
  await using sockets = await ScriptedServer.start()
  let url = server.url
  const node = nodeTransport()
  const client = await connected({ transport: { open: (_, on) => node.open(url, on) } })
  url = sockets.url
  const socket = await sockets.socket()
  await socket.next('hello')
  await whenStore(client.status, ({ kind }) => kind === 'greeting')
  await whenStore(client.status, ({ kind }) => kind === 'fallback')
  await socket.closed()
  expect(socket.isClosed).toBe(true)
})
