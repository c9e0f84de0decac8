import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { converse, isEnd, openClassic, welcomedClassic } from './support/classic-client.ts'
import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import type { Frame, RawSocket } from './support/raw-socket.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let model: ModelServer
let netra: NetraProcess
let person: Person
let file: string

const SLOW = 'openai/test-model'
const CRITICAL = [
  'agent_started',
  'agent_thinking',
  'tool_executing',
  'tool_completed',
  'agent_completed',
]

beforeAll(async () => {
  model = await startModelServer({
    script: ({ lastUserText }) =>
      lastUserText.includes('take your time')
        ? { text: ['one ', 'two'], after: 'stall' }
        : { text: ['You said: ', lastUserText] },
  })
  netra = await startNetra({ env: { OPENAI_BASE_URL: `${model.url}/v1` } })
  person = await register(netra.url)
  const form = new FormData()
  const table = 'day,model,input_tokens\n1,a,10\n2,b,20\n'
  form.set('file', new Blob([table], { type: 'text/csv' }), 'tokens.csv')
  const uploaded = await fetch(`${netra.url}/api/files`, {
    method: 'POST',
    headers: person.headers,
    body: form,
  })
  file = ((await uploaded.json()) as { file_id: string }).file_id
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

const seqOf = (frame: Frame): number => Number(/:(\d+)$/.exec(String(frame['event_id']))?.[1])

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)

/** Asks for the answer to one message; a refusal is an answer too. */
async function ask(
  socket: RawSocket,
  type: string,
  payload: Record<string, unknown> = {},
): Promise<Frame> {
  const request_id = crypto.randomUUID()
  socket.send({ type, payload: { ...payload, request_id } })
  return socket.next((frame) => frame['in_reply_to'] === request_id)
}

/** A run that lasts until it is stopped. */
async function lasting(socket: RawSocket): Promise<{ run_id: string; thread_id: string }> {
  const answer = await ask(socket, 'user_message', { content: 'take your time', model: SLOW })
  const { run_id, thread_id } = answer as unknown as { run_id: string; thread_id: string }
  await socket.next((frame) => frame.type === 'message_delta' && frame['run_id'] === run_id)
  return { run_id, thread_id }
}

/** What the journal holds of a thread, as the native protocol reads it. */
async function journalOf(threadId: string): Promise<{ seq: number; event: Frame }[]> {
  const { body } = await request<{ messages: { type: string; seq: number; event: Frame }[] }>(
    `${netra.url}/api/events?stream=thread:${threadId}`,
    { headers: { ...person.headers, accept: 'application/json' } },
  )
  return body.messages.filter(({ type }) => type === 'event')
}

for (const path of ['/ws', '/websocket']) {
  test(`a token from /auth/login opens ${path} and is welcomed at once`, async () => {
    const { body } = await request<{ access_token: string }>(`${netra.url}/auth/login`, {
      body: { email: person.email, password: 'correct horse battery' },
    })
    using socket = await welcomedClassic(netra.url, body.access_token, { path })
    expect(socket.frames[0]).toEqual({
      type: 'system_message',
      data: {
        event: 'connection_established',
        connection_id: expect.any(String),
        user_id: person.userId,
        server_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        connection_ready: true,
        environment: 'development',
        expires_at: expect.any(String),
        config: { heartbeat_interval: 10, max_message_size: 65_536 },
      },
      timestamp: expect.any(String),
    })
  })
}

test('what is sent before the welcome is read is handled after it', async () => {
  using socket = await openClassic(netra.url, person.token)
  socket.send({ type: 'list_threads', request_id: 'first' })
  await socket.next((frame) => frame['in_reply_to'] === 'first')
  expect(socket.frames.map(({ type }) => type)).toEqual(['system_message', 'thread_list'])
})

test('ping, heartbeat and what nobody knows are answered each in its way', async () => {
  using socket = await welcomedClassic(netra.url, person.token)
  expect(await ask(socket, 'ping')).toMatchObject({ type: 'pong' })
  expect(await ask(socket, 'heartbeat')).toMatchObject({ type: 'heartbeat_ack' })
  expect(await ask(socket, 'shout')).toMatchObject({ type: 'ack', received_type: 'shout' })
})

test('what cannot be read is told and the socket lives, until the twentieth in a minute', async () => {
  using socket = await welcomedClassic(netra.url, person.token)
  for (const frame of [
    '{',
    '[]',
    '{"payload": {}}',
    '{"type": 7}',
    '{"type":"x","__proto__":{}}',
  ]) {
    socket.send(frame)
  }
  socket.send({ type: 'user_message', payload: { content: ' ' } })
  socket.send({ type: 'switch_thread', payload: { thread_id: 'nobody' } })
  expect(await ask(socket, 'list_threads')).toMatchObject({ type: 'thread_list' })
  const errors = socket.frames.filter(({ type }) => type === 'error')
  expect(errors.map((error) => String(error['error_code'])).toSorted()).toEqual(
    [
      'DB_RECORD_NOT_FOUND',
      'INVALID_JSON',
      'INVALID_JSON',
      'INVALID_JSON',
      'MISSING_TYPE',
      'MISSING_TYPE',
      'VALIDATION_ERROR',
    ].toSorted(),
  )
  for (let count = 0; count < 13; count++) socket.send('{')
  expect(await socket.closed).toMatchObject({ code: 1008 })
  expect(socket.frames.at(-1)).toMatchObject({
    type: 'error_message',
    error_code: 'TOO_MANY_ERRORS',
  })
})

test('a run that uses tools shows all five critical events in order, each in its classic form', async () => {
  using socket = await welcomedClassic(netra.url, person.token)
  const { frames, runId, threadId } = await converse(socket, {
    type: 'user_message',
    payload: {
      content: 'How many rows are there?',
      attachments: [{ file_id: file }],
      model: 'netra/builtin',
    },
  })
  const types = frames.map(({ type }) => type)
  const firsts = CRITICAL.map((type) => types.indexOf(type))
  expect(firsts.every((at) => at >= 0)).toBe(true)
  expect(firsts).toEqual(firsts.toSorted((a, b) => a - b))
  for (const frame of frames) {
    const { payload } = frame as unknown as { payload: Record<string, unknown> }
    expect(frame).toMatchObject({
      run_id: runId,
      user_id: person.userId,
      thread_id: threadId,
      agent_name: 'data',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      event_id: `thread:${threadId}|${String(frame['event_id']).split('|')[1]}`,
    })
    // The same fields flat beside the payload.
    for (const [name, value] of Object.entries(payload)) expect(frame[name]).toEqual(value)
  }
  const first = (type: string) => frames.find((frame) => frame.type === type)?.['payload']
  expect(first('agent_thinking')).toMatchObject({ reasoning: expect.any(String), step: 1 })
  expect(first('tool_executing')).toMatchObject({
    tool_name: 'profile_table',
    parameters: { file_id: file },
    tool_call_id: expect.any(String),
  })
  const tool = first('tool_completed') as { duration: number; duration_ms: number }
  expect(tool).toMatchObject({ tool_name: 'profile_table', status: 'ok', results: { rows: 2 } })
  expect(tool.duration).toBe(tool.duration_ms / 1000)
  expect(first('agent_completed')).toMatchObject({
    final_response: expect.stringContaining('2'),
    duration: expect.any(Number),
    usage: { input_tokens: 0, output_tokens: 0 },
  })
  expect(first('message_added')).toMatchObject({ role: 'user', attachments: [{ file_id: file }] })
})

test('a classic socket gets every event of its threads once, as the journal has them', async () => {
  using socket = await welcomedClassic(netra.url, person.token)
  const { threadId } = await converse(socket, {
    type: 'chat_message',
    payload: { content: 'first', model: SLOW },
  })
  await converse(socket, {
    type: 'start_agent',
    payload: { user_request: 'second', thread_id: threadId, model: SLOW },
  })
  const events = socket.frames.filter((frame) => 'event_id' in frame)
  const journal = await journalOf(threadId)
  expect(events.map(seqOf)).toEqual(upTo(journal.length))
  expect(events.map(({ type }) => type)).toEqual(journal.map(({ event }) => event.type))
  const deltas = events.filter(({ type }) => type === 'message_delta').map((event) => event['text'])
  expect(deltas.join('')).toBe('You said: firstYou said: second')
})

test('the same message sent again with its id starts no other run, and another text is refused', async () => {
  using socket = await welcomedClassic(netra.url, person.token)
  const wish = { content: 'only once', model: SLOW }
  const { runId } = await converse(socket, { type: 'user_message', payload: wish })
  const first = socket.frames.find(({ type }) => type === 'message_received')
  const message_id = String(first?.['client_message_id'])
  using again = await welcomedClassic(netra.url, person.token)
  again.send({ type: 'user_message', payload: { ...wish, message_id } })
  expect(await again.next(({ type }) => type === 'message_received')).toMatchObject({
    run_id: runId,
    duplicate: true,
  })
  // Whoever did not hear of the first is told all of it.
  await again.next(isEnd(runId))
  const events = again.frames.filter((frame) => 'event_id' in frame)
  expect(events.map(seqOf)).toEqual(upTo(events.length))
  again.send({ type: 'user_message', payload: { ...wish, message_id, content: 'another text' } })
  expect(await again.next(({ type }) => type === 'error')).toMatchObject({
    error_code: 'DB_RECORD_EXISTS',
    received_type: 'user_message',
    in_reply_to: message_id,
  })
})

test('stop_agent stops by run, by thread, or whatever this socket has under way', async () => {
  using socket = await welcomedClassic(netra.url, person.token)
  for (const wish of ['run_id', 'thread_id', 'none'] as const) {
    const run = await lasting(socket)
    const payload = wish === 'none' ? {} : { [wish]: run[wish] }
    expect(await ask(socket, 'stop_agent', payload)).toMatchObject({
      type: 'agent_stopped',
      status: 'stopped',
      run_ids: [run.run_id],
    })
    const end = await socket.next(isEnd(run.run_id))
    expect(end).toMatchObject({ type: 'run_cancelled', by: person.userId })
  }
  expect(await ask(socket, 'stop_agent')).toMatchObject({ status: 'nothing_to_stop', run_ids: [] })
})

test('threads are made, listed, renamed, switched to, read and deleted', async () => {
  using socket = await welcomedClassic(netra.url, person.token)
  const made = await ask(socket, 'create_thread', { name: 'Costs' })
  expect(made).toMatchObject({ type: 'thread_created', title: 'Costs' })
  const { thread_id } = made
  // A message that names no thread goes to the one that was made.
  const { threadId } = await converse(socket, {
    type: 'user_message',
    payload: { content: 'hello', model: SLOW },
  })
  expect(threadId).toBe(thread_id)
  expect(await ask(socket, 'get_thread_history', {})).toMatchObject({
    type: 'thread_history',
    thread_id,
    messages: [
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'You said: hello' },
    ],
    payload: { thread_id },
  })
  expect(await ask(socket, 'rename_thread', { thread_id, title: 'Prices' })).toMatchObject({
    type: 'thread_renamed',
    title: 'Prices',
  })
  const listed = (await ask(socket, 'get_threads', { limit: 1 }))['threads']
  expect(listed).toMatchObject([{ id: thread_id, title: 'Prices', message_count: 2 }])
  expect(await ask(socket, 'switch_thread', { thread_id })).toMatchObject({
    type: 'thread_switched',
    title: 'Prices',
    last_event_id: expect.stringContaining(`thread:${String(thread_id)}|`),
  })
  expect(await ask(socket, 'delete_thread', { thread_id })).toMatchObject({
    type: 'thread_deleted',
  })
  expect(await ask(socket, 'get_thread_history', { thread_id })).toMatchObject({
    type: 'error',
    error_code: 'DB_RECORD_NOT_FOUND',
  })
})

