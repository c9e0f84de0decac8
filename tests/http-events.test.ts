import { afterAll, beforeAll, expect, test } from 'vitest'

import { openEventStream } from './support/event-stream.ts'
import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import type { Frame } from './support/raw-socket.ts'

const TERMINAL = 'agent_completed'
let model: ModelServer
let netra: NetraProcess
let person: Person

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Hello there.' }] })
  const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' }
  netra = await startNetra({ env })
  person = await register(netra.url)
}, 60_000)

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

let messages = 0

const command = (someone: Person, body: unknown, headers: Record<string, string> = {}) =>
  request<Frame>(`${netra.url}/api/commands`, {
    headers: { ...someone.headers, ...headers },
    body,
  })

const message = (more: Record<string, unknown> = {}) => ({
  type: 'send_message',
  id: 'request',
  client_message_id: `message-${++messages}`,
  thread_id: null,
  content: [{ type: 'text', text: 'hello' }],
  ...more,
})

/** Sends a message and answers where its thread is. */
async function ask(someone: Person): Promise<{ stream: string; position: string; run: string }> {
  const { status, body } = await command(someone, message())
  expect([status, body.type]).toEqual([200, 'ok'])
  const { thread_id: thread, position, run_id: run } = body
  return { stream: `thread:${String(thread)}`, position: String(position), run: String(run) }
}

const read = (someone: Person, query: Record<string, string>, headers = {}) =>
  openEventStream(netra.url, query, { ...someone.headers, ...headers })

const poll = (someone: Person, query: Record<string, string>) =>
  request<{ messages: Frame[]; position: string }>(
    `${netra.url}/api/events?${new URLSearchParams(query)}`,
    { headers: { ...someone.headers, accept: 'application/json' } },
  )

const isEnd = (frame: Frame): boolean =>
  frame.type === 'event' && (frame['event'] as Frame).type === TERMINAL

const seqs = (frames: readonly Frame[]) =>
  frames.filter(({ type }) => type === 'event').map((frame) => Number(frame['seq']))

const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

test('both addresses are named by the configuration', async () => {
  const { body } = await request(`${netra.url}/api/config`)
  expect(body['events_url']).toBe(`${netra.url}/api/events`)
  expect(body['commands_url']).toBe(`${netra.url}/api/commands`)
})

test('a run is followed by a streamed answer: in order, once, and each id is the place after it', async () => {
  const { stream, position } = await ask(person)
  using events = await read(person, { stream, position })
  await events.next(isEnd)
  const frames = events.received.map((received) => received.message)
  expect(seqs(frames)).toEqual(oneTo(seqs(frames).length))
  const epoch = position.split(':')[0]
  for (const received of events.received) {
    if (received.message.type !== 'event') continue
    expect(received.id).toBe(`${stream}|${epoch}:${String(received.message['seq'])}`)
  }
})

test('F6: a reader cut off before any event, or after some, goes on from its last id', async () => {
  const { stream } = await ask(person)
  using whole = await read(person, { stream })
  const end = await whole.next(isEnd)
  const all = whole.received.map((received) => received.message)
  const third = whole.received.find((received) => received.message['seq'] === 3)?.id ?? ''
  for (let attempt = 0; attempt < 2; attempt++) {
    using rest = await read(person, { stream, position: 'x' }, { 'last-event-id': third })
    await rest.next(isEnd)
    const frames = rest.received.map((received) => received.message)
    expect(frames[0]).toEqual(all.find((frame) => frame['seq'] === 4))
  }
  using nothing = await read(person, { stream }, { 'last-event-id': end.id ?? '' })
  const live = await nothing.next((frame) => frame.type === 'live')
  expect(nothing.received).toEqual([live])
})

test('F5: who never received anything is given everything', async () => {
  const { stream } = await ask(person)
  using first = await read(person, { stream })
  first[Symbol.dispose]()
  using again = await read(person, { stream })
  const end = await again.next(isEnd)
  const frames = again.received.map((received) => received.message)
  expect(seqs(frames)).toEqual(oneTo(Number(end.message['seq'])))
})

