import { beforeEach, expect, test } from 'vitest'

import { openStage, type Stage } from '../../../testing/hub-stage.ts'
import type { Identity } from '../../identity/identity.ts'
import { asId, type DeviceId, type SessionId, type UserId } from '../../platform/ids.ts'
import { TestClock } from '../../platform/testing-clock.ts'
import { EventRequest, type EventResponse } from './event-request.ts'
import { EventRequests } from './event-requests.ts'

let clock: TestClock
let ended: number[]
let requests: EventRequests

beforeEach(() => {
  clock = new TestClock()
  ended = []
  requests = new EventRequests((code) => ended.push(code))
})

/** A response whose reader takes what the test says. */
class Response implements EventResponse {
  readonly transport = 'events'
  open = true
  waiting = false
  taken = 0
  isOver = false
  isCut = false
  readonly messages: { type: string; code?: number | string; heads?: object; in_ms?: number }[] = []

  write(message: string): void {
    this.messages.push(JSON.parse(message) as { type: string })
  }

  end(): void {
    this.isOver = true
  }

  cut(): void {
    this.isCut = true
  }
}

const identity = (endsInMs: number): Identity => ({
  userId: asId<UserId>('u'),
  email: '',
  name: '',
  role: 'user',
  sessionId: asId<SessionId>('s'),
  expiresAt: new Date(clock.now() + endsInMs).toISOString(),
  kind: 'token',
  scopes: null,
  isTestUser: false,
})

function open({ hub }: Stage, instance: string, endsInMs = 3_600_000) {
  const response = new Response()
  const headOf = async () => 'e:7' as const
  const request = new EventRequest(
    { clock, requests, hub, headOf },
    {
      identity: identity(endsInMs),
      stream: 'thread:t',
      device: asId<DeviceId>('d'),
      instance,
    },
    response,
  )
  return { request, response }
}

const sweepFor = (seconds: number): void => {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1_000)
    for (const request of requests) request.sweep()
  }
}

test('F90: a reader that takes nothing for 30 s is ended, one that takes a little is not', async () => {
  await using stage = await openStage()
  const stuck = open(stage, 'stuck')
  const slow = open(stage, 'slow')
  await Promise.all([stuck.request.start(null), slow.request.start(null)])
  stuck.response.waiting = true
  slow.response.waiting = true
  for (let second = 0; second < 29; second++) {
    slow.response.taken += 1
    sweepFor(1)
  }
  expect([...requests]).toHaveLength(2)
  slow.response.taken += 1
  sweepFor(2)
  expect(ended).toEqual([4004])
  expect([stuck.response.isCut, slow.response.isCut]).toEqual([true, false])
  expect([...requests]).toEqual([slow.request])
  slow.request.end()
  expect(stage.hub.subscribers).toBe(0)
})

test('a reader that has taken everything is never slow', async () => {
  await using stage = await openStage()
  const { request } = open(stage, 'idle')
  await request.start(null)
  sweepFor(120)
  expect(ended).toEqual([])
  request.end()
})

test('F94, F95: the end of the credentials is announced, then told as `expired`', async () => {
  await using stage = await openStage()
  const { request, response } = open(stage, 'page', 90_000)
  await request.start(null)
  sweepFor(31)
  expect(response.messages.filter(({ type }) => type === 'authentication_due')).toMatchObject([
    { in_ms: 60_000 },
  ])
  sweepFor(60)
  expect(response.messages.at(-1)).toMatchObject({ type: 'error', code: 'expired' })
  expect([response.isOver, requests.size]).toEqual([true, 0])
  expect(ended).toEqual([4006])
})

test('heads in a ping are those of the ping before', async () => {
  await using stage = await openStage()
  const { request, response } = open(stage, 'page')
  await request.start(null)
  sweepFor(10)
  await Promise.resolve()
  sweepFor(10)
  const pings = response.messages.filter(({ type }) => type === 'ping')
  expect(pings.map(({ heads }) => heads)).toEqual([{}, { 'thread:t': 'e:7' }])
  request.end()
})

test('a store that cannot be read is told as 4009, a stream that cannot be gone on with as 4005', async () => {
  await using stage = await openStage()
  const { request, response } = open(stage, 'page')
  await request.start(null)
  request.failed(new Error('not what was written'))
  expect(response.messages.at(-1)).toMatchObject({ type: 'goaway', code: 4005 })
  clock.advance(1_000)
  expect(response.isCut).toBe(true)
})

test('F31: what ends before its stream was found leaves nothing behind', async () => {
  await using stage = await openStage()
  const { request } = open(stage, 'page')
  const starting = request.start(null)
  request.end()
  await starting
  expect([stage.hub.subscribers, requests.size, requests.countOf('u')]).toEqual([0, 0, 0])
})
