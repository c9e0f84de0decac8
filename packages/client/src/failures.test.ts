import { emptyThreadState, textOf } from '@netra/protocol'
import { expect, test } from 'vitest'

import type { Credentials } from './credentials.ts'
import type { NetraClient, NetraClientOptions } from './netra-client.ts'
import { whenStore } from './store.ts'
import type { StreamItem } from './stream-reader.ts'
import type { ThreadStream } from './streams.ts'
import { clientStage } from './testing/client-stage.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { accepted, delta, live, type ScriptedSocket } from './testing/scripted-server.ts'

const stage = clientStage()

function makeClient(options: Partial<NetraClientOptions> = {}): NetraClient {
  const client = stage.client(options)
  client.connect().catch(() => undefined)
  return client
}

const textIn = (thread: ThreadStream): string =>
  thread
    .getSnapshot()
    .state.messages.map((message) => textOf(message.content))
    .join('|')

const whenText = (thread: ThreadStream, text: string) =>
  whenStore(thread, () => textIn(thread) === text)

const whenLive = (thread: ThreadStream) => whenStore(thread, ({ phase }) => phase === 'live')

/** A client that listens to a thread, connected. */
async function listening(options: Partial<NetraClientOptions> = {}) {
  const client = makeClient(options)
  const thread = client.thread('t')
  const stop = thread.subscribe(() => undefined)
  const socket = await stage.server.socket()
  const hello = await socket.welcome()
  return { client, thread, socket, hello, stop }
}

const resumed = async (socket: ScriptedSocket) => (await socket.welcome()).resume[0]?.position

