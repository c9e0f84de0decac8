import { afterAll, beforeAll, expect, test } from 'vitest'

import { Follower, shownText } from './support/follower.ts'
import { startModelServer, type ModelServer, type Reply } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket, type Frame, type RawSocket } from './support/raw-socket.ts'

/** Replies wait here until a test lets them go on. */
class Gate {
  #open = Promise.withResolvers<void>()
  get opened(): Promise<void> {
    return this.#open.promise
  }
  open(): void {
    this.#open.resolve()
  }
}

let model: ModelServer
let netra: NetraProcess
const env = () => ({ OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' })

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Hello there.' }] })
  netra = await startNetra({ env: env() })
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

const scripted = (reply: Reply | (() => Promise<Reply>)) =>
  model.script(typeof reply === 'function' ? reply : [reply])

async function device(person?: Person): Promise<Follower> {
  const made = new Follower(person ?? (await register(netra.url)))
  await made.connect(netra.url)
  return made
}

/** A socket that has said hello, and the frames of one stream from a position on. */
async function greeted(person: Person): Promise<RawSocket> {
  const socket = await openSocket(netra.url)
  socket.send(hello(person.token))
  await socket.next((frame) => frame.type === 'welcome')
  return socket
}

const ofStream = (socket: RawSocket, stream: string): Frame[] =>
  socket.frames.filter((frame) => frame['stream'] === stream && frame.type !== 'ok')

/** What is wrong with what a device got of a stream: nothing. */
const faultsOf = (follower: Follower, stream: string): readonly string[] => {
  const seqs = (follower.events.get(stream) ?? []).map(({ seq }) => seq)
  const holes = seqs.filter((seq, index) => seq !== index + 1)
  return [...follower.violations, ...holes.map((seq) => `${seq} is out of place`)]
}

test('F1: dropped between ok and the first token, a device resumes and sees all that follows', async () => {
  const gate = new Gate()
  scripted(async () => {
    await gate.opened
    return { text: 'Late but whole.' }
  })
  const one = await device()
  const run = await one.ask('hello')
  const stream = `thread:${run.thread_id}`
  await one.until(stream, (event) => event.type === 'run_accepted')
  one.disconnect()
  await one.connect(netra.url)
  gate.open()
  const end = await one.end(run.run_id, run.thread_id)
  expect(end.event).toMatchObject({ type: 'agent_completed', final_response: 'Late but whole.' })
  expect(shownText(one.events.get(stream) ?? [], run.run_id)).toBe('Late but whole.')
  expect(faultsOf(one, stream)).toEqual([])
  scripted({ text: 'Hello there.' })
})

test('F4: resuming where nothing runs is answered with live, and nothing else', async () => {
  const one = await device()
  const run = await one.ask('hello')
  const { seq } = await one.end(run.run_id, run.thread_id)
  const stream = `thread:${run.thread_id}`
  using socket = await greeted(one.person)
  socket.send({ type: 'subscribe', id: 's', stream, position: null })
  const first = await socket.next((frame) => frame.type === 'live')
  expect(String(first['position'])).toMatch(new RegExp(`:${seq}$`))

  socket.send({ type: 'subscribe', id: 't', stream, position: first['position'] })
  await socket.next((frame) => frame['id'] === 't')
  socket.send({ type: 'ping', nonce: 'after' })
  await socket.next((frame) => frame.type === 'pong')
  const again = ofStream(socket, stream).slice(seq + 1)
  expect(again.map((frame) => frame.type)).toEqual(['live'])
})

test('F9: a device of a quiet thread resumes by replay however busy other threads were', async () => {
  const quiet = await device()
  const run = await quiet.ask('quiet')
  await quiet.end(run.run_id, run.thread_id)
  quiet.disconnect()
  scripted({ text: Array.from({ length: 1_500 }, (_, index) => `word${index} `), paceMs: 0 })
  const busy = await device()
  for (let round = 0; round < 3; round += 1) {
    const noise = await busy.ask(`noise ${round}`)
    await busy.end(noise.run_id, noise.thread_id)
  }
  scripted({ text: 'Hello there.' })
  await quiet.connect(netra.url)
  const more = await quiet.ask('again', { thread_id: run.thread_id })
  await quiet.end(more.run_id, more.thread_id)
  expect(faultsOf(quiet, `thread:${run.thread_id}`)).toEqual([])
})

test('F10, F33: after SIGKILL a device resumes, and the same message is answered as before', async () => {
  await using first = await startNetra({ env: env() })
  const person = await register(first.url)
  const one = new Follower(person)
  await one.connect(first.url)
  const message = {
    type: 'send_message',
    client_message_id: 'kept',
    thread_id: null,
    content: [{ type: 'text', text: 'hello' }],
  }
  const ok = await one.request(message)
  const stream = `thread:${String(ok['thread_id'])}`
  await one.follow(stream, null)
  await one.end(String(ok['run_id']), String(ok['thread_id']))
  await first.kill('SIGKILL')
  one.disconnect()
  const port = Number(new URL(first.url).port)
  await using second = await startNetra({ env: env(), folder: first.folder, port })
  await one.connect(second.url)
  expect(await one.request(message)).toMatchObject({
    type: 'ok',
    duplicate: true,
    thread_id: ok['thread_id'],
    run_id: ok['run_id'],
    position: ok['position'],
  })
  const next = await one.ask('after', { thread_id: ok['thread_id'] })
  await one.end(next.run_id, next.thread_id)
  expect(faultsOf(one, stream)).toEqual([])
  const asked = (one.events.get(stream) ?? []).filter(({ event }) => event.type === 'run_accepted')
  expect(asked).toHaveLength(2)
})

test('F11: whoever comes back within milliseconds, again and again, misses nothing', async () => {
  const gate = new Gate()
  scripted(async () => {
    await gate.opened
    return { text: ['one ', 'two ', 'three'], paceMs: 5 }
  })
  const one = await device()
  const run = await one.ask('hello')
  for (let round = 0; round < 20; round += 1) {
    one.disconnect()
    await one.connect(netra.url)
    if (round === 10) gate.open()
  }
  await one.end(run.run_id, run.thread_id)
  expect(faultsOf(one, `thread:${run.thread_id}`)).toEqual([])
  scripted({ text: 'Hello there.' })
})

test('F24: a resume at any event of many made at once goes on with the next number', async () => {
  const one = await device()
  const run = await one.ask('hello')
  let { seq: head } = await one.end(run.run_id, run.thread_id)
  while (head < 110) {
    const next = await one.ask('again', { thread_id: run.thread_id })
    head = (await one.end(next.run_id, run.thread_id)).seq
  }
  const stream = `thread:${run.thread_id}`
  using socket = await greeted(one.person)
  socket.send({ type: 'subscribe', id: 'all', stream, position: null })
  const live = await socket.next((frame) => frame.type === 'live')
  const epoch = String(live['position']).split(':')[0]
  // 9 to 10 and 99 to 100 are where numbers that are compared as text go wrong.
  for (const at of [1, 8, 9, 10, 11, 98, 99, 100, head - 1]) {
    const before = socket.frames.length
    socket.send({ type: 'subscribe', id: `at ${at}`, stream, position: `${epoch}:${at}` })
    await socket.next((frame) => frame.type === 'live' && socket.frames.indexOf(frame) > before)
    const seqs = socket.frames.slice(before).flatMap((frame) => frame['seq'] ?? [])
    expect(seqs).toEqual(Array.from({ length: head - at }, (_, index) => at + 1 + index))
    socket.send({ type: 'ack', positions: { [stream]: `${epoch}:${head}` }, bytes: socket.bytes })
  }
})

test('F32: sockets that vanish while their stream is opened take nothing from those that stay', async () => {
  const gate = new Gate()
  scripted(async () => {
    await gate.opened
    return { text: 'Hello there.' }
  })
  const one = await device()
  const run = await one.ask('hello')
  const stream = `thread:${run.thread_id}`
  for (let round = 0; round < 15; round += 1) {
    const socket = await greeted(one.person)
    socket.send({ type: 'subscribe', id: 's', stream, position: null })
    socket[Symbol.dispose]()
  }
  const late = await device(one.person)
  await late.follow(stream)
  gate.open()
  await Promise.all([one, late].map((each) => each.end(run.run_id, run.thread_id)))
  expect(faultsOf(one, stream)).toEqual([])
  expect(faultsOf(late, stream)).toEqual([])
  scripted({ text: 'Hello there.' })
})

test('F39, F44: after a duplicate the next message is taken at once, and no message is there twice', async () => {
  const one = await device()
  const message = (id: string, thread: unknown) => ({
    type: 'send_message',
    client_message_id: id,
    thread_id: thread,
    content: [{ type: 'text', text: `text of ${id}` }],
  })
  const first = await one.request(message('a', null))
  await one.follow(`thread:${String(first['thread_id'])}`)
  expect(await one.request(message('a', null))).toMatchObject({ duplicate: true })
  const next = await one.request(message('b', first['thread_id']))
  expect(next).toMatchObject({ type: 'ok' })
  expect(next['duplicate']).toBeUndefined()
  await one.end(String(next['run_id']), String(first['thread_id']))
  const page = await fetch(`${netra.url}/api/threads/${String(first['thread_id'])}/messages`, {
    headers: one.person.headers,
  })
  const { messages } = (await page.json()) as { messages: { role: string; text: string }[] }
  expect(messages.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual([
    'text of a',
    'text of b',
  ])
})

test('F45: an end that nobody was there to see is learnt by each device that comes later', async () => {
  const gate = new Gate()
  scripted(async () => {
    await gate.opened
    return { text: 'Done alone.' }
  })
  const one = await device()
  const mine = `user:${one.person.userId}`
  await one.follow(mine)
  const run = await one.ask('hello')
  one.disconnect()
  gate.open()
  const second = await device(one.person)
  await second.follow(mine)
  await second.until(
    mine,
    (event) => event['run_id'] === run.run_id && event['state'] === 'completed',
  )
  await one.connect(netra.url)
  await one.until(mine, (event) => event['run_id'] === run.run_id && event['state'] === 'completed')
  await second.follow(`thread:${run.thread_id}`)
  for (const each of [one, second]) {
    expect((await each.end(run.run_id, run.thread_id)).event).toMatchObject({
      final_response: 'Done alone.',
    })
    expect(faultsOf(each, mine)).toEqual([])
  }
  scripted({ text: 'Hello there.' })
})

test('F46: what was said before a failure stays, with the failure, for whoever comes later', async () => {
  scripted({ text: ['Half of ', 'an answer'], after: 'cut' })
  const one = await device()
  const run = await one.ask('hello')
  const end = await one.end(run.run_id, run.thread_id)
  scripted({ text: 'Hello there.' })
  expect(end.event).toMatchObject({ type: 'agent_failed' })
  const late = await device(one.person)
  const stream = `thread:${run.thread_id}`
  await late.follow(stream)
  await late.end(run.run_id, run.thread_id)
  expect(late.events.get(stream)).toEqual(one.events.get(stream))
  expect(shownText(late.events.get(stream) ?? [], run.run_id)).toContain('Half of an answer')
})

test('F3: a device that comes back between a tool and what follows it gets what follows', async () => {
  const gate = new Gate()
  model.script(async (_request, index) => {
    if (index === first) {
      return { toolCalls: [{ name: 'calculate', arguments: { expression: '6 * 7' } }] }
    }
    await gate.opened
    return { text: 'It is 42.' }
  })
  const first = model.requests.length
  const one = await device()
  const run = await one.ask('What is six times seven?')
  const stream = `thread:${run.thread_id}`
  await one.until(stream, (event) => event.type === 'tool_completed')
  one.disconnect()
  await one.connect(netra.url)
  gate.open()
  const end = await one.end(run.run_id, run.thread_id)
  expect(end.event).toMatchObject({ type: 'agent_completed', final_response: 'It is 42.' })
  expect(faultsOf(one, stream)).toEqual([])
  scripted({ text: 'Hello there.' })
})

test('F13: whoever subscribes while a run ends learns of its end', async () => {
  const gate = new Gate()
  scripted(async () => {
    await gate.opened
    return { text: ['The ', 'end.'], paceMs: 3 }
  })
  const one = await device()
  const run = await one.ask('hello')
  const stream = `thread:${run.thread_id}`
  using socket = await greeted(one.person)
  gate.open()
  // One subscription after the other, from before the run's end until after it.
  let at = 0
  let ended = false
  while (!ended) {
    ended = one.events.get(stream)?.some(({ event }) => event.type === 'agent_completed') ?? false
    at = socket.frames.length
    socket.send({ type: 'subscribe', id: `s${at}`, stream, position: null })
    await socket.next((frame) => frame['id'] === `s${at}`)
    const completed = await socket.next(
      (frame) =>
        socket.frames.indexOf(frame) >= at &&
        (frame['event'] as { type?: string } | undefined)?.type === 'agent_completed',
    )
    expect(completed['event']).toMatchObject({ run_id: run.run_id, final_response: 'The end.' })
    socket.send({ type: 'ack', positions: {}, bytes: socket.bytes })
  }
  scripted({ text: 'Hello there.' })
})

test('F91: a device that reads a long answer slowly ends with all of its text', async () => {
  const pieces = Array.from({ length: 2_000 }, (_, index) => `${index} ${'x'.repeat(1_000)} `)
  scripted({ text: pieces })
  const one = await device()
  using slow = await greeted(one.person)
  const run = await one.ask('hello')
  const stream = `thread:${run.thread_id}`
  slow.send({ type: 'subscribe', id: 's', stream, position: null })
  await one.end(run.run_id, run.thread_id)
  scripted({ text: 'Hello there.' })
  const got = () => slow.frames.filter((frame) => frame.type === 'event')
  const heldBack = got().length
  const head = one.events.get(stream)?.length ?? 0
  expect(slow.bytes).toBeLessThan(2 * 256 * 1024)
  expect(heldBack).toBeLessThan(head)
  for (let seen = 0; got().length < head;) {
    slow.send({ type: 'ack', positions: {}, bytes: slow.bytes })
    const now = seen
    await slow.next((frame) => frame.type === 'event' && slow.frames.indexOf(frame) >= now)
    seen = slow.frames.length
  }
  expect(got().map((frame) => frame['seq'])).toEqual(one.events.get(stream)?.map(({ seq }) => seq))
  const received = got() as unknown as Parameters<typeof shownText>[0]
  const shown = shownText(received, run.run_id)
  expect(shown.length).toBeGreaterThan(3 * 256 * 1024)
  expect(pieces.join('').startsWith(shown)).toBe(true)
})
