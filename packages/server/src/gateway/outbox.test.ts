import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

import { LIMITS } from './limits.ts'
import { Outbox } from './outbox.ts'

let server: Server
let client: WebSocket
let socket: WebSocket
let outbox: Outbox
let received: string[]

beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterAll(() => {
  server.close()
})

beforeEach(async () => {
  const sockets = new WebSocketServer({ noServer: true })
  const upgraded = new Promise<void>((resolve) => {
    server.once('upgrade', (request, stream, head) => {
      sockets.handleUpgrade(request, stream, head, (webSocket) => {
        socket = webSocket
        outbox = new Outbox(webSocket, stream)
        resolve()
      })
    })
  })
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  received = []
  client.on('message', (data: Buffer) => received.push(data.toString()))
  await Promise.all([upgraded, once(client, 'open')])
  return () => client.terminate()
})

const until = async (count: number) => {
  while (received.length < count) await once(client, 'message')
}

test('texts of every length and script arrive as they were', async () => {
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]
  const texts = [
    ...lengths.map((length) => 'x'.repeat(length)),
    'é',
    '—'.repeat(50),
    '🧑‍🚀'.repeat(9_000),
  ]
  for (const text of texts) {
    outbox.send(JSON.stringify(text), false)
    outbox.flush()
  }
  await until(texts.length)
  expect(received.map((text) => JSON.parse(text) as string)).toEqual(texts)
})

test('what is gathered in one turn leaves as one array, in order', async () => {
  for (const frame of ['1', '2', '3']) outbox.send(frame, true)
  await until(1)
  expect(received).toEqual(['[1,2,3]'])
})

test('its frames and those of the socket itself do not mix', async () => {
  for (let round = 0; round < 100; round += 1) {
    outbox.send(`"${'long '.repeat(round * 40)}"`, false)
    outbox.flush()
    socket.ping()
  }
  outbox.send('"last"', false)
  outbox.flush()
  socket.close(4001, 'the end')
  const [code] = (await once(client, 'close')) as [number]
  expect(code).toBe(4001)
  expect(received).toHaveLength(101)
  expect(received.at(-1)).toBe('"last"')
})

test('a closing socket is given nothing more', async () => {
  socket.close(4001, 'the end')
  outbox.send('"late"', false)
  outbox.flush()
  await once(client, 'close')
  expect(received).toEqual([])
})

test('the window shuts after its events, and the acknowledgement of their bytes opens it', async () => {
  for (let n = 0; n < LIMITS.windowEvents; n += 1) {
    expect(outbox.open).toBe(true)
    outbox.send('{}', true)
  }
  expect(outbox.open).toBe(false)
  await until(1)
  const bytes = Buffer.byteLength(received.join(''))
  expect(outbox.ack(bytes - 1)).toBe('some')
  expect(outbox.open).toBe(false)
  expect(outbox.ack(bytes + 1)).toBe('impossible')
  expect(outbox.ack(bytes)).toBe('some')
  expect(outbox.ack(bytes)).toBe('none')
  expect(outbox.ack(0)).toBe('none')
  expect([outbox.open, outbox.waiting]).toEqual([true, false])
})

test('bytes count as they are on the wire, and shut the window too', async () => {
  outbox.send(`"${'—'.repeat(LIMITS.windowBytes / 3 + 1)}"`, false)
  outbox.flush()
  expect(outbox.open).toBe(false)
  await until(1)
  expect(outbox.ack(Buffer.byteLength(received.join('')))).toBe('some')
  expect(outbox.open).toBe(true)
})
