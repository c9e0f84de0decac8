import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { Follower } from './support/follower.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

// The five mistakes of the system that Netra replaces, each by its name.

let model: ModelServer
let netra: NetraProcess

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Hello there.' }] })
  netra = await startNetra({
    env: {
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/test-model',
      NETRA_LOG_LEVEL: 'info',
    },
  })
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

/** A person with a device that has asked one question and seen its answer. */
async function answered() {
  const device = new Follower(await register(netra.url))
  await device.connect(netra.url)
  await device.follow(`user:${device.person.userId}`)
  const run = await device.ask('hello')
  await device.end(run.run_id, run.thread_id)
  await device.until(`user:${device.person.userId}`, (event) => event['state'] === 'completed')
  return { device, run, stream: `thread:${run.thread_id}` }
}

const NOT_FOUND = { type: 'error', code: 'not_found' }

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${netra.url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(name))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

describe('run id for user id', () => {
  test('a run id opens nobody’s stream and names no thread; the run’s owner is told as events say', async () => {
    const { device, run, stream } = await answered()
    for (const wrong of [`user:${run.run_id}`, `thread:${run.run_id}`, `user:${run.thread_id}`]) {
      const answer = await device.request({ type: 'subscribe', stream: wrong, position: null })
      expect({ wrong, ...answer }).toMatchObject({ wrong, ...NOT_FOUND })
    }
    const sent = { type: 'send_message', content: [{ type: 'text', text: 'x' }] }
    expect(
      await device.request({ ...sent, client_message_id: 'a', thread_id: run.run_id }),
    ).toMatchObject(NOT_FOUND)
    expect(await device.request({ type: 'cancel_run', run_id: run.thread_id })).toMatchObject(
      NOT_FOUND,
    )
    expect(
      await device.request({ type: 'cancel_run', run_id: device.person.userId }),
    ).toMatchObject(NOT_FOUND)
    const owners = (device.events.get(stream) ?? []).flatMap(({ event }) => event['user_id'] ?? [])
    expect(new Set(owners)).toEqual(new Set([device.person.userId]))
    expect(owners).not.toContain(run.run_id)
    expect(device.violations).toEqual([])
  })
})

describe('silent failure', () => {
  test('a failed run is an event on the device, a line in the log with its trace, and a count', async () => {
    const before = await metric('netra_run_ended_total{outcome="model_auth"')
    model.script([{ status: 401 }])
    const device = new Follower(await register(netra.url))
    await device.connect(netra.url)
    const run = await device.ask('hello')
    const ended = await device.end(run.run_id, run.thread_id)
    model.script([{ text: 'Hello there.' }])
    expect(ended.event).toMatchObject({ type: 'agent_failed', code: 'model_auth' })
    const traceId = String(ended.event['trace_id'])
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    const lines = netra.log().split('\n')
    expect(lines.filter((line) => line.includes(traceId) && line.includes(run.run_id))).not.toEqual(
      [],
    )
    expect(await metric('netra_run_ended_total{outcome="model_auth"')).toBe(before + 1)
  })

  test('a frame that cannot be used is answered and counted, never dropped', async () => {
    const person = await register(netra.url)
    using socket = await openSocket(netra.url)
    socket.send(hello(person.token))
    await socket.next((frame) => frame.type === 'welcome')
    const before = await metric('netra_bad_frames_total')
    socket.send('{"type":"subscribe","id":"s1","stream":"elsewhere","position":null}')
    const answer = await socket.next((frame) => frame['id'] === 's1')
    expect(answer).toMatchObject({ type: 'error', id: 's1' })
    expect(await metric('netra_bad_frames_total')).toBe(before + 1)
  })
})

