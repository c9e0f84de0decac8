import { afterAll, beforeAll, expect, test } from 'vitest'

import { bearer, makeKey } from './support/api-key.ts'
import { openEventStream } from './support/event-stream.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

let netra: NetraProcess
beforeAll(async () => {
  netra = await startNetra()
}, 60_000)
afterAll(() => netra[Symbol.asyncDispose]())

const make = (person: Person, scopes: string[]) => makeKey(netra.url, person, scopes)

test('a socket of a key reads and sends as its scopes say', async () => {
  const ada = await register(netra.url)
  const [reader, writer] = [await make(ada, ['chat:read']), await make(ada, ['chat:write'])]
  const stream = `user:${ada.userId}`
  const message = {
    type: 'send_message',
    id: 'send',
    client_message_id: 'one',
    thread_id: null,
    content: [{ type: 'text', text: 'hello' }],
  }
  using reading = await openSocket(netra.url)
  reading.send(hello(reader.key, { resume: [{ stream, position: null }] }))
  expect(await reading.next(({ type }) => type === 'welcome')).toMatchObject({
    user_id: ada.userId,
    streams: [{ stream, status: expect.not.stringMatching('not_found') }],
  })
  reading.send({ type: 'subscribe', id: 'sub', stream, position: null })
  expect(await reading.next(({ id }) => id === 'sub')).toMatchObject({ type: 'ok' })
  reading.send(message)
  expect(await reading.next(({ id }) => id === 'send')).toMatchObject({
    type: 'error',
    message: expect.stringContaining('chat:write'),
  })
  using writing = await openSocket(netra.url)
  writing.send(hello(writer.key, { resume: [{ stream, position: null }] }))
  expect(await writing.next(({ type }) => type === 'welcome')).toMatchObject({
    streams: [{ stream, status: 'not_found', head: null }],
  })
  writing.send({ type: 'subscribe', id: 'sub', stream, position: null })
  expect(await writing.next(({ id }) => id === 'sub')).toMatchObject({
    type: 'error',
    message: expect.stringContaining('chat:read'),
  })
  writing.send(message)
  expect(await writing.next(({ id }) => id === 'send')).toMatchObject({ type: 'ok' })
  expect(writing.frames.filter(({ type }) => type === 'event')).toEqual([])
})

test('a key of the bearer header opens a socket; streams by plain requests take it too', async () => {
  const ada = await register(netra.url)
  const { key } = await make(ada, ['chat:read'])
  using socket = await openSocket(netra.url, { headers: bearer(key) })
  const { token: _token, ...greeting } = hello('')
  socket.send(greeting)
  const welcome = await socket.next(({ type }) => type === 'welcome')
  expect(welcome).toMatchObject({ user_id: ada.userId })
  using events = await openEventStream(
    netra.url,
    { stream: `user:${ada.userId}` },
    { 'x-api-key': key },
  )
  await events.next(({ type }) => type === 'live')
})

test('a socket that goes on with a key has the rights of the key, and ends with it', async () => {
  const ada = await register(netra.url)
  const made = await make(ada, ['chat:write'])
  const stream = `user:${ada.userId}`
  const socket = await openSocket(netra.url)
  socket.send(hello(ada.token, { resume: [{ stream, position: null }] }))
  await socket.next(({ type }) => type === 'live')
  socket.send({ type: 'authenticate', token: made.key })
  await socket.next(({ type }) => type === 'authenticated')
  const title = { headers: ada.headers, body: { title: 'unseen' } }
  expect((await request(`${netra.url}/api/threads`, title)).status).toBe(201)
  socket.send({ type: 'subscribe', id: 'sub', stream, position: null })
  expect(await socket.next(({ id }) => id === 'sub')).toMatchObject({
    type: 'error',
    message: expect.stringContaining('chat:read'),
  })
  expect(JSON.stringify(socket.frames)).not.toContain('unseen')
  const url = `${netra.url}/auth/api-keys/${made.id}`
  await request(url, { method: 'DELETE', headers: ada.headers })
  expect((await socket.closed).code).toBe(4503)
})