test('F16: whatever is claimed as a position has a defined answer', async () => {
  const { stream, position } = await ask(person)
  using whole = await read(person, { stream })
  await whole.next(isEnd)
  const epoch = position.split(':')[0] ?? ''
  const claims: [string, string[]][] = [
    [`${epoch}:1000000`, ['reset', 'snapshot']],
    ['another-epoch:1', ['reset', 'snapshot']],
    [`${epoch}:-1`, ['snapshot']],
    [`${epoch}:9007199254740993`, ['snapshot']],
    ['garbage', ['snapshot']],
    ['', ['snapshot']],
  ]
  for (const [claim, expected] of claims) {
    using events = await read(person, { stream, position: claim })
    await events.next((frame) => frame.type === 'live')
    const types = events.received.map((received) => received.message.type)
    expect([claim, types.slice(0, -1)]).toEqual([claim, expected])
    expect(events.received.find((received) => received.message.type === 'reset')?.id).toBe(
      undefined,
    )
    expect(
      events.received.find((received) => received.message.type === 'snapshot')?.id,
    ).toBeDefined()
  }
  using other = await read(person, { stream }, { 'last-event-id': `user:x|${epoch}:1` })
  await other.next((frame) => frame.type === 'live')
  expect(other.received[0]?.message.type).toBe('snapshot')
  const long = await poll(person, { stream, position: 'x'.repeat(200) })
  expect(long.status).toBe(422)
})

test('F98: a foreign stream is as absent as one that does not exist', async () => {
  const { stream } = await ask(person)
  const other = await register(netra.url)
  const answers = await Promise.all(
    [stream, 'thread:nothing', 'user:nobody', 'nonsense'].map((name) =>
      poll(other, { stream: name }),
    ),
  )
  const texts = answers.map(({ status, body }) => [
    status,
    (body as unknown as { message: string }).message,
  ])
  expect(new Set(texts.map((text) => JSON.stringify(text))).size).toBe(1)
  expect(texts[0]?.[0]).toBe(404)
})

test('without credentials, or with bad ones, no byte of a stream comes', async () => {
  using none = await openEventStream(netra.url, { stream: 'user:x' }, {})
  expect([none.status, none.received]).toEqual([403, []])
  const authorization = `Bearer ${person.token.slice(0, -6)}AAAAAA`
  using forged = await openEventStream(netra.url, { stream: 'user:x' }, { authorization })
  expect([forged.status, forged.received]).toEqual([401, []])
})

test('a cookie counts only from a page of ours', async () => {
  const query = { stream: `user:${person.userId}` }
  const { cookie } = person
  using blind = await openEventStream(netra.url, query, { cookie })
  expect(blind.status).toBe(403)
  using evil = await openEventStream(netra.url, query, { cookie, origin: 'https://evil.example' })
  expect(evil.status).toBe(403)
  const proofs: Record<string, string>[] = [
    { origin: netra.url },
    { 'sec-fetch-site': 'same-origin' },
  ]
  for (const proof of proofs) {
    using own = await openEventStream(netra.url, query, { cookie, ...proof })
    expect(own.status).toBe(200)
    await own.next((frame) => frame.type === 'live')
  }
})

test('a poll answers at once when there is something, and from where the last one ended', async () => {
  const { stream, position } = await ask(person)
  const frames: Frame[] = []
  let from = position
  while (!frames.some(isEnd)) {
    const { status, body } = await poll(person, { stream, position: from })
    expect(status).toBe(200)
    frames.push(...body.messages)
    from = body.position
  }
  const received = seqs(frames)
  expect(received).toEqual(oneTo(received.length))
  expect(from).toBe(`${position.split(':')[0]}:${received.length}`)
})

test('a poll that waits is answered by the next event', async () => {
  const { stream } = await ask(person)
  using events = await read(person, { stream })
  const end = await events.next(isEnd)
  const head = String(end.id?.split('|')[1])
  const waiting = poll(person, { stream, position: head })
  const { status } = await command(person, message({ thread_id: stream.slice('thread:'.length) }))
  expect(status).toBe(200)
  const { body } = await waiting
  expect(seqs(body.messages)[0]).toBe(Number(end.message['seq']) + 1)
})

test('who knows nothing learns at once that there is nothing', async () => {
  const someone = await register(netra.url)
  const { body } = await poll(someone, { stream: `user:${someone.userId}` })
  expect(body.messages.map(({ type }) => type)).toEqual(['live'])
  expect(body.position).toMatch(/:0$/)
})

test('the same command twice, by request and by request, is one run', async () => {
  const once = message()
  const [first, second] = [await command(person, once), await command(person, once)]
  expect(first.body['duplicate']).toBe(undefined)
  expect(second.body).toEqual({ ...first.body, duplicate: true })
  const other = await command(person, { ...once, content: [{ type: 'text', text: 'other' }] })
  expect([other.status, other.body['code'], other.body['id']]).toEqual([409, 'conflict', 'request'])
})

