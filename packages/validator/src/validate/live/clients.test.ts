import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'

import { CheckFailure, CheckRefused, CheckTimedOut, type Exchange } from '../check.ts'
import { FULL_PACE, type CheckContext } from '../context.ts'
import { createHttpClient } from '../http-client.ts'
import { rawRequest } from '../probe/raw-request.ts'
import { upgrade } from '../probe/socket.ts'
import { EventStream } from './event-stream.ts'
import { NativeClient } from './native.ts'
import { RecordedSocket } from './socket.ts'

/** A server that does with sockets and requests whatever a test says. */
const server = createServer()
const sockets = new WebSocketServer({ server, handleProtocols: () => 'netra.v1' })
let url = ''
let answer: (response: ServerResponse, request: IncomingMessage) => void
let talk: (socket: WebSocket, message: Record<string, unknown>) => void
let noted: Exchange[]
let ending: AbortController

beforeAll(async () => {
  server.on('request', (request, response) => answer(response, request))
  sockets.on('connection', (socket) =>
    socket.on('message', (data: Buffer) =>
      talk(socket, JSON.parse(data.toString()) as Record<string, unknown>),
    ),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())
beforeEach(() => {
  noted = []
  ending = new AbortController()
  talk = welcome
  return () => ending.abort()
})

const WELCOME = { type: 'welcome', user_id: 'ann' }

function welcome(socket: WebSocket, { type }: Record<string, unknown>): void {
  if (type === 'hello') socket.send(JSON.stringify(WELCOME))
}

const context = (answerMs = 1_000): CheckContext =>
  ({
    url,
    pace: { ...FULL_PACE, answerMs },
    signal: ending.signal,
    config: async () => ({ ws_url: url.replace('http', 'ws') }),
    note: (exchange: Exchange) => void noted.push(exchange),
    assertTrusted: () => undefined,
  }) as unknown as CheckContext

const account = { token: 'a-token-of-ann' }

test('an upgrade that is answered otherwise is a failure that says with what', async () => {
  const refusing = createServer()
  refusing.on('upgrade', (_request, socket) => {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 11\r\n\r\nnot allowed')
  })
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
  const address = `ws://127.0.0.1:${(refusing.address() as AddressInfo).port}/ws`
  const opening = RecordedSocket.open(context(), { url: address })
  await expect(opening).rejects.toThrow(`answered with 403: not allowed`)
  await expect(opening).rejects.toBeInstanceOf(CheckFailure)
  expect(noted[0]?.received).toContain('403')
  refusing.close()
})

test('where nobody listens is said so', async () => {
  const opening = RecordedSocket.open(context(), { url: 'ws://127.0.0.1:9/ws' })
  await expect(opening).rejects.toThrow('no socket at ws://127.0.0.1:9/ws')
})

test('what is heard is evidence with its time, and the token is not', async () => {
  using client = await NativeClient.open(context(), account)
  expect(client.welcome).toEqual(WELCOME)
  expect(noted[0]?.received).toMatch(/ms \{"type":"welcome"/)
  expect(noted[0]?.sent).toContain('"type":"hello"')
  expect(JSON.stringify(noted)).not.toContain(account.token)
})

test('a socket that is closed instead of welcomed fails with its code', async () => {
  talk = (socket) => socket.close(4501, 'who are you?')
  await expect(NativeClient.open(context(), account)).rejects.toThrow(
    'closed with 4501 (who are you?)',
  )
  talk = (socket) => socket.close(4504, 'too many')
  await expect(NativeClient.open(context(), account)).rejects.toBeInstanceOf(CheckRefused)
})

test('a welcome that does not come is told of as late', async () => {
  talk = () => undefined
  const opening = NativeClient.open(context(300), account)
  await expect(opening).rejects.toBeInstanceOf(CheckTimedOut)
  await expect(opening).rejects.toThrow('welcome did not come within 300 ms')
})

test('pings are answered and what was received is acknowledged', async () => {
  const heard: Record<string, unknown>[] = []
  const acknowledged = Promise.withResolvers<Record<string, unknown>>()
  talk = (socket, message) => {
    heard.push(message)
    if (message['type'] === 'ack') acknowledged.resolve(message)
    if (message['type'] === 'hello') {
      const stream = 'thread:one'
      const event = { type: 'event', stream, seq: 1, event: { type: 'agent_started' } }
      const live = { type: 'live', stream, position: 'epoch:0' }
      socket.send(JSON.stringify([WELCOME, live, event, { type: 'ping', nonce: 'n' }]))
    }
  }
  using client = await NativeClient.open(context(), account)
  // It came with the welcome: a client that listens only afterwards would miss it.
  await client.socket.next(({ type }) => type === 'ping', { what: 'the ping' })
  client.socket.send({ type: 'probe' })
  expect(client.positionOf('thread:one')).toBe('epoch:1')
  expect(await acknowledged.promise).toMatchObject({ positions: { 'thread:one': 'epoch:1' } })
  expect(heard).toContainEqual({ type: 'pong', nonce: 'n' })
})

test('a frame that is no message stands in for itself', async () => {
  talk = (socket) => socket.send('no json')
  const ws = url.replace('http', 'ws')
  using socket = await RecordedSocket.open(context(), { url: ws, protocols: ['netra.v1'] })
  socket.send({ type: 'hello' })
  const { message } = await socket.next(() => true, { what: 'anything' })
  expect(message).toEqual({ type: '(unreadable)', text: 'no json' })
})

test('a stream of events is read as it comes, with the times of its parts', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('id: one\ndata: {"event":"a"}\n\n: a comment\n\ndata: {"ev')
    setTimeout(() => response.end('ent":"b"}\n\n'), 250)
  }
  using stream = await EventStream.open(context(), '/events', { token: 'x' })
  const first = await stream.next(({ data }) => data['event'] === 'a', { what: 'a' })
  const second = await stream.next(({ data }) => data['event'] === 'b', { what: 'b' })
  expect([first.id, second.id]).toEqual(['one', undefined])
  expect(second.atMs - first.atMs).toBeGreaterThan(30)
  await stream.over
  await expect(stream.next(() => false, { what: 'more' })).rejects.toThrow('the answer ended')
})

test('an answer that is no stream of events is a failure that says what it is', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<html>')
  }
  await expect(EventStream.open(context(), '/events', { token: 'x' })).rejects.toThrow(
    'answered text/html, not text/event-stream',
  )
  answer = (response) => {
    response.writeHead(429)
    response.end('slow down')
  }
  await expect(EventStream.open(context(), '/events', { token: 'x' })).rejects.toBeInstanceOf(
    CheckRefused,
  )
})

