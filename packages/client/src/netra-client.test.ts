import { emptyThreadState, textOf } from '@netra/protocol'
import { expect, test } from 'vitest'

import { tokenCredentials } from './credentials.ts'
import { type NetraClientOptions } from './netra-client.ts'
import { whenStore } from './store.ts'
import type { StreamItem } from './stream-reader.ts'
import type { ThreadStream } from './streams.ts'
import { clientStage } from './testing/client-stage.ts'
import { fastClock } from './testing/fake-clock.ts'
import { accepted, completed, delta, live } from './testing/scripted-server.ts'
import { webSocketTransport } from './transport.ts'

const stage = clientStage()
const makeClient = stage.client

async function connected(options: Partial<NetraClientOptions> = {}) {
  const client = makeClient(options)
  const connecting = client.connect()
  const socket = await stage.server.socket()
  const hello = await socket.welcome()
  await connecting
  return { client, socket, hello }
}

const textIn = (thread: ThreadStream): string =>
  thread
    .getSnapshot()
    .state.messages.map((message) => textOf(message.content))
    .join('|')

/** Only a stream with a position can be resumed from it. */
const whenText = (thread: ThreadStream, text: string) =>
  whenStore(thread, ({ position }) => textIn(thread) === text && position !== null)

const listen = (thread: ThreadStream) => thread.subscribe(() => undefined)

test('hello says who is there, with the subprotocol and nothing secret in the address', async () => {
  const { client, socket, hello } = await connected()
  expect(hello).toMatchObject({
    protocol: 1,
    token: 'token',
    device: 'device',
    instance: client.instance,
    resume: [],
  })
  expect(socket.request.headers['sec-websocket-protocol']).toBe('netra.v1')
  expect(socket.request.url).toBe('/ws')
  expect(client.status.getSnapshot()).toMatchObject({ kind: 'open', userId: 'u', node: 'n1' })
})

test('a thread that is listened to is subscribed and folded', async () => {
  const { client, socket } = await connected()
  const thread = client.thread('t')
  expect(client.thread('t')).toBe(thread)
  listen(thread)
  const subscribe = await socket.accept(accepted(1), delta(2, 0, 'Hel'), delta(3, 3, 'lo'), live(3))
  expect(subscribe).toMatchObject({ stream: 'thread:t', position: null })
  await whenText(thread, 'Hello')
  await whenStore(thread, ({ phase }) => phase === 'live')
  expect(thread.getSnapshot().position).toBe('e:3')
})

test('one more thread than are remembered is one thing all the same, however many are listened to', async () => {
  const { client } = await connected()
  for (let index = 0; index < 40; index++) listen(client.thread(`t${index}`))
  const thread = client.thread('one-more')
  expect(client.thread('one-more')).toBe(thread)
})

test('after a lost connection each stream is resumed from its own cursor, and nothing is doubled', async () => {
  const { client, socket } = await connected()
  const thread = client.thread('t')
  listen(thread)
  await socket.accept(accepted(1), delta(2, 0, 'Hel'), live(2))
  await whenText(thread, 'Hel')
  socket.cut()
  const again = await stage.server.socket()
  const hello = await again.welcome()
  expect(hello.resume).toEqual([{ stream: 'thread:t', position: 'e:2' }])
  again.send(delta(2, 0, 'Hel'), delta(3, 3, 'lo'), live(3))
  await whenText(thread, 'Hello')
  expect(thread.counters.duplicates).toBe(1)
})

test('the platform’s own WebSocket does the same', async () => {
  const { client, socket } = await connected({ transport: webSocketTransport })
  const thread = client.thread('t')
  listen(thread)
  await socket.accept(accepted(1), delta(2, 0, 'Hel'), live(2))
  await whenText(thread, 'Hel')
  socket.close(4001, 'draining')
  const again = await stage.server.socket()
  expect((await again.welcome()).resume).toEqual([{ stream: 'thread:t', position: 'e:2' }])
  again.send(delta(3, 3, 'lo'), live(3))
  await whenText(thread, 'Hello')
  client.close()
  await again.closed()
})

