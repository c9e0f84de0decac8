import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

import { expect, test } from 'vitest'

import { seededRandom } from './random.ts'
import { startTcpProxy, type ProxiedConnection, type TcpProxy } from './tcp-proxy.ts'

/** A server that keeps what it hears, and the sockets it has. */
interface Far extends AsyncDisposable {
  sockets: Socket[]
  heard: Buffer[]
  proxy: TcpProxy
  open(): Promise<{ near: Socket; far: Socket; connection: ProxiedConnection }>
}

async function openFar(): Promise<Far> {
  const sockets: Socket[] = []
  const heard: Buffer[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    socket.on('data', (bytes) => heard.push(bytes))
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const proxy = await startTcpProxy({
    target: { host: '127.0.0.1', port },
    random: seededRandom(1),
  })
  return {
    sockets,
    heard,
    proxy,
    async open() {
      const reached = once(server, 'connection')
      const near = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
      near.on('error', () => undefined)
      await once(near, 'connect')
      await reached
      const connection = [...proxy.connections].at(-1)
      const far = sockets.at(-1)
      if (!connection || !far) throw new Error('not connected')
      return { near, far, connection }
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** Everything that arrives, until it is so many bytes. */
async function read(socket: Socket, bytes: number): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  let total = 0
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer)
    total += (chunk as Buffer).length
    if (total >= bytes) break
  }
  return chunks
}

/** True when the connection ended with an error. */
const closeOf = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    socket.on('close', resolve)
  })

const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString()

test('bytes pass in both directions, and so does an end', async () => {
  await using server = await openFar()
  const { near, far } = await server.open()
  near.write('up')
  far.write('down')
  expect(text(await read(near, 4))).toBe('down')
  near.end()
  await once(far, 'end')
  expect(text(server.heard)).toBe('up')
})

test('latency and jitter hold bytes back and keep their order', async () => {
  await using server = await openFar()
  const { near, far, connection } = await server.open()
  connection.disturb({ down: { latencyMs: 40, jitterMs: 30 } })
  const begun = performance.now()
  for (let index = 0; index < 20; index += 1) far.write(`${index};`)
  const all = Array.from({ length: 20 }, (_, index) => `${index};`).join('')
  expect(text(await read(near, all.length))).toBe(all)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(39)
})

test('one byte at a time is the same text', async () => {
  await using server = await openFar()
  const { near, far, connection } = await server.open()
  connection.disturb({ down: { sliceBytes: 1 } })
  const long = 'a long text, byte by byte. '.repeat(20)
  far.write(long)
  const chunks = await read(near, long.length)
  expect(text(chunks)).toBe(long)
  expect(chunks.length).toBeGreaterThan(1)
})

test('a bandwidth is kept', async () => {
  await using server = await openFar()
  const { near, far, connection } = await server.open()
  connection.disturb({ down: { bytesPerSecond: 10_000 } })
  const begun = performance.now()
  far.write(Buffer.alloc(1_000))
  far.write(Buffer.alloc(1_000))
  await read(near, 2_000)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(90)
})

test('a black hole in one direction lets the other pass, and what waited comes when it ends', async () => {
  await using server = await openFar()
  const { near, far, connection } = await server.open()
  connection.disturb({ down: { blocked: true } })
  far.write('late')
  near.write('up')
  await once(far, 'data')
  expect(near.bytesRead).toBe(0)
  connection.disturb(undefined)
  expect(text(await read(near, 4))).toBe('late')
})

test('what holds for all holds for connections that come later, and for none that has its own', async () => {
  await using server = await openFar()
  const first = await server.open()
  first.connection.disturb({})
  server.proxy.disturb({ up: { blocked: true } })
  const second = await server.open()
  second.near.write('held')
  first.near.write('passes')
  await once(first.far, 'data')
  expect(text(server.heard)).toBe('passes')
  server.proxy.disturb({})
  await once(second.far, 'data')
  expect(text(server.heard)).toBe('passesheld')
})

test('a cut ends both sides cleanly', async () => {
  await using server = await openFar()
  const { near, far, connection } = await server.open()
  const ends = [once(near, 'end'), once(far, 'end')]
  near.resume()
  connection.cut()
  await Promise.all(ends)
  expect(server.proxy.connections.size).toBe(0)
})

test('a reset is an error on both sides', async () => {
  await using server = await openFar()
  const { near, far, connection } = await server.open()
  const errors = Promise.all([closeOf(near), closeOf(far)])
  near.resume()
  connection.reset()
  expect(await errors).toEqual([true, true])
})

test('a connection ends exactly after so many bytes', async () => {
  await using server = await openFar()
  const { near, far, connection } = await server.open()
  connection.endAfter('up', { afterBytes: 5, how: 'cut' })
  const ended = once(far, 'end')
  near.resume()
  near.write('123')
  near.write('45678')
  await ended
  expect(text(server.heard)).toBe('12345')
})

test('a reset of one side reaches the other', async () => {
  await using server = await openFar()
  const { near, far } = await server.open()
  const closed = closeOf(far)
  near.resetAndDestroy()
  expect(await closed).toBe(true)
})

test('while it refuses, new connections end and old ones live', async () => {
  await using server = await openFar()
  const old = await server.open()
  server.proxy.refuse(true)
  const refused = connect({ port: server.proxy.port, host: '127.0.0.1' })
  refused.on('error', () => undefined)
  expect(await closeOf(refused)).toBe(true)
  expect(server.sockets).toHaveLength(1)
  old.near.write('still here')
  await once(old.far, 'data')
  server.proxy.refuse(false)
  await server.open()
  expect(server.sockets).toHaveLength(2)
})

test('a server that is not there ends the connection', async () => {
  const proxy = await startTcpProxy({
    target: { host: '127.0.0.1', port: 9 },
    random: seededRandom(1),
  })
  const near = connect({ port: proxy.port, host: '127.0.0.1' })
  near.on('error', () => undefined)
  expect(await closeOf(near)).toBe(true)
  expect(proxy.connections.size).toBe(0)
  await proxy[Symbol.asyncDispose]()
})

test('the same seed draws the same numbers, and a fork moves nothing', () => {
  const [one, other] = [seededRandom(7), seededRandom(7)]
  const forked = [one.fork(), other.fork()]
  forked[0]?.next()
  const draw = (random: typeof one) => Array.from({ length: 20 }, () => random.between(0, 9))
  expect(draw(one)).toEqual(draw(other))
  expect(new Set(draw(one)).size).toBeGreaterThan(3)
  expect(one.shuffled([1, 2, 3, 4]).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
})