describe('missing confirmation', () => {
  test('what a device has not confirmed is told as sent, and as acknowledged once it was', async () => {
    const person = await register(netra.url)
    using socket = await openSocket(netra.url)
    socket.send(hello(person.token))
    await socket.next((frame) => frame.type === 'welcome')
    socket.send({
      type: 'send_message',
      id: 'm',
      client_message_id: 'm1',
      thread_id: null,
      content: [{ type: 'text', text: 'hello' }],
    })
    const ok = await socket.next((frame) => frame['id'] === 'm')
    const stream = `thread:${String(ok['thread_id'])}`
    socket.send({ type: 'subscribe', id: 's', stream, position: null })
    const last = await socket.next(
      (frame) => (frame['event'] as { type?: string } | undefined)?.type === 'agent_completed',
    )
    const live = await socket.next((frame) => frame.type === 'live')
    const report = async () => {
      const response = await fetch(`${netra.url}/api/threads/${String(ok['thread_id'])}/delivery`, {
        headers: person.headers,
      })
      expect(response.status).toBe(200)
      return (await response.json()) as {
        head: string
        counts: Record<string, number>
        devices: { device: string; behind: number }[]
      }
    }
    const seq = Number(last['seq'])
    const unconfirmed = await report()
    expect(unconfirmed.counts).toMatchObject({ sent: seq, acknowledged: 0, waiting: 0 })
    expect(unconfirmed.devices).toMatchObject([{ device: 'test-device', behind: seq }])

    const epoch = String(live['position']).split(':')[0]
    socket.send({ type: 'ack', positions: { [stream]: `${epoch}:${seq}` }, bytes: socket.bytes })
    socket.send({ type: 'ping', nonce: 'after' })
    await socket.next((frame) => frame.type === 'pong')
    const confirmed = await report()
    expect(confirmed.head).toBe(`${epoch}:${seq}`)
    expect(confirmed.counts).toMatchObject({ sent: 0, acknowledged: seq })
    expect(confirmed.devices).toMatchObject([{ behind: 0 }])
  })

  test('a lost ok is had again by the same id, and the message is there once', async () => {
    const device = new Follower(await register(netra.url))
    await device.connect(netra.url)
    const message = {
      type: 'send_message',
      client_message_id: 'lost-ok',
      thread_id: null,
      content: [{ type: 'text', text: 'hello' }],
    }
    const [first, again] = [await device.request(message), await device.request(message)]
    expect(again).toMatchObject({
      type: 'ok',
      duplicate: true,
      thread_id: first['thread_id'],
      run_id: first['run_id'],
      position: first['position'],
    })
  })
})

describe('connection id for user id', () => {
  test('a connection id opens no stream, and the welcome tells the two apart', async () => {
    const person = await register(netra.url)
    using socket = await openSocket(netra.url)
    socket.send(hello(person.token))
    const welcome = await socket.next((frame) => frame.type === 'welcome')
    expect(welcome['user_id']).toBe(person.userId)
    expect(welcome['connection_id']).not.toBe(person.userId)
    const wrong = `user:${String(welcome['connection_id'])}`
    socket.send({ type: 'subscribe', id: 's', stream: wrong, position: null })
    expect(await socket.next((frame) => frame['id'] === 's')).toMatchObject(NOT_FOUND)
  })

  test('what a client says of its owner, scopes or connection changes nothing', async () => {
    const [ada, eve] = [await register(netra.url), await register(netra.url)]
    using socket = await openSocket(netra.url)
    socket.send(
      hello(eve.token, { user_id: ada.userId, connection_id: ada.userId, scopes: ['admin'] }),
    )
    const welcome = await socket.next((frame) => frame.type === 'welcome')
    expect(welcome['user_id']).toBe(eve.userId)
    socket.send({
      type: 'send_message',
      id: 'm',
      client_message_id: 'm1',
      user_id: ada.userId,
      thread_id: null,
      content: [{ type: 'text', text: 'hello' }],
    })
    const ok = await socket.next((frame) => frame['id'] === 'm')
    socket.send({
      type: 'subscribe',
      id: 's',
      stream: `thread:${String(ok['thread_id'])}`,
      position: null,
    })
    const added = await socket.next((frame) => frame.type === 'event')
    expect(added['event']).toMatchObject({ user_id: eve.userId })
  })
})

describe('several users at once', () => {
  test('five people with two devices each see all of their own events and nothing of the others', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => register(netra.url)))
    const devices = people.flatMap((person) => [new Follower(person), new Follower(person)])
    await Promise.all(devices.map((device) => device.connect(netra.url)))
    const runs = await Promise.all(
      devices.map(async (device, index) => {
        if (index % 2 === 1) return []
        const twin = devices[index + 1] as Follower
        return Promise.all(
          ['one', 'two', 'three'].map(async (text) => {
            const run = await device.ask(`${text} of ${index}`)
            await twin.follow(`thread:${run.thread_id}`)
            await Promise.all([device, twin].map((each) => each.end(run.run_id, run.thread_id)))
            return run
          }),
        )
      }),
    )
    for (const [index, device] of devices.entries()) {
      expect(device.violations).toEqual([])
      const text = JSON.stringify(device.frames)
      const foreign = runs.flatMap((own, owner) =>
        Math.floor(owner / 2) === Math.floor(index / 2)
          ? []
          : own.flatMap(({ run_id, thread_id }) => [run_id, thread_id]),
      )
      expect(foreign.filter((id) => text.includes(id))).toEqual([])
      const others = people.filter(({ userId }) => userId !== device.person.userId)
      expect(others.filter(({ userId }) => text.includes(userId))).toEqual([])
    }
  })
})
