import { expect, test } from 'vitest'

import { openSocket } from '../../../../../tests/support/raw-socket.ts'
import { openEdge } from '../../../testing/edge.ts'

test('a test socket lives for 60 s, is nobody, and is in no count of sockets', async () => {
  await using edge = await openEdge()
  edge.authenticate = () => Promise.reject(new Error('nobody is asked who this is'))
  using socket = await openSocket(edge.url, { path: '/ws/test', protocols: [] })
  await socket.next(({ type }) => type === 'system_message')
  edge.clock.advance(59_000)
  socket.send({ type: 'ping' })
  await socket.next(({ type }) => type === 'pong')
  expect(edge.registry.total).toBe(0)
  edge.clock.advance(1_000)
  expect((await socket.closed).code).toBe(1000)
  expect(socket.frames.at(-1)).toMatchObject({ data: { event: 'test_over' } })
})