test('a client that was cut off gets what it missed by its last event, and nothing twice', async () => {
  const begun = await welcomedClassic(netra.url, person.token)
  const { run_id, thread_id } = await lasting(begun)
  const seen = begun.frames.filter((frame) => frame['run_id'] === run_id && 'event_id' in frame)
  const cutAt = seen.at(2)
  begun[Symbol.dispose]()
  using back = await welcomedClassic(netra.url, person.token)
  const answer = await ask(back, 'switch_thread', {
    thread_id,
    last_event_id: cutAt?.['event_id'],
  })
  expect(answer).toMatchObject({ type: 'thread_switched', thread_id })
  await ask(back, 'stop_agent', { run_id })
  await back.next(isEnd(run_id))
  const events = back.frames.filter((frame) => 'event_id' in frame)
  const missed = upTo(seqOf(events.at(-1) ?? { type: '' })).slice(seqOf(cutAt ?? { type: '' }))
  expect(events.map(seqOf)).toEqual(missed)
  expect(events.every((event) => event['agent_name'] !== null)).toBe(true)

  const from = async (last_event_id: string | null): Promise<Frame[]> => {
    using socket = await welcomedClassic(netra.url, person.token)
    await ask(socket, 'switch_thread', { thread_id, last_event_id })
    await socket.next((frame) => frame.type === 'thread_loaded' || isEnd(run_id)(frame))
    return socket.frames.filter((frame) => 'event_id' in frame)
  }
  // From the beginning; and from a place that nobody knows, which is answered by the thread as it is.
  expect((await from(null)).map(seqOf)).toEqual(upTo(seqOf(events.at(-1) ?? { type: '' })))
  for (const nonsense of ['', 'nonsense', `thread:${thread_id}|other:7`]) {
    const [loaded, ...rest] = await from(nonsense)
    expect(rest).toEqual([])
    expect(loaded).toMatchObject({
      type: 'thread_loaded',
      thread_id,
      messages: [{ role: 'user', content: 'take your time' }, { role: 'assistant' }],
      runs: [{ run_id, status: 'cancelled' }],
      event_id: events.at(-1)?.['event_id'],
    })
  }
})

