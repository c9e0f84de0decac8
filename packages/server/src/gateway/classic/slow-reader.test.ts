import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'

import { openEdge, type Edge } from '../../../testing/edge.ts'

let edge: Edge

beforeEach(async () => {
  edge = await openEdge()
})

afterEach(() => edge[Symbol.asyncDispose]())

/** A classic client that reads nothing any more, and what it finds when it reads again. */
async function deaf() {
  const socket = new WebSocket(`${edge.url.replace('http', 'ws')}/ws`, {
    headers: { authorization: 'Bearer token' },
  })
  const frames: Record<string, unknown>[] = []
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Record<string, unknown>)
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise((resolve) => socket.once('message', resolve))
  socket.pause()
  return { socket, frames, closed }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('a classic client that reads nothing for 30 s is told why and closed with 1013', async () => {
  const { socket, frames, closed } = await deaf()
  while (edge.unread() < 1_500_000) {
    socket.send('{"type":"list_threads"}')
    await sleep(20)
  }
  // It is heard all the time: only that it reads nothing is held against it.
  for (let second = 0; second < 40 && edge.metrics.closes.size === 0; second++) {
    socket.pong()
    await sleep(10)
    edge.clock.advance(1_000)
  }
  socket.resume()
  expect(await closed).toBe(1013)
  expect(frames.at(-1)).toMatchObject({
    type: 'error_message',
    error_code: 'SLOW_CONSUMER',
    error_message: 'nothing was read for 30 s',
  })
})

test('what a classic client asks for and does not read is bounded, however much it asks at once', async () => {
  const { socket, frames, closed } = await deaf()
  for (let count = 0; count < 200; count++) socket.send('{"type":"list_threads"}')
  await vi.waitFor(() => expect(edge.metrics.closes).toEqual(new Map([[1013, 1]])))
  expect(edge.unread()).toBeLessThan(8 * 1024 * 1024)
  socket.resume()
  expect(await closed).toBe(1013)
  expect(frames.at(-1)).toMatchObject({ error_message: 'asks for more than it reads' })
})
