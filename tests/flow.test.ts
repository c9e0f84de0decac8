import { afterAll, beforeAll, expect, test } from 'vitest'

import { Follower, shownText } from './support/follower.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register } from './support/people.ts'

let model: ModelServer
let netra: NetraProcess

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Hello there.' }] })
  netra = await startNetra({
    env: { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' },
  })
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

test('one message from socket to socket: every event, in order, contiguous, once', async () => {
  model.script([
    {
      text: 'Let me compute that.',
      toolCalls: [{ name: 'calculate', arguments: { expression: '6 * 7' } }],
      usage: { input: 20, output: 5 },
    },
    { text: 'It is **42**, quite certainly.', usage: { input: 30, output: 9 } },
  ])
  const device = new Follower(await register(netra.url))
  await device.connect(netra.url)
  await device.follow(`user:${device.person.userId}`)
  const run = await device.ask('What is six times seven?')
  await device.end(run.run_id, run.thread_id)
  const events = device.events.get(`thread:${run.thread_id}`) ?? []

  expect(device.violations).toEqual([])
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  const types = events.map(({ event }) => event.type)
  expect(types.filter((type) => type !== 'message_delta')).toEqual([
    'message_added',
    'run_accepted',
    'agent_started',
    'agent_thinking',
    'message_completed',
    'tool_executing',
    'tool_completed',
    'message_completed',
    'agent_completed',
  ])
  expect(shownText(events, run.run_id)).toBe('Let me compute that.It is **42**, quite certainly.')
  expect(events.find(({ event }) => event.type === 'tool_completed')?.event).toMatchObject({
    tool_name: 'calculate',
    status: 'ok',
    result: { value: 42 },
  })
  expect(events.at(-1)?.event).toMatchObject({
    final_response: 'It is **42**, quite certainly.',
    usage: { input_tokens: 50, output_tokens: 14 },
    user_id: device.person.userId,
  })
  await device.until(`user:${device.person.userId}`, (event) => event['state'] === 'completed')
  const mine = device.events
    .get(`user:${device.person.userId}`)
    ?.map(({ event }) => event['state'] ?? event.type)
  expect(mine).toEqual(['thread_created', 'queued', 'running', 'completed'])
  device.disconnect()
  model.script([{ text: 'Hello there.' }])
})

test('a second device sees the same events as the first, and a late one too', async () => {
  const person = await register(netra.url)
  const [phone, laptop, late] = [new Follower(person), new Follower(person), new Follower(person)]
  await Promise.all([phone.connect(netra.url), laptop.connect(netra.url), late.connect(netra.url)])
  const run = await phone.ask('hello')
  const stream = `thread:${run.thread_id}`
  await laptop.follow(stream)
  await Promise.all([phone.end(run.run_id, run.thread_id), laptop.end(run.run_id, run.thread_id)])
  await late.follow(stream)
  await late.end(run.run_id, run.thread_id)
  expect(laptop.events.get(stream)).toEqual(phone.events.get(stream))
  expect(late.events.get(stream)).toEqual(phone.events.get(stream))
  for (const device of [phone, laptop, late]) {
    expect(device.violations).toEqual([])
    device.disconnect()
  }
})

test('the same message twice is one run; the same id with other words is a conflict', async () => {
  const device = new Follower(await register(netra.url))
  await device.connect(netra.url)
  const message = {
    type: 'send_message',
    client_message_id: 'once',
    thread_id: null,
    content: [{ type: 'text', text: 'only once' }],
  }
  const answers = await Promise.all([
    device.request(message),
    device.request(message),
    device.request(message),
  ])
  const [first] = answers
  expect(answers.map((answer) => answer['run_id'])).toEqual(answers.map(() => first?.['run_id']))
  expect(answers.map((answer) => answer['position'])).toEqual(
    answers.map(() => first?.['position']),
  )
  expect(answers.filter((answer) => answer['duplicate'] === true)).toHaveLength(2)
  const other = await device.request({
    ...message,
    content: [{ type: 'text', text: 'other words' }],
  })
  expect(other).toMatchObject({ type: 'error', code: 'conflict', retry: 'new' })
  device.disconnect()
})

test('Stop ends the run and reaches the model', { timeout: 30_000 }, async () => {
  model.script([{ text: Array.from({ length: 300 }, (_, index) => `w${index} `), paceMs: 50 }])
  const device = new Follower(await register(netra.url))
  await device.connect(netra.url)
  const run = await device.ask('tell me everything')
  const stream = `thread:${run.thread_id}`
  await device.until(stream, (event) => event.type === 'message_delta')
  expect(await device.request({ type: 'cancel_run', run_id: run.run_id })).toMatchObject({
    type: 'ok',
  })
  const end = await device.end(run.run_id, run.thread_id)
  expect(end.event).toMatchObject({ type: 'run_cancelled', by: device.person.userId })
  const request = model.requests.at(-1)
  await request?.closed
  expect(request?.aborted).toBe(true)
  expect(device.events.get(stream)?.at(-1)?.event.type).toBe('run_cancelled')
  expect(await device.request({ type: 'cancel_run', run_id: run.run_id })).toMatchObject({
    type: 'ok',
  })
  device.disconnect()
  model.script([{ text: 'Hello there.' }])
})

test('a second message in a thread waits for the first, and both are answered', async () => {
  const device = new Follower(await register(netra.url))
  await device.connect(netra.url)
  const first = await device.ask('one')
  const second = await device.ask('two', { thread_id: first.thread_id })
  await device.end(first.run_id, first.thread_id)
  await device.end(second.run_id, first.thread_id)
  const events = device.events.get(`thread:${first.thread_id}`) ?? []
  const of = (runId: string) =>
    events.filter(
      ({ event }) =>
        event['run_id'] === runId &&
        event.type !== 'run_accepted' &&
        event.type !== 'message_added',
    )
  expect(Math.max(...of(first.run_id).map(({ seq }) => seq))).toBeLessThan(
    Math.min(...of(second.run_id).map(({ seq }) => seq)),
  )
  device.disconnect()
})

test('regenerate answers again beside the first answer; an edit begins a branch', async () => {
  const device = new Follower(await register(netra.url))
  await device.connect(netra.url)
  const run = await device.ask('say hello')
  await device.end(run.run_id, run.thread_id)
  const stream = `thread:${run.thread_id}`
  const added = await device.until(stream, (event) => event.type === 'message_added')
  const again = await device.request({
    type: 'regenerate',
    client_message_id: 'again',
    thread_id: run.thread_id,
    message_id: added.event['message_id'],
  })
  expect(again.type).toBe('ok')
  await device.end(String(again['run_id']), run.thread_id)
  const edited = await device.ask('say goodbye', {
    thread_id: run.thread_id,
    parent_message_id: null,
  })
  await device.end(edited.run_id, run.thread_id)
  const accepted = device.events.get(stream)?.filter(({ event }) => event.type === 'run_accepted')
  expect(accepted?.map(({ event }) => event['parent_message_id'])).toEqual([
    added.event['message_id'],
    added.event['message_id'],
    expect.not.stringMatching(String(added.event['message_id'])),
  ])
  const lastRequest = JSON.stringify(model.requests.at(-1)?.body)
  expect(lastRequest).toContain('say goodbye')
  expect(lastRequest).not.toContain('say hello')
  device.disconnect()
})

test(
  'two users at once for 200 runs: no frame with a foreign id',
  { timeout: 60_000 },
  async () => {
    const [one, two] = [
      new Follower(await register(netra.url)),
      new Follower(await register(netra.url)),
    ]
    await Promise.all([one.connect(netra.url), two.connect(netra.url)])
    const work = async (device: Follower) => {
      for (let batch = 0; batch < 10; batch++) {
        const runs = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            device.ask(`mine ${device.person.userId} ${batch} ${index}`),
          ),
        )
        await Promise.all(runs.map((run) => device.end(run.run_id, run.thread_id)))
      }
    }
    await Promise.all([work(one), work(two)])
    for (const [mine, other] of [
      [one, two],
      [two, one],
    ] as const) {
      expect(mine.violations).toEqual([])
      const foreign = new Set([
        other.person.userId,
        other.person.email,
        ...[...other.events.keys()].map((stream) => stream.split(':')[1] ?? ''),
      ])
      const text = JSON.stringify(mine.frames)
      for (const id of foreign) expect(text.includes(id)).toBe(false)
      const ends = [...mine.events.values()]
        .flat()
        .filter(({ event }) => event.type === 'agent_completed')
      expect(ends).toHaveLength(100)
      mine.disconnect()
    }
  },
)
