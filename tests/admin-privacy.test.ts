import { afterAll, beforeAll, expect, test } from 'vitest'

import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, requestsAs, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'
import { setUp, signIn } from './support/sign-in.ts'

let netra: NetraProcess
let root: Person
beforeAll(async () => {
  netra = await startNetra()
  root = await setUp(netra)
}, 60_000)
afterAll(() => netra[Symbol.asyncDispose]())

const call = requestsAs(() => netra)

async function conversationOf(person: Person, marker: string) {
  const thread = await call<{ id: string }>(person, 'POST', '/api/threads', {
    title: `${marker} title`,
  })
  const sent = await call<{ run_id: string }>(
    person,
    'POST',
    `/api/threads/${thread.body.id}/messages`,
    { content: `${marker} text` },
  )
  const form = new FormData()
  form.append('file', new Blob([`a,b\n${marker},1\n`], { type: 'text/csv' }), `${marker}.csv`)
  const uploaded = await fetch(`${netra.url}/api/files`, {
    method: 'POST',
    headers: person.headers,
    body: form,
  })
  const { file_id: fileId } = (await uploaded.json()) as { file_id: string }
  return { threadId: thread.body.id, runId: sent.body.run_id, fileId }
}

test('an administrator sees nothing of other people’s chats and files (S10, S19)', async () => {
  const ada = await register(netra.url)
  const marker = 'zqxmarker'
  const { threadId, runId, fileId } = await conversationOf(ada, marker)
  expect(JSON.stringify((await call(ada, 'GET', '/api/threads')).body)).toContain(marker)
  const absent: [string, string, unknown?][] = [
    ['GET', `/api/threads/${threadId}`],
    ['GET', `/api/threads/${threadId}/messages`],
    ['GET', `/api/threads/${threadId}/export`],
    ['PUT', `/api/threads/${threadId}`, { title: 'mine' }],
    ['DELETE', `/api/threads/${threadId}`],
    ['GET', `/api/files/${fileId}/content`],
    ['DELETE', `/api/files/${fileId}`],
    ['GET', `/api/chat/messages?thread_id=${threadId}`],
    ['GET', `/api/events?stream=thread:${threadId}`],
    ['GET', `/api/events?stream=user:${ada.userId}`],
  ]
  for (const [method, path, body] of absent) {
    const answer = await call(root, method, path, body)
    expect({ method, path, status: answer.status }).toEqual({ method, path, status: 404 })
    expect(JSON.stringify(answer.body)).not.toContain(marker)
  }
  const everywhere = [
    '/api/threads',
    `/api/threads?q=${marker}`,
    '/api/files',
    '/auth/admin/users',
    `/auth/admin/users?q=${ada.email}`,
    `/auth/admin/users/${ada.userId}`,
    '/auth/admin/invitations',
    `/auth/admin/audit?user=${ada.userId}`,
    '/auth/admin/audit/export?format=jsonl',
    '/auth/admin/audit/export?format=csv',
    '/api/admin/retention',
    '/api/admin/connections',
    '/auth/me/data',
    '/metrics',
  ]
  for (const path of everywhere) {
    const answer = await fetch(`${netra.url}${path}`, { headers: root.headers })
    expect({ path, status: answer.status }).toEqual({ path, status: 200 })
    expect(await answer.text()).not.toContain(marker)
  }
  using socket = await openSocket(netra.url)
  const streams = [`thread:${threadId}`, `user:${ada.userId}`]
  const resume = streams.map((stream) => ({ stream, position: null }))
  socket.send(hello(root.token, { resume }))
  expect(await socket.next(({ type }) => type === 'welcome')).toMatchObject({
    streams: streams.map((stream) => ({ stream, status: 'not_found', head: null })),
  })
  socket.send({ type: 'cancel_run', id: 'stop', run_id: runId })
  expect(await socket.next(({ id }) => id === 'stop')).toMatchObject({ code: 'not_found' })
  expect(JSON.stringify(socket.frames)).not.toContain(marker)
})

test('a user whom the administrator removes is gone with chats, files and sign-in; others stay', async () => {
  const [ada, bob] = [await register(netra.url), await register(netra.url)]
  await conversationOf(ada, 'zqgone')
  await conversationOf(bob, 'zqkept')
  expect((await call(root, 'DELETE', `/auth/admin/users/${ada.userId}`)).status).toBe(204)
  expect((await call(ada, 'GET', '/api/threads')).status).toBe(401)
  await expect(signIn(netra.url, ada.email)).rejects.toThrow('401')
  expect((await call(root, 'DELETE', `/auth/admin/users/${ada.userId}`)).status).toBe(404)
  const listed = await call(root, 'GET', `/auth/admin/users?q=${ada.email}`)
  expect(listed.body['total']).toBe(0)
  expect(JSON.stringify((await call(bob, 'GET', '/api/threads')).body)).toContain('zqkept')
  // The address is free; whoever has it now finds nothing.
  const next = await register(netra.url, ada.email)
  expect((await call<unknown[]>(next, 'GET', '/api/threads')).body).toEqual([])
})

test('an own account goes by password, or soon after signing in', async () => {
  const [ada, bob] = [await register(netra.url), await register(netra.url)]
  const wrong = await call(ada, 'DELETE', '/auth/me', { password: 'not this one' })
  expect(wrong.status).toBe(401)
  expect((await call(ada, 'GET', '/auth/me')).status).toBe(200)
  expect((await call(ada, 'DELETE', '/auth/me', { password: PASSWORD })).status).toBe(204)
  expect((await call(ada, 'GET', '/auth/me')).status).toBe(401)
  expect((await call(bob, 'DELETE', '/api/account')).status).toBe(204)
  expect((await call(bob, 'GET', '/auth/me')).status).toBe(401)
})
