import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { MovingClock } from '../../../../tests/support/moving-clock.ts'
import { hello, openSocket } from '../../../../tests/support/raw-socket.ts'
import { StoreUnavailable } from '../command/command.ts'
import { AuthUnavailable, type Authentication, type Identity } from '../identity/identity.ts'
import { asId, type SessionId, type UserId } from '../platform/ids.ts'
import { silentLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { RateLimit } from '../platform/rate-limit.ts'
import { createAddresses } from './addresses.ts'
import { handleClassic } from './classic/handle-classic.ts'
import { handleMessage } from './handle-message.ts'
import { Registry } from './registry.ts'
import { SocketLimits } from './socket-limits.ts'
import { SocketMetrics } from './socket-metrics.ts'
import { takeUpgrades } from './upgrade.ts'

/** A real edge before an auth service that a test lets fail as it likes. */
interface Edge extends AsyncDisposable {
  url: string
  clock: MovingClock
  metrics: SocketMetrics
  registry: Registry
}

let authenticate: () => Promise<Authentication>
let isLive: () => boolean | 'unavailable'
let edge: Edge

const identity: Identity = {
  userId: asId<UserId>('somebody'),
  email: 'somebody@example.com',
  name: 'Somebody',
  role: 'user',
  sessionId: asId<SessionId>('session'),
  expiresAt: '2999-01-01T00:00:00.000Z',
  kind: 'token',
  scopes: null,
  isTestUser: false,
}
const letIn = async (): Promise<Authentication> => ({ ok: true, identity, setCookies: [] })

beforeEach(async () => {
  authenticate = letIn
  isLive = () => true
  edge = await openEdge()
})

afterEach(() => edge[Symbol.asyncDispose]())

async function openEdge(): Promise<Edge> {
  const clock = new MovingClock()
  const registry = new Registry()
  const metrics = new SocketMetrics(createMetrics())
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const addresses = createAddresses({ publicUrl: undefined, port, allowedOrigins: [] })
  const parts = {
    identities: {
      authenticate: () => authenticate(),
      sessionState: () => {
        const live = isLive()
        if (live === true) return { live, session: identity }
        return { live: false, why: live === 'unavailable' ? live : 'revoked' }
      },
    },
    clock,
    logger: silentLogger,
    registry,
    metrics,
    commandRate: new RateLimit(clock, { perMinute: 600, burst: 100 }),
    environment: 'test',
    node: 'node',
    handle: handleMessage,
    handleClassic,
    addressOf: () => '127.0.0.1',
    socketLimits: new SocketLimits({
      clock,
      registry,
      isLocal: () => true,
      limited: () => undefined,
      maxSockets: 100,
    }),
  }
  const upgrades = takeUpgrades(
    server,
    addresses,
    parts as unknown as Parameters<typeof takeUpgrades>[2],
  )
  return {
    url: `http://127.0.0.1:${port}`,
    clock,
    metrics,
    registry,
    async [Symbol.asyncDispose]() {
      upgrades.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

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
    authenticate = failing
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
    authenticate = letIn
    using after = await classic()
    await after.next((frame) => frame.type === 'system_message')
    expect(edge.metrics.successRate).toBeCloseTo(1 / 3)
  },
)

test('set-up that takes longer than 10 s is ended with a reason, and let in by no late answer', async () => {
  const answer = Promise.withResolvers<Authentication>()
  authenticate = () => answer.promise
  using old = await classic()
  using young = await native()
  await vi.waitFor(() => expect(edge.registry.size).toBe(2))
  // The hello is on its way to the judge before the time is up.
  await new Promise((resolve) => setTimeout(resolve, 100))
  edge.clock.advance(11_000)
  answer.resolve(await letIn())
  expect((await young.closed).code).toBe(4009)
  expect((await old.closed).code).toBe(1013)
  expect(old.frames).toMatchObject([{ error_code: 'SERVICE_UNAVAILABLE' }])
  expect(young.frames).toEqual([])
  expect(edge.metrics.handshakes).toMatchObject({ welcome: 0, failed: 2 })
})

test('a login session that ended while its proof was looked at opens nothing (S11)', async () => {
  isLive = () => false
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
  isLive = () => 'unavailable'
  edge.clock.advance(31_000)
  for (const open of edge.registry) open.forgive(31_000)
  old.send({ type: 'ping', request_id: 'still' })
  await old.next((frame) => frame['in_reply_to'] === 'still')
  isLive = () => false
  edge.clock.advance(31_000)
  for (const open of edge.registry) open.forgive(31_000)
  expect((await old.closed).code).toBe(4503)
  expect((await young.closed).code).toBe(4503)
})

test('a command is refused while nobody can tell who asks, and the socket stays (S40)', async () => {
  using old = await classic()
  await old.next((frame) => frame.type === 'system_message')
  isLive = () => 'unavailable'
  old.send({ type: 'list_threads', request_id: 'asked' })
  expect(await old.next((frame) => frame['in_reply_to'] === 'asked')).toMatchObject({
    type: 'error',
    error_code: 'SERVICE_UNAVAILABLE',
    retry_after: 2,
  })
  authenticate = async () => ({ ok: false, why: 'unavailable' })
  old.send({ type: 'refresh_token', payload: { token: 'fresh', request_id: 'fresh' } })
  expect(await old.next((frame) => frame['in_reply_to'] === 'fresh')).toMatchObject({
    error_code: 'SERVICE_UNAVAILABLE',
  })
  old.send({ type: 'ping', request_id: 'still' })
  await old.next((frame) => frame['in_reply_to'] === 'still')
})
