import { emptyThreadState, textOf, type ServerMessageInput } from '@netra/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { systemClock } from '../clock.ts'
import { tokenCredentials } from '../credentials.ts'
import { NetraClient } from '../netra-client.ts'
import { whenStore } from '../store.ts'
import type { ThreadStream } from '../streams.ts'
import { fastClock } from '../testing/fake-clock.ts'
import { accepted, delta, live, ScriptedServer } from '../testing/scripted-server.ts'
import { webSocketTransport } from '../transport.ts'
import type { OpenRequest } from './port-messages.ts'
import { sharedTransport } from './shared-transport.ts'
import { sharedSockets } from './shared-worker.ts'

let server: ScriptedServer
let ends: (() => void)[] = []
let worker: (request: OpenRequest) => void

beforeEach(async () => {
  server = await ScriptedServer.start()
  worker = sharedSockets({ locks: navigator.locks })
})

afterEach(async () => {
  for (const end of ends) end()
  ends = []
  await server[Symbol.asyncDispose]()
})

interface Tab {
  client: NetraClient
  thread: ThreadStream
  /** As a crash: nothing is said, only the lock is free again. */
  die(): void
}

let tabs = 0

/** A tab of a browser: its own client, and a lock while it lives. */
function openTab(userId = 'u', answers = true): Tab {
  const lock = `tab-${++tabs}-${crypto.randomUUID()}`
  const life = new AbortController()
  const ports = new Set<MessagePort>()
  const held = new Promise<void>((resolve) => {
    void navigator.locks.request(lock, () => {
      resolve()
      return new Promise<void>((end) => life.signal.addEventListener('abort', () => end()))
    })
  })
  const transport = sharedTransport({
    way: 'socket',
    worker(request) {
      ports.add(request.port)
      if (answers) void held.then(() => worker(request))
      return true
    },
    http: undefined,
    userId,
    lock,
    own: webSocketTransport,
    clock: fastClock(),
  })
  const client = new NetraClient({
    url: server.url,
    credentials: tokenCredentials(() => `token-${tabs}`),
    transport,
    clock: systemClock,
    random: () => 0,
    device: 'device',
    userId,
  })
  ends.push(() => {
    client.close()
    life.abort()
    for (const port of ports) port.close()
  })
  client.connect().catch(() => undefined)
  const thread = client.thread('t')
  thread.subscribe(() => undefined)
  return { client, thread, die: () => life.abort() }
}

const textIn = (thread: ThreadStream): string =>
  thread
    .getSnapshot()
    .state.messages.map((message) => textOf(message.content))
    .join('|')

/** Only a stream with a position can be resumed from it. */
const whenText = ({ thread }: Tab, text: string) =>
  whenStore(thread, ({ position }) => textIn(thread) === text && position !== null)

const whenLive = ({ thread }: Tab) => whenStore(thread, ({ phase }) => phase === 'live')

const snapshot = (seq: number, title: string): ServerMessageInput => ({
  type: 'snapshot',
  stream: 'thread:t',
  position: `e:${seq}`,
  why: 'behind',
  state: { ...emptyThreadState(), title },
})

test('two tabs share one socket: each has its own cursor, and nothing is lost or doubled', async () => {
  const one = openTab()
  const socket = await server.socket()
  await socket.welcome()
  await socket.accept(accepted(1), delta(2, 0, 'a'), live(2))
  await whenText(one, 'a')
  const two = openTab()
  const subscribe = await socket.next('subscribe')
  expect(subscribe).toMatchObject({ stream: 'thread:t', position: null })
  socket.send(delta(3, 1, 'b'))
  await whenText(one, 'ab')
  expect(textIn(two.thread)).toBe('')
  socket.send({ type: 'ok', id: subscribe.id, stream: 'thread:t', head: 'e:3' })
  socket.send(accepted(1), delta(2, 0, 'a'), delta(3, 1, 'b'), live(3))
  await whenText(two, 'ab')
  socket.send(delta(4, 2, 'c'))
  await Promise.all([whenText(one, 'abc'), whenText(two, 'abc')])
  expect(server.connections).toBe(1)
  expect(one.thread.counters).toMatchObject({ gaps: 0, snapshots: 0 })
  expect(two.thread.counters).toMatchObject({ gaps: 0, duplicates: 0 })
})

