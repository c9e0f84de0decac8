import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { hello, openSocket } from '../../../../tests/support/raw-socket.ts'
import { letIn, openEdge, type Edge } from '../../testing/edge.ts'
import { StoreUnavailable } from '../command/command.ts'
import { AuthUnavailable, type Authentication } from '../identity/identity.ts'

let edge: Edge

beforeEach(async () => {
  edge = await openEdge()
})

afterEach(() => edge[Symbol.asyncDispose]())

const classic = () =>
  openSocket(edge.url, { protocols: [], headers: { authorization: 'Bearer token' } })

async function native() {
  const socket = await openSocket(edge.url)
  socket.send(hello('token'))
  return socket
}

interface Failure {
  what: string
  failing: () => Promise<Authentication>
  errorCode: string
  classicCode: number
  nativeCode: number
}

const AWAY = { errorCode: 'SERVICE_UNAVAILABLE', classicCode: 1013, nativeCode: 4009 }
const FAILURES: Failure[] = [
  {
    what: 'an auth service that is away',
    failing: async () => ({ ok: false, why: 'unavailable' }),
    ...AWAY,
  },
  {
    what: 'an auth service that does not answer',
    failing: () => Promise.reject(new AuthUnavailable(1_000)),
    ...AWAY,
  },
  {
    what: 'a store that is away',
    failing: () => Promise.reject(new StoreUnavailable('away')),
    ...AWAY,
  },
  {
    what: 'a fault',
    failing: () => Promise.reject(new Error('a fault')),
    errorCode: 'INTERNAL_ERROR',
    classicCode: 1011,
    nativeCode: 4008,
  },
]

test.each(FAILURES)(
  'set-up that fails by $what is told before the close, and counted (S40)',
  async ({ failing, errorCode, classicCode, nativeCode }) => {
    edge.authenticate = failing
    using old = await classic()
    expect((await old.closed).code).toBe(classicCode)
    expect(old.frames).toMatchObject([{ type: 'error_message', error_code: errorCode }])
    using young = await native()
    expect((await young.closed).code).toBe(nativeCode)
    expect(edge.metrics.handshakes).toEqual({ welcome: 0, refused: 0, limited: 0, failed: 2 })
    expect(edge.metrics.successRate).toBe(0)
    expect(edge.metrics.closes).toEqual(
      new Map([
        [classicCode, 1],
        [nativeCode, 1],
      ]),
    )
    await vi.waitFor(() => expect(edge.registry.size).toBe(0))
    edge.authenticate = letIn
    using after = await classic()
    await after.next((frame) => frame.type === 'system_message')
    expect(edge.metrics.successRate).toBeCloseTo(1 / 3)
  },
)

test('set-up that takes longer than 10 s is ended with a reason, and let in by no late answer', async () => {
  const answer = Promise.withResolvers<Authentication>()
  let asked = 0
  edge.authenticate = () => {
    asked += 1
    return answer.promise
  }
  using old = await classic()
  using young = await native()
  await vi.waitFor(() => expect(asked).toBe(2))
  edge.clock.advance(11_000)
  answer.resolve(await letIn())
  expect((await young.closed).code).toBe(4009)
  expect((await old.closed).code).toBe(1013)
  expect(old.frames).toMatchObject([{ error_code: 'SERVICE_UNAVAILABLE' }])
  expect(young.frames).toEqual([])
  expect(edge.metrics.handshakes).toMatchObject({ welcome: 0, failed: 2 })
})

test('a login session that ended while its proof was looked at opens nothing (S11)', async () => {
  edge.isLive = () => false
  using old = await classic()
  expect((await old.closed).code).toBe(4503)
  expect(old.frames).toMatchObject([{ type: 'error_message', error_code: 'SESSION_ENDED' }])
  using young = await native()
  expect((await young.closed).code).toBe(4503)
  expect(edge.metrics.handshakes).toMatchObject({ welcome: 0, refused: 2 })
})

test('an open socket is asked for again now and then, though nobody told of its end (S12)', async () => {
  using old = await classic()
  await old.next((frame) => frame.type === 'system_message')
  using young = await native()
  await young.next((frame) => frame.type === 'welcome')
  // Away is no reason to lose a socket whose token holds; the end of the session is.
  edge.isLive = () => 'unavailable'
  edge.clock.advance(31_000)
  for (const open of edge.registry) open.forgive(31_000)
  old.send({ type: 'ping', request_id: 'still' })
  await old.next((frame) => frame['in_reply_to'] === 'still')
  edge.isLive = () => false
  edge.clock.advance(31_000)
  for (const open of edge.registry) open.forgive(31_000)
  expect((await old.closed).code).toBe(4503)
  expect((await young.closed).code).toBe(4503)
})

test('a command is refused while nobody can tell who asks, and the socket stays (S40)', async () => {
  using old = await classic()
  await old.next((frame) => frame.type === 'system_message')
  edge.isLive = () => 'unavailable'
  old.send({ type: 'list_threads', request_id: 'asked' })
  expect(await old.next((frame) => frame['in_reply_to'] === 'asked')).toMatchObject({
    type: 'error',
    error_code: 'SERVICE_UNAVAILABLE',
    retry_after: 2,
  })
  edge.authenticate = async () => ({ ok: false, why: 'unavailable' })
  old.send({ type: 'refresh_token', payload: { token: 'fresh', request_id: 'fresh' } })
  expect(await old.next((frame) => frame['in_reply_to'] === 'fresh')).toMatchObject({
    error_code: 'SERVICE_UNAVAILABLE',
  })
  old.send({ type: 'ping', request_id: 'still' })
  await old.next((frame) => frame['in_reply_to'] === 'still')
})