test('several messages at once each get their own run and all its events', async () => {
  using socket = await welcomedClassic(netra.url, person.token)
  const runs = await Promise.all(
    upTo(6).map((number) =>
      converse(socket, { type: 'user_message', payload: { content: `no ${number}`, model: SLOW } }),
    ),
  )
  expect(new Set(runs.map(({ threadId }) => threadId)).size).toBe(6)
  for (const { frames } of runs) {
    expect(frames.map(seqOf)).toEqual(upTo(frames.length))
    expect(frames.at(-1)).toMatchObject({ type: 'agent_completed' })
  }
})

test("somebody else's thread and run are as absent as those that do not exist", async () => {
  using mine = await welcomedClassic(netra.url, person.token)
  const run = await lasting(mine)
  const other = await register(netra.url)
  using theirs = await welcomedClassic(netra.url, other.token)
  const tries: [string, Record<string, unknown>, string][] = [
    ['switch_thread', { thread_id: run.thread_id, last_event_id: null }, 'thread_id'],
    ['get_thread_history', { thread_id: run.thread_id }, 'thread_id'],
    ['user_message', { content: 'x', thread_id: run.thread_id }, 'thread_id'],
    ['rename_thread', { thread_id: run.thread_id, title: 'x' }, 'thread_id'],
    ['delete_thread', { thread_id: run.thread_id }, 'thread_id'],
    ['stop_agent', { run_id: run.run_id }, 'run_id'],
  ]
  const bare = ({ timestamp: _at, in_reply_to: _to, ...frame }: Frame) => frame
  for (const [type, payload, name] of tries) {
    const foreign = await ask(theirs, type, payload)
    const absent = await ask(theirs, type, { ...payload, [name]: crypto.randomUUID() })
    expect(foreign).toMatchObject({ type: 'error', error_code: 'DB_RECORD_NOT_FOUND' })
    expect(bare(foreign)).toEqual(bare(absent))
  }
  const stopped = await ask(theirs, 'stop_agent', { thread_id: run.thread_id })
  expect(stopped).toMatchObject({ status: 'nothing_to_stop' })
  expect(JSON.stringify(theirs.frames)).not.toContain(run.run_id)
  await ask(mine, 'stop_agent', { run_id: run.run_id })
  await mine.next(isEnd(run.run_id))
})