test('a stream that is led elsewhere is not followed: the token is for nobody else', async () => {
  const asked: (string | undefined)[] = []
  answer = (response, request) => {
    asked.push(request.url)
    response.writeHead(307, { location: '/elsewhere' }).end()
  }
  await expect(EventStream.open(context(), '/events', { token: 'x' })).rejects.toThrow(
    'answered 307',
  )
  expect(asked).toEqual(['/events'])
})

const ENDLESS = Buffer.alloc(1024 * 1024, 'x')

function endless(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(ENDLESS));
  }
  response.on('drain', more)
  more()
}

test('an event without an end is given up', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    endless(response)
  }
  using stream = await EventStream.open(context(), '/events', { token: 'x' })
  await stream.over
  await expect(stream.next(() => true, { what: 'one' })).rejects.toThrow('more than 4 MB')
})

test('a body without an end is given up, however it is asked for', async () => {
  answer = endless
  const http = createHttpClient({ ...context(5_000), answerMs: 5_000 })
  await expect(http.ask('/api/config')).rejects.toThrow('more than 4 MB')
  await expect(rawRequest(context(5_000), `${url}/health`)).rejects.toThrow('more than 4 MB')
  answer = (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    response.end(gzipSync(Buffer.alloc(8 * 1024 * 1024)))
  }
  await expect(http.ask('/api/config')).rejects.toThrow('more than 4 MB')
})

test('an upgrade that is refused with a body without an end is given up', async () => {
  const refusing = createServer((_request, response) => endless(response))
  refusing.on('upgrade', (_request, socket) => {
    socket.on('error', () => socket.destroy())
    socket.write('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
    const more = (): void => {
      while (!socket.destroyed && socket.write(ENDLESS));
    }
    socket.on('drain', more)
    more()
  })
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
  const address = `ws://127.0.0.1:${(refusing.address() as AddressInfo).port}/ws`
  await expect(upgrade(context(), { url: address })).rejects.toThrow('more than 4 MB')
  await expect(RecordedSocket.open(context(), { url: address })).rejects.toThrow('more than 4 MB')
  refusing.close()
})