test('what cannot be carried out is answered as on a socket, with the status of its code', async () => {
  const cancel = { type: 'cancel_run', id: 'c', run_id: 'nothing' }
  expect(await command(person, cancel)).toMatchObject({
    status: 404,
    body: { type: 'error', id: 'c', code: 'not_found' },
  })
  const bad: [unknown, number, string][] = [
    [{ type: 'send_message', id: 'x' }, 400, 'malformed'],
    [{ type: 'no_such_type', id: 'x' }, 400, 'unknown_type'],
    [{ type: 'subscribe', id: 'x', stream: `user:${person.userId}` }, 400, 'unsupported'],
    [{ type: 'hello', protocol: 1, device: 'd', instance: 'i' }, 400, 'unsupported'],
    [message({ content: [{ type: 'text', text: 'x'.repeat(70_000) }] }), 413, 'too_large'],
    [message({ content: [{ type: 'text', text: 'x'.repeat(2_000_000) }] }), 413, 'too_large'],
    [[message()], 400, 'malformed'],
  ]
  for (const [body, status, code] of bad) {
    const answer = await command(person, body)
    expect([answer.status, answer.body.type, answer.body['code']]).toEqual([status, 'error', code])
  }
})

test('F104: nothing that is sent as a command is more than an error', async () => {
  const bodies = [
    '{',
    '',
    '[]',
    'null',
    '{"type":"send_message","__proto__":{"x":1}}',
    '['.repeat(40),
  ]
  for (const text of bodies) {
    const response = await fetch(`${netra.url}/api/commands`, {
      method: 'POST',
      headers: { ...person.headers, 'content-type': 'application/json' },
      body: text,
    })
    expect([text, response.status]).toEqual([text, 400])
    expect(await response.json()).toMatchObject({ type: 'error', code: 'malformed' })
  }
  expect((await request(`${netra.url}/health`)).status).toBe(200)
})

test('a request that was repeated by the browser itself starts no run', async () => {
  const body = message()
  const refused = await command(person, body, { 'last-event-id': 'thread:x|e:1' })
  expect(refused).toMatchObject({ status: 400, body: { code: 'unsupported' } })
  const accepted = await command(person, body)
  expect(accepted.body['duplicate']).toBe(undefined)
})

test('F106: too many commands by request are told when to come back', async () => {
  const someone = await register(netra.url)
  const cancel = { type: 'cancel_run', id: 'c', run_id: 'nothing' }
  const answers = await Promise.all(oneTo(260).map(() => command(someone, cancel)))
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]?.body).toMatchObject({ code: 'rate_limited', retry: 'after' })
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await command(person, message())).status).toBe(200)
})

test('F43: what a page asks for anew takes the place of what it asked before', async () => {
  const query = { stream: `user:${person.userId}`, device: 'd', instance: 'page' }
  using older = await read(person, query)
  await older.next((frame) => frame.type === 'live')
  using newer = await read(person, query)
  await newer.next((frame) => frame.type === 'live')
  const goaway = await older.next((frame) => frame.type === 'goaway')
  expect(goaway.message['code']).toBe(4506)
  expect(await older.closed).toBe(true)
  expect(newer.received.some((received) => received.message.type === 'goaway')).toBe(false)
})

test('F96: the end of a login session ends its streams, polls too, and nothing more is answered', async () => {
  const someone = await register(netra.url)
  const stream = `user:${someone.userId}`
  using events = await read(someone, { stream })
  const { id } = await events.next((frame) => frame.type === 'live')
  // The first is answered because the other one took its place: so that one waits now.
  const query = { stream, position: id?.split('|')[1] ?? '', instance: 'page' }
  const polls = [poll(someone, query), poll(someone, query)]
  await Promise.race(polls)
  await fetch(`${netra.url}/auth/logout`, { method: 'POST', headers: someone.headers })
  const goaway = await events.next((frame) => frame.type === 'goaway')
  expect(goaway.message['code']).toBe(4503)
  await events.closed
  const codes = (await Promise.all(polls)).map(({ body }) => body.messages.at(-1)?.['code'])
  expect(new Set(codes)).toEqual(new Set([4503, 4506]))
  expect((await poll(someone, { stream })).status).toBe(401)
})

test('a server that goes down says so and when to come back', async () => {
  await using own = await startNetra()
  const someone = await register(own.url)
  using events = await openEventStream(
    own.url,
    { stream: `user:${someone.userId}` },
    someone.headers,
  )
  await events.next((frame) => frame.type === 'live')
  expect(await own.kill('SIGTERM')).toBe(0)
  const goaway = await events.next((frame) => frame.type === 'goaway')
  // Two seconds, less what sending one away is spread over.
  expect(goaway.message).toMatchObject({ code: 4001, after_ms: 500, jitter_ms: 1_990 })
  expect(await events.closed).toBe(true)
})