test('what a tab has applied is acknowledged, also when nothing more comes', async () => {
  const one = openTab()
  const socket = await server.socket()
  await socket.welcome()
  await socket.accept(accepted(1), delta(2, 0, 'a'), live(2))
  await whenText(one, 'a')
  let position: string | undefined
  while (position !== 'e:2') {
    const ack = await socket.next('ack')
    position = ack.positions['thread:t']
  }
  expect(position).toBe('e:2')
})

test('a snapshot for a tab that joins leaves the others as they are, and a hole heals', async () => {
  const one = openTab()
  const socket = await server.socket()
  await socket.welcome()
  await socket.accept(accepted(1), delta(2, 0, 'a'), live(2))
  await whenText(one, 'a')
  const two = openTab()
  const subscribe = await socket.next('subscribe')
  socket.send({ type: 'ok', id: subscribe.id, stream: 'thread:t' }, snapshot(3, 'newer'), live(3))
  await whenStore(two.thread, ({ state }) => state.title === 'newer')
  const again = await socket.accept(delta(3, 1, 'b'), live(3))
  expect(again.position).toBe('e:2')
  await whenText(one, 'ab')
  expect(one.thread.counters).toMatchObject({ snapshots: 0, gaps: 1 })
  expect(two.thread.getSnapshot().position).toBe('e:3')
})

test('one tab is taken up after the other: a second one does not move the cursor of the first', async () => {
  const one = openTab()
  const socket = await server.socket()
  await socket.welcome()
  const first = await socket.next('subscribe')
  const two = openTab()
  await whenStore(two.client.status, ({ kind }) => kind === 'open')
  socket.send({ type: 'ok', id: first.id, stream: 'thread:t' }, accepted(1), live(1))
  await whenLive(one)
  await socket.accept(accepted(1), live(1))
  await whenLive(two)
  expect(one.thread.counters.gaps).toBe(0)
})

test('answers find back to the tab that asked, though both named their request alike', async () => {
  const one = openTab()
  const two = openTab()
  const socket = await server.socket()
  await socket.welcome()
  const sending = [one, two].map(({ client }, index) =>
    client.sendMessage({ threadId: null, text: `from ${index}` }),
  )
  const first = await socket.next('send_message')
  const second = await socket.next('send_message')
  expect(first.id).not.toBe(second.id)
  for (const { id, content } of [second, first]) {
    const run_id = content[0]?.text ?? ''
    socket.send({ type: 'ok', id, thread_id: 't', run_id })
  }
  expect((await Promise.all(sending)).map(({ runId }) => runId)).toEqual(['from 0', 'from 1'])
})

test('a tab that dies without a word leaves the others their streams, and the last one the socket', async () => {
  const one = openTab()
  const socket = await server.socket()
  await socket.welcome()
  await socket.accept(accepted(1), live(1))
  await whenLive(one)
  const two = openTab()
  two.client.thread('other').subscribe(() => undefined)
  const subscribes = [await socket.next('subscribe'), await socket.next('subscribe')]
  for (const { id, stream } of subscribes) {
    socket.send({ type: 'ok', id, stream }, accepted(1, stream), live(1, stream))
  }
  await whenLive(two)
  one.die()
  socket.send(delta(2, 0, 'a'))
  await whenText(two, 'a')
  expect(socket.received.filter(({ type }) => type === 'unsubscribe')).toEqual([])
  two.die()
  await socket.closed()
  expect(server.connections).toBe(1)
})

