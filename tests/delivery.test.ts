import { afterAll, beforeAll, expect, test } from 'vitest'

import { Follower } from './support/follower.ts'
import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket, type RawSocket } from './support/raw-socket.ts'

interface Report {
  thread_id: string
  head: string
  counts: Record<'committed' | 'sent' | 'acknowledged' | 'waiting' | 'superseded', number>
  devices: {
    device: string
    connection_id: string
    transport: string
    sent: string | null
    acknowledged: string | null
    behind: number
    last_ack_ms_ago: number | null
  }[]
}

let model: ModelServer
let netra: NetraProcess
let person: Person
/** A thread with one finished run. */
let thread: string
let head: number

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Hello there.' }] })
  const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' }
  netra = await startNetra({ env })
  person = await register(netra.url)
  const device = new Follower(person)
  await device.connect(netra.url)
  const run = await device.ask('hello')
  head = (await device.end(run.run_id, run.thread_id)).seq
  thread = run.thread_id
  device.disconnect()
}, 60_000)

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

const report = async (): Promise<Report> => {
  const url = `${netra.url}/api/threads/${thread}/delivery`
  const { status, body } = await request<Report>(url, { headers: person.headers })
  expect(status).toBe(200)
  return body
}

/** Asks until the report is as it must become; the test's own deadline is the limit. */
async function reportWith(fits: (report: Report) => boolean): Promise<Report> {
  for (;;) {
    const found = await report()
    if (fits(found)) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A device that has been sent the whole thread and acknowledged none of it. */
async function reading(device: string): Promise<{ socket: RawSocket; epoch: string }> {
  const socket = await openSocket(netra.url)
  const resume = [{ stream: `thread:${thread}`, position: null }]
  socket.send(hello(person.token, { device, resume }))
  const live = await socket.next((frame) => frame.type === 'live')
  return { socket, epoch: String(live['position']).split(':')[0] ?? '' }
}

const ack = (socket: RawSocket, epoch: string, seq: number) =>
  socket.send({
    type: 'ack',
    bytes: socket.bytes,
    positions: { [`thread:${thread}`]: `${epoch}:${seq}` },
  })

test('missing confirmation: what was sent is not acknowledged until the device says so', async () => {
  const { socket, epoch } = await reading('phone')
  const ofPhone = (found: Report) => found.devices.find(({ device }) => device === 'phone')
  const before = ofPhone(await report())
  expect(before).toMatchObject({
    transport: 'socket',
    sent: `${epoch}:${head}`,
    acknowledged: null,
    behind: head,
    last_ack_ms_ago: null,
  })
  ack(socket, epoch, 3)
  const after = await reportWith((found) => ofPhone(found)?.acknowledged === `${epoch}:3`)
  expect(ofPhone(after)).toMatchObject({ behind: head - 3 })
  expect(after.counts).toMatchObject({ acknowledged: 3, sent: head - 3, waiting: 0 })
  ack(socket, epoch, head)
  const whole = await reportWith((found) => found.counts.acknowledged === head)
  expect(Object.values(whole.counts).reduce((sum, count) => sum + count, 0)).toBe(head)
  socket[Symbol.dispose]()
})

test('F28: an acknowledgement of what was not sent closes with 4500, a late one changes nothing', async () => {
  const { socket, epoch } = await reading('tablet')
  ack(socket, epoch, head)
  ack(socket, epoch, 1)
  socket.send({ type: 'ping', nonce: 'alive' })
  await socket.next((frame) => frame.type === 'pong')
  const found = (await report()).devices.find(({ device }) => device === 'tablet')
  expect(found).toMatchObject({ acknowledged: `${epoch}:${head}`, behind: 0 })
  ack(socket, epoch, head + 1_000_000)
  expect((await socket.closed).code).toBe(4500)
})

test('a device that left is still told of', async () => {
  const { socket, epoch } = await reading('laptop')
  ack(socket, epoch, head)
  const acknowledged = (found: Report) =>
    found.devices.some((one) => one.device === 'laptop' && one.acknowledged !== null)
  await reportWith(acknowledged)
  socket[Symbol.dispose]()
  expect(acknowledged(await report())).toBe(true)
})

test('the position that a poller brings is its acknowledgement', async () => {
  const epoch = (await report()).head.split(':')[0] ?? ''
  const query = new URLSearchParams({
    stream: `thread:${thread}`,
    position: `${epoch}:2`,
    device: 'kiosk',
    instance: 'kiosk-page',
  })
  const { status } = await request(`${netra.url}/api/events?${query}`, {
    headers: { ...person.headers, accept: 'application/json' },
  })
  expect(status).toBe(200)
  const found = (await report()).devices.find(({ device }) => device === 'kiosk')
  expect(found).toMatchObject({ transport: 'poll', acknowledged: `${epoch}:2`, behind: head - 2 })
})

test('F98: the report of a foreign thread is as absent as that of none', async () => {
  const other = await register(netra.url)
  const answers = await Promise.all(
    [thread, 'nothing'].map((id) =>
      request(`${netra.url}/api/threads/${id}/delivery`, { headers: other.headers }),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual([404, 404])
  expect(answers[0]?.body['message']).toBe(answers[1]?.body['message'])
})

test('every state and every end is counted', async () => {
  const { socket, epoch } = await reading('counter')
  socket.send({
    type: 'send_message',
    id: 'one more',
    client_message_id: 'one more',
    thread_id: thread,
    content: [{ type: 'text', text: 'once more' }],
  })
  const end = await socket.next(
    (frame) =>
      Number(frame['seq']) > head &&
      (frame['event'] as { type: string }).type === 'agent_completed',
  )
  ack(socket, epoch, Number(end['seq']))
  ack(socket, epoch, Number(end['seq']) + 9)
  await socket.closed
  const text = (await request<string>(`${netra.url}/metrics`)).body
  for (const state of ['committed', 'sent', 'acknowledged', 'waiting']) {
    expect(text).toMatch(new RegExp(`netra_delivery_events_total\\{state="${state}"\\} [1-9]`))
  }
  expect(text).toMatch(/netra_delivery_resumes_total\{answer="range"\} [1-9]/)
  expect(text).toMatch(/code="4500"[^\n]* [1-9]/)
  for (const to of ['sent', 'acknowledged']) {
    expect(text).toMatch(new RegExp(`netra_delivery_lag_ms_count\\{to="${to}"\\} [1-9]`))
  }
})