/** Whatever time the client's timers wait for has passed, and what they sent has arrived. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    clock.advance(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('F5: a client that never received an event recovers from the beginning', async () => {
  const { thread, socket, hello } = await listening()
  expect(hello.resume).toEqual([{ stream: 'thread:t', position: null }])
  socket.cut()
  const again = await stage.server.socket()
  expect(await resumed(again)).toBeNull()
  again.send(accepted(1), delta(2, 0, 'a'), live(2))
  await whenText(thread, 'a')
})

test('F6: cut again before any event came, the next resume sends the same position', async () => {
  const { thread, socket } = await listening()
  socket.send(accepted(1), delta(2, 0, 'a'), live(2))
  await whenLive(thread)
  socket.cut()
  for (let time = 0; time < 2; time += 1) {
    const again = await stage.server.socket()
    expect(await resumed(again)).toBe('e:2')
    again.cut()
  }
  const last = await stage.server.socket()
  expect(await resumed(last)).toBe('e:2')
  last.send(delta(3, 1, 'b'), live(3))
  await whenText(thread, 'ab')
})

test('F7: what was replayed has moved the cursor: the next resume asks for nothing again', async () => {
  const { thread, socket } = await listening()
  socket.send(accepted(1), live(1))
  await whenLive(thread)
  socket.cut()
  const again = await stage.server.socket()
  expect(await resumed(again)).toBe('e:1')
  again.send(delta(2, 0, 'a'), delta(3, 1, 'b'), live(3))
  await whenText(thread, 'ab')
  await whenLive(thread)
  again.cut()
  const last = await stage.server.socket()
  expect(await resumed(last)).toBe('e:3')
  last.send(live(3))
  await whenLive(thread)
  expect(thread.counters).toMatchObject({ duplicates: 0, gaps: 0 })
})

test('F17: however often the network comes back meanwhile, one hello is said at a time', async () => {
  let asked = 0
  const credentials: Credentials = {
    async get() {
      asked += 1
      await new Promise((resolve) => setImmediate(resolve))
      return { token: 'token' }
    },
  }
  const client = makeClient({ credentials })
  const thread = client.thread('t')
  thread.subscribe(() => undefined)
  for (let time = 0; time < 20; time += 1) {
    client.nudge()
    client.connect().catch(() => undefined)
  }
  const socket = await stage.server.socket()
  await socket.welcome()
  expect([asked, stage.server.connections]).toEqual([1, 1])
  for (let time = 0; time < 20; time += 1) {
    socket.cut()
    client.nudge()
  }
  await whenStore(client.status, ({ kind }) => kind === 'waiting')
  for (let time = 0; time < 20; time += 1) client.nudge()
  const again = await stage.server.socket()
  await again.welcome()
  again.send(accepted(1), live(1))
  await whenLive(thread)
  expect([asked, stage.server.connections]).toEqual([2, 2])
})

test('F22: resumed on two paths at once, the text is there once', async () => {
  const { thread, socket } = await listening()
  const replay = [accepted(1), delta(2, 0, 'Hel'), delta(3, 3, 'lo')]
  socket.send(...replay, live(3))
  socket.send(...replay, live(3), delta(4, 5, '!'))
  await whenText(thread, 'Hello!')
  expect(thread.counters).toMatchObject({ duplicates: 3, gaps: 0 })
})

test('F23: who leaves and joins again while handling an event does not get it again', async () => {
  const { client, socket } = await listening()
  await whenStore(client.status, ({ kind }) => kind === 'open')
  const seen: number[] = []
  const read = async (after: string | null): Promise<string | null> => {
    for await (const item of client.events('thread:other', { after })) {
      if (item.kind !== 'event') continue
      seen.push(item.seq)
      return item.position
    }
    return null
  }
  const first = read('e:4')
  const { id } = await socket.next('subscribe')
  socket.send({ type: 'ok', id, stream: 'thread:other' })
  socket.send(delta(5, 0, 'a', 'thread:other'), delta(6, 1, 'b', 'thread:other'))
  const position = await first
  expect(position).toBe('e:5')
  const second = read(position)
  const again = await socket.next('subscribe')
  expect(again.position).toBe('e:5')
  socket.send({ type: 'ok', id: again.id, stream: 'thread:other' })
  socket.send(delta(5, 0, 'a', 'thread:other'), delta(6, 1, 'b', 'thread:other'))
  await second
  expect(seen).toEqual([5, 6])
})

test('F30: left and joined within one tick, the last wish wins, and what belongs to the first is ignored', async () => {
  const { client, socket } = await listening()
  await whenStore(client.status, ({ kind }) => kind === 'open')
  const items: StreamItem[] = []
  const first = client.events('thread:x', { after: 'e:1' })
  await first.return()
  const last = client.events('thread:x', { after: 'e:3' })
  const reading = (async () => {
    for await (const item of last) {
      items.push(item)
      if (item.kind === 'live') return
    }
  })()
  const one = await socket.next('subscribe')
  const two = await socket.next('subscribe')
  expect([one.position, two.position]).toEqual(['e:1', 'e:3'])
  socket.send({ type: 'ok', id: one.id, stream: 'thread:x' }, delta(4, 0, 'no', 'thread:x'))
  socket.send({ type: 'ok', id: two.id, stream: 'thread:x' }, delta(4, 0, 'yes', 'thread:x'))
  socket.send(live(4, 'thread:x'))
  await reading
  expect(items.map(({ kind }) => kind)).toEqual(['event', 'live'])
  expect(items[0]).toMatchObject({ seq: 4, event: { text: 'yes' } })
})

test('F83: a tab held back for ten minutes asks before it judges, and keeps its socket', async () => {
  const clock = new FakeClock()
  const { client, socket } = await listening({ clock })
  await whenStore(client.status, ({ kind }) => kind === 'open')
  clock.sleep(10 * 60_000)
  const { nonce } = await socket.next('ping')
  socket.send({ type: 'pong', nonce })
  socket.send({ type: 'ping', nonce: 'after', heads: {} })
  await socket.next('pong')
  await pass(clock, 8_000)
  expect(client.status.getSnapshot().kind).toBe('open')
  expect(stage.server.connections).toBe(1)
})

test.each([
  ['2.5 minutes', 150_000],
  ['2 days', 48 * 3_600_000],
])('F84: after %s of sleep the stream is resumed, and a reset is told', async (_, ms) => {
  const clock = new FakeClock()
  const { client, thread, socket } = await listening({ clock })
  socket.send(accepted(1), delta(2, 0, 'a'), live(2))
  await whenLive(thread)
  // While it sleeps the network forgets the socket: nothing is heard, and nothing is told.
  clock.sleep(ms)
  await pass(clock, 6_000)
  const again = await stage.server.socket()
  const hello = await again.welcome({ statuses: { 'thread:t': 'snapshot' } })
  expect(hello.resume).toEqual([{ stream: 'thread:t', position: 'e:2' }])
  const state = { ...emptyThreadState(), title: 'as it is now' }
  const isLong = ms > 3_600_000
  const position = isLong ? 'f:9' : 'e:9'
  const why = isLong ? 'other_epoch' : 'behind'
  if (isLong) again.send({ type: 'reset', stream: 'thread:t', position, why })
  again.send({ type: 'snapshot', stream: 'thread:t', position, why, state })
  again.send(live(9, 'thread:t', isLong ? 'f' : 'e'))
  await whenStore(thread, (view) => view.phase === 'live' && view.position === position)
  expect(thread.getSnapshot().state.title).toBe('as it is now')
  expect(thread.getSnapshot().reset !== null).toBe(isLong)
  expect(client.status.getSnapshot().kind).toBe('open')
})

test('F85: a new socket is judged by its own silence, not by that of the one before', async () => {
  const clock = new FakeClock()
  const { client, socket } = await listening({ clock })
  await whenStore(client.status, ({ kind }) => kind === 'open')
  await pass(clock, 26_000)
  await socket.closed()
  const again = await stage.server.socket()
  await again.welcome()
  await whenStore(client.status, ({ kind }) => kind === 'open')
  await pass(clock, 9_000)
  expect(client.status.getSnapshot().kind).toBe('open')
  await pass(clock, 2_000)
  const { nonce } = await again.next('ping')
  again.send({ type: 'pong', nonce }, { type: 'ping', nonce: 'x', heads: {} })
  await again.next('pong')
  await pass(clock, 20_000)
  expect(client.status.getSnapshot().kind).toBe('open')
  expect(stage.server.connections).toBe(2)
})

test('F86: a hello whose resume is never welcomed is said without one after three times', async () => {
  const { thread, socket } = await listening()
  socket.send(accepted(1), live(1))
  await whenLive(thread)
  socket.cut()
  for (let time = 0; time < 3; time += 1) {
    const bricked = await stage.server.socket()
    expect((await bricked.next('hello')).resume).toHaveLength(1)
    bricked.close(4008, 'cannot resume')
  }
  const fresh = await stage.server.socket()
  expect((await fresh.welcome()).resume).toEqual([])
  const subscribe = await fresh.accept(delta(2, 0, 'a'), live(2))
  expect(subscribe.position).toBe('e:1')
  await whenText(thread, 'a')
})

test('F86: a position that ends the connection each time is given up, and the stream read anew', async () => {
  const { thread, socket } = await listening()
  socket.send(accepted(1), delta(2, 0, 'a'), live(2))
  await whenLive(thread)
  socket.cut()
  for (let time = 0; time < 3; time += 1) {
    const bricked = await stage.server.socket()
    expect(await resumed(bricked)).toBe('e:2')
    bricked.close(4005, 'position lost')
  }
  const fresh = await stage.server.socket()
  expect(await resumed(fresh)).toBeNull()
  expect(textIn(thread)).toBe('a')
  fresh.send(accepted(1), delta(2, 0, 'a'), delta(3, 1, 'b'), live(3))
  await whenText(thread, 'ab')
})

test('F88: a socket that closes in the middle of a replay, or a client that does, sends nothing after', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  const { client, thread, socket } = await listening()
  socket.send(accepted(1), delta(2, 0, 'a'))
  await whenText(thread, 'a')
  socket.send(...Array.from({ length: 200 }, (_, index) => delta(index + 3, index + 1, 'x')))
  socket.close(4001, 'draining')
  const again = await stage.server.socket()
  expect(await resumed(again)).toBeNull()
  again.send(accepted(1), delta(2, 0, 'a'))
  client.close()
  client.connect().catch(() => undefined)
  client.close()
  await again.closed()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
  expect(client.status.getSnapshot()).toEqual({ kind: 'closed' })
  expect(stage.server.connections).toBe(2)
})