test('a lost socket is told to every tab, and one new socket resumes them all', async () => {
  const one = openTab()
  const socket = await server.socket()
  await socket.welcome()
  await socket.accept(accepted(1), delta(2, 0, 'a'), live(2))
  const two = openTab()
  await socket.accept(accepted(1), delta(2, 0, 'a'), live(2))
  await Promise.all([whenText(one, 'a'), whenText(two, 'a')])
  socket.cut()
  const again = await server.socket()
  await again.welcome()
  for (let tab = 0; tab < 2; tab += 1) {
    const subscribe = await again.accept(delta(3, 1, 'b'), live(3))
    expect(subscribe.position).toBe('e:2')
  }
  await Promise.all([whenText(one, 'ab'), whenText(two, 'ab')])
  expect(server.connections).toBe(2)
})

test('a worker that does not answer is passed by: the tab has a socket of its own', async () => {
  const one = openTab()
  const socket = await server.socket()
  await socket.welcome()
  const two = openTab('u', false)
  const own = await server.socket()
  const hello = await own.welcome()
  expect(hello.instance).toBe(two.client.instance)
  expect(hello.resume).toEqual([{ stream: 'thread:t', position: null }])
  own.send(accepted(1), live(1))
  await whenLive(two)
  expect(socket.isClosed).toBe(false)
  expect(one.client.status.getSnapshot().kind).toBe('open')
})

test('a worker that gets no connection is passed by: the tab has a socket of its own', async () => {
  worker = sharedSockets({
    locks: navigator.locks,
    transport: () => ({
      open(_, { onClose }) {
        queueMicrotask(() => onClose(1006, 'not allowed here'))
        return { send: () => undefined, close: () => undefined }
      },
    }),
  })
  const tab = openTab()
  const own = await server.socket()
  expect((await own.welcome()).instance).toBe(tab.client.instance)
})

test('two users never share: each has a socket, and is given nothing of the other', async () => {
  const ada = openTab('ada')
  const first = await server.socket()
  await first.welcome({ userId: 'ada' })
  const grace = openTab('grace')
  const second = await server.socket()
  await second.welcome({ userId: 'grace' })
  await first.accept(accepted(1), delta(2, 0, 'for ada'), live(2))
  await second.accept(accepted(1), delta(2, 0, 'for grace'), live(2))
  await Promise.all([whenText(ada, 'for ada'), whenText(grace, 'for grace')])
  expect(server.connections).toBe(2)
})

test('when somebody else turns out to be signed in, every tab of the first one stops, with nothing shown', async () => {
  const one = openTab('ada')
  const two = openTab('ada')
  const sending = one.client.sendMessage({ threadId: null, text: 'from ada' })
  const problem = sending.catch((error: unknown) => error)
  const socket = await server.socket()
  await socket.welcome({ userId: 'grace' })
  for (const { client } of [one, two]) {
    const state = await whenStore(client.status, ({ kind }) => kind === 'stopped')
    expect(state).toMatchObject({ why: { code: 4502 } })
  }
  expect(await problem).toMatchObject({ name: 'ClientStopped', code: 4502 })
  await socket.closed()
  expect(socket.received.map(({ type }) => type)).toEqual([])
})

test('a session that ends stops every tab', async () => {
  const both = [openTab(), openTab()]
  const socket = await server.socket()
  await socket.welcome()
  for (const { client } of both) await whenStore(client.status, ({ kind }) => kind === 'open')
  socket.close(4503, 'the login session has ended')
  for (const { client } of both) {
    const state = await whenStore(client.status, ({ kind }) => kind === 'stopped')
    expect(state).toMatchObject({ why: { code: 4503 } })
  }
})

test('only what a tab has applied, and came on the cursor as it is, is acknowledged', async () => {
  const one = openTab()
  const socket = await server.socket()
  await socket.welcome()
  await socket.accept(accepted(1), delta(2, 0, 'a'), live(2))
  await whenText(one, 'a')
  let ack = await socket.next('ack')
  while (ack.positions['thread:t'] !== 'e:2') {
    socket.send({ type: 'ping', nonce: 'p', heads: {} })
    ack = await socket.next('ack')
  }
  openTab()
  await socket.accept(accepted(1), live(1))
  ack = await socket.next('ack')
  while (ack.bytes < socket.sentBytes) ack = await socket.next('ack')
  expect(ack.positions['thread:t']).toBe('e:1')
})