test('F19: a clean close is not a finished run: the client comes back', async () => {
  const { socket } = await connected()
  socket.close(1000)
  const again = await stage.server.socket()
  await again.welcome()
  expect(stage.server.connections).toBe(2)
})

test('a hole in the sequence is never shown: the stream is subscribed again', async () => {
  const { client, socket } = await connected()
  const thread = client.thread('t')
  listen(thread)
  await socket.accept(accepted(1), delta(2, 0, 'a'), live(2))
  await whenText(thread, 'a')
  socket.send(delta(4, 2, 'c'))
  const subscribe = await socket.next('subscribe')
  expect(subscribe.position).toBe('e:2')
  // Still of the old cursor: it must not count.
  socket.send(delta(5, 3, 'd'))
  socket.send(
    { type: 'ok', id: subscribe.id, stream: 'thread:t' },
    delta(3, 1, 'b'),
    delta(4, 2, 'c'),
    live(4),
  )
  await whenText(thread, 'abc')
  expect(thread.counters.gaps).toBe(1)
})

test('a head that lies above the cursor of a live stream makes it subscribe again', async () => {
  const { client, socket } = await connected()
  const thread = client.thread('t')
  listen(thread)
  await socket.accept(accepted(1), live(1))
  await whenStore(thread, ({ phase }) => phase === 'live')
  socket.send({ type: 'ping', nonce: 'p1', heads: { 'thread:t': 'e:3' } })
  expect(await socket.next('pong')).toEqual({ type: 'pong', nonce: 'p1' })
  const subscribe = await socket.accept(delta(2, 0, 'a'), delta(3, 1, 'b'), live(3))
  expect(subscribe.position).toBe('e:1')
  await whenText(thread, 'ab')
})

test('a reset is told, its snapshot replaces everything, and the new epoch is resumed', async () => {
  const { client, socket } = await connected()
  const thread = client.thread('t')
  listen(thread)
  await socket.accept(accepted(1), delta(2, 0, 'old'), live(2))
  await whenText(thread, 'old')
  socket.cut()
  const again = await stage.server.socket()
  await again.welcome({ statuses: { 'thread:t': 'snapshot' } })
  const state = { ...emptyThreadState(), title: 'restored' }
  again.send(
    { type: 'reset', stream: 'thread:t', position: 'f:9', why: 'other_epoch' },
    { type: 'snapshot', stream: 'thread:t', position: 'f:9', why: 'other_epoch', state },
    live(9, 'thread:t', 'f'),
  )
  const view = await whenStore(thread, ({ reset }) => reset !== null)
  expect(view).toMatchObject({ reset: { why: 'other_epoch' } })
  await whenStore(thread, ({ phase, state: now }) => phase === 'live' && now.title === 'restored')
  expect(thread.getSnapshot().position).toBe('f:9')
  thread.acknowledgeReset()
  expect(thread.getSnapshot().reset).toBeNull()
})

test('4506 ends the client: a newer socket of this page took over', async () => {
  const { client, socket } = await connected()
  socket.close(4506, 'replaced by a newer socket')
  const state = await whenStore(client.status, ({ kind }) => kind === 'stopped')
  expect(state).toMatchObject({ why: { code: 4506, why: 'replaced by a newer socket' } })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(stage.server.connections).toBe(1)
})

test('a refused hello rejects connect, with the code', async () => {
  const client = makeClient()
  const connecting = client.connect().catch((error: unknown) => error)
  const socket = await stage.server.socket()
  await socket.next('hello')
  socket.send({ type: 'error', id: null, code: 'not_found', message: 'Sign in.', retry: 'no' })
  socket.close(4501, 'Sign in.')
  expect(await connecting).toMatchObject({ name: 'ClientStopped', code: 4501, message: 'Sign in.' })
})

test('F95: after 4006 only a fresh token is tried, and the same one twice ends it', async () => {
  const asked: boolean[] = []
  const tokens = ['first', 'second', 'second']
  const credentials = tokenCredentials(({ fresh }) => {
    asked.push(fresh)
    return tokens[asked.length - 1] ?? ''
  })
  const { client, socket } = await connected({ credentials })
  socket.close(4006)
  const again = await stage.server.socket()
  expect(await again.welcome()).toMatchObject({ token: 'second' })
  again.close(4006)
  const state = await whenStore(client.status, ({ kind }) => kind === 'stopped')
  expect(state).toMatchObject({ why: { code: 4501 } })
  expect(asked).toEqual([false, true, true])
  expect(stage.server.connections).toBe(2)
})

test('a token that runs out is renewed on the living socket', async () => {
  let tokens = 0
  const credentials = tokenCredentials(() => `token-${++tokens}`)
  const { socket } = await connected({ credentials })
  socket.send({ type: 'authentication_due', in_ms: 60_000 })
  expect(await socket.next('authenticate')).toEqual({ type: 'authenticate', token: 'token-2' })
})

test('a server that goes away is come back to when it says', async () => {
  const { client, socket } = await connected()
  socket.send({ type: 'goaway', code: 4001, why: 'restarting', after_ms: 2_000, jitter_ms: 0 })
  socket.close(4001, 'restarting')
  const before = Date.now()
  const state = await whenStore(client.status, ({ kind }) => kind === 'waiting')
  expect(state).toMatchObject({ why: { code: 4001, why: 'restarting' } })
  expect(state.kind === 'waiting' && state.retryAt - before).toBeGreaterThan(1_800)
  await (await stage.server.socket()).welcome()
})

test('a message is sent once more when its answer was lost, with the same ids', async () => {
  const { client, socket } = await connected()
  const sending = client.sendMessage({
    threadId: null,
    text: 'hi',
    attachments: [{ file_id: 'f' }],
  })
  const first = await socket.next('send_message')
  expect(first).toMatchObject({
    thread_id: null,
    content: [{ text: 'hi' }],
    attachments: [{ file_id: 'f' }],
  })
  socket.cut()
  const again = await stage.server.socket()
  await again.welcome()
  const second = await again.next('send_message')
  expect(second).toEqual(first)
  again.send({
    type: 'ok',
    id: second.id,
    thread_id: 't',
    run_id: 'r',
    position: 'e:0',
    duplicate: true,
  })
  expect(await sending).toEqual({ threadId: 't', runId: 'r', position: 'e:0', duplicate: true })
})

test('messages written while there is no connection go out after the welcome, in order', async () => {
  const client = makeClient()
  const sending = [
    client.sendMessage({ threadId: 't', text: 'one' }),
    client.sendMessage({ threadId: 't', text: 'two' }),
  ]
  void client.connect()
  const socket = await stage.server.socket()
  await socket.welcome()
  for (const text of ['one', 'two']) {
    const message = await socket.next('send_message')
    expect(message.content[0]?.text).toBe(text)
    socket.send({ type: 'ok', id: message.id, thread_id: 't', run_id: text })
  }
  expect((await Promise.all(sending)).map(({ runId }) => runId)).toEqual(['one', 'two'])
})

test('every kind of command carries what it must', async () => {
  const { client, socket } = await connected()
  const ok = async (type: 'regenerate' | 'cancel_run' | 'decide') => {
    const message = await socket.next(type)
    socket.send({ type: 'ok', id: message.id, thread_id: 't', run_id: 'r2' })
    return message
  }
  const regenerating = client.regenerate({ threadId: 't', messageId: 'm', model: 'p/x' })
  expect(await ok('regenerate')).toMatchObject({ thread_id: 't', message_id: 'm', model: 'p/x' })
  expect(await regenerating).toMatchObject({ runId: 'r2', position: null })
  const cancelling = client.cancelRun('r')
  expect(await ok('cancel_run')).toMatchObject({ run_id: 'r' })
  await cancelling
  const deciding = client.decide({
    runId: 'r',
    toolCallId: 'c',
    approved: false,
    fence: 3,
    reason: 'no',
  })
  expect(await ok('decide')).toMatchObject({
    tool_call_id: 'c',
    approved: false,
    fence: 3,
    reason: 'no',
  })
  await deciding
})

test('bytes are acknowledged as received on this socket, with the positions applied', async () => {
  const { client, socket } = await connected()
  listen(client.thread('t'))
  await socket.accept(accepted(1), delta(2, 0, 'a 漢 😀'), live(2))
  let ack = await socket.next('ack')
  while (ack.bytes < socket.sentBytes) ack = await socket.next('ack')
  expect(ack).toMatchObject({ bytes: socket.sentBytes, positions: { 'thread:t': 'e:2' } })
})

test('a silent server is given up and another socket opened', async () => {
  const { client, socket } = await connected({ clock: fastClock(10) })
  await whenStore(client.status, ({ kind }) => kind === 'waiting')
  await socket.closed()
  await (await stage.server.socket()).welcome()
  expect(socket.received.filter(({ type }) => type === 'ping').length).toBeGreaterThan(0)
})

test('a nudge while waiting opens a socket at once', async () => {
  const { client, socket } = await connected({ clock: fastClock(1), random: () => 0.999 })
  socket.cut()
  await whenStore(client.status, ({ kind }) => kind === 'waiting')
  const before = Date.now()
  client.nudge()
  await (await stage.server.socket()).welcome()
  expect(Date.now() - before).toBeLessThan(400)
})

test('a delta that does not fit makes the thread be read from its beginning', async () => {
  const { client, socket } = await connected()
  const thread = client.thread('t')
  listen(thread)
  await socket.accept(accepted(1), delta(2, 0, 'a'), live(2))
  await whenText(thread, 'a')
  socket.send(delta(3, 7, 'x'))
  const subscribe = await socket.next('subscribe')
  expect(subscribe.position).toBeNull()
  expect(textIn(thread)).toBe('a')
  socket.send(
    { type: 'ok', id: subscribe.id, stream: 'thread:t' },
    accepted(1),
    delta(2, 0, 'a'),
    delta(3, 1, 'b'),
  )
  socket.send({ type: 'pong', nonce: 'between' }, live(3))
  await whenText(thread, 'ab')
  expect(thread.counters.gaps).toBe(1)
})

test('a stream that is not there says so, to listeners and iterators', async () => {
  const { client, socket } = await connected()
  const thread = client.thread('t')
  listen(thread)
  const events = thread.events()
  const subscribe = await socket.next('subscribe')
  socket.send({
    type: 'error',
    id: subscribe.id,
    code: 'not_found',
    message: 'There is no such stream.',
    retry: 'no',
  })
  await whenStore(thread, ({ phase }) => phase === 'gone')
  await expect(events.next()).rejects.toMatchObject({ name: 'StreamEnded', phase: 'gone' })
})

test('hello resumes at most 20 streams and stays below 4 KB; the rest is subscribed', async () => {
  const client = makeClient({ credentials: tokenCredentials(() => 'x'.repeat(900)) })
  const ids = Array.from({ length: 30 }, (_, index) => `${index}-${'i'.repeat(90)}`)
  for (const id of ids) listen(client.thread(id))
  void client.connect()
  const socket = await stage.server.socket()
  const hello = await socket.welcome()
  expect(hello.resume.length).toBeGreaterThan(10)
  expect(hello.resume.length).toBeLessThanOrEqual(20)
  expect(JSON.stringify(hello).length).toBeLessThanOrEqual(4096)
  const rest = []
  while (rest.length < ids.length - hello.resume.length)
    rest.push((await socket.next('subscribe')).stream)
  const all = [...hello.resume.map(({ stream }) => stream), ...rest]
  expect(all.toSorted()).toEqual(ids.map((id) => `thread:${id}`).toSorted())
})

test('an iterator gives the items after a position, once, across connections', async () => {
  const { client, socket } = await connected()
  const seen: StreamItem[] = []
  const reading = (async () => {
    for await (const item of client.events('thread:t', { after: 'e:4' })) {
      seen.push(item)
      if (item.kind === 'event' && item.seq === 7) break
    }
  })()
  const subscribe = await socket.accept(delta(5, 0, 'a'), live(5))
  expect(subscribe.position).toBe('e:4')
  await socket.next('ack')
  socket.cut()
  const again = await stage.server.socket()
  const hello = await again.welcome()
  expect(hello.resume).toEqual([{ stream: 'thread:t', position: 'e:5' }])
  again.send(delta(5, 0, 'a'), delta(6, 1, 'b'), delta(7, 2, 'c'))
  await reading
  expect(seen.flatMap((item) => (item.kind === 'event' ? [item.position] : []))).toEqual([
    'e:5',
    'e:6',
    'e:7',
  ])
  expect(await again.next('unsubscribe')).toMatchObject({ stream: 'thread:t', position: 'e:7' })
})

test('a run is awaited to its end', async () => {
  const { client, socket } = await connected()
  const waiting = client.runEnded('t', 'r')
  await socket.accept(accepted(1), delta(2, 0, 'It is 4.'), completed(3, 'It is 4.'), live(3))
  expect(await waiting).toMatchObject({
    state: 'completed',
    outcome: { final_response: 'It is 4.' },
  })
})

test('a thread nobody listens to is unsubscribed after a while, and resumed from where it was', async () => {
  const { client, socket } = await connected({ clock: fastClock(20) })
  const thread = client.thread('t')
  const stop = listen(thread)
  await socket.accept(accepted(1), delta(2, 0, 'a'), live(2))
  await whenText(thread, 'a')
  stop()
  expect(await socket.next('unsubscribe')).toMatchObject({ position: 'e:2' })
  listen(thread)
  const subscribe = await socket.accept(delta(3, 1, 'b'), live(3))
  expect(subscribe.position).toBe('e:2')
  await whenText(thread, 'ab')
})

test('the user’s stream is read like a thread’s', async () => {
  const { client, socket } = await connected()
  const user = client.user()
  expect(client.user('u')).toBe(user)
  user.subscribe(() => undefined)
  const event = {
    type: 'thread_created' as const,
    id: 'e',
    at: '2026-01-02T03:04:05.000Z',
    user_id: 'u',
    thread_id: 'new',
    run_id: null,
    agent: null,
    trace_id: null,
    title: '',
  }
  await socket.accept({ type: 'event', stream: 'user:u', seq: 1, event }, live(1, 'user:u'))
  const view = await whenStore(user, ({ state }) => state.threads.length > 0)
  expect(view.state.threads[0]?.id).toBe('new')
})

test('closing ends iterators and commands, and opens nothing again', async () => {
  const { client, socket } = await connected()
  const events = client.events('thread:t')
  const sending = client.sendMessage({ threadId: 't', text: 'hi' }).catch((error: unknown) => error)
  await socket.next('send_message')
  client.close()
  expect(await events.next()).toMatchObject({ done: true })
  expect(await sending).toMatchObject({ name: 'ClientStopped' })
  await socket.closed()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(stage.server.connections).toBe(1)
  expect(client.status.getSnapshot()).toEqual({ kind: 'closed' })
})

test('a client that was closed begins again where its listeners were', async () => {
  const { client, socket } = await connected()
  const thread = client.thread('t')
  listen(thread)
  await socket.accept(accepted(1), delta(2, 0, 'a'), live(2))
  await whenText(thread, 'a')
  client.close()
  expect(thread.getSnapshot().phase).toBe('closed')
  const connecting = client.connect()
  const again = await stage.server.socket()
  expect((await again.welcome()).resume).toEqual([{ stream: 'thread:t', position: 'e:2' }])
  await connecting
  again.send(delta(3, 1, 'b'), live(3))
  await whenText(thread, 'ab')
})

test('a frame that cannot be read drops the socket, not the client', async () => {
  const { socket } = await connected()
  socket.sendText('{"type":')
  await (await stage.server.socket()).welcome()
  expect(stage.server.connections).toBe(2)
})

test('when somebody else turns out to be signed in, the client stops and sends nothing as them', async () => {
  const client = makeClient({ userId: 'ada' })
  const sending = client.sendMessage({ threadId: null, text: 'from ada' })
  const problem = sending.catch((error: unknown) => error)
  const connecting = client.connect().catch((error: unknown) => error)
  const socket = await stage.server.socket()
  await socket.welcome({ userId: 'grace' })
  expect(await connecting).toMatchObject({ name: 'ClientStopped', code: 4502 })
  expect(await problem).toMatchObject({ name: 'ClientStopped', code: 4502 })
  await socket.closed()
  expect(socket.received).toEqual([])
})
