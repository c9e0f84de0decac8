import { afterAll, beforeAll, expect, test } from 'vitest'

import { openEventStream, type EventStream } from './support/event-stream.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { hello, openSocket, welcomedSocket, type RawSocket } from './support/raw-socket.ts'
import { setUp, signIn } from './support/sign-in.ts'

let netra: NetraProcess
let root: Person
beforeAll(async () => {
  netra = await startNetra()
  root = await setUp(netra)
}, 60_000)
afterAll(() => netra[Symbol.asyncDispose]())

const LIMIT_MS = 1_000
const asRoot = () => ({ headers: root.headers })

async function readerOf(person: { userId: string; headers: Record<string, string> }) {
  const stream = `user:${person.userId}`
  const reader = await openEventStream(netra.url, { stream }, person.headers)
  await reader.next(({ type }) => type === 'live')
  return reader
}

/** Milliseconds from now to the close frame, and its code. */
async function closed(socket: RawSocket): Promise<{ code: number; at: number }> {
  const { code } = await socket.closed
  return { code, at: performance.now() }
}

async function ended(reader: EventStream): Promise<{ code: number; at: number }> {
  const { message } = await reader.next(({ type }) => type === 'goaway')
  return { code: Number(message['code']), at: performance.now() }
}

async function sessionOf(person: Person): Promise<string> {
  const { body } = await request<{ sessions: { id: string; current: boolean }[] }>(
    `${netra.url}/auth/sessions`,
    { headers: person.headers },
  )
  const current = body.sessions.find((session) => session.current)
  if (!current) throw new Error('no current session')
  return current.id
}

async function keyOf(person: Person): Promise<{ id: string; key: string }> {
  const { body } = await request<{ id: string; key: string }>(`${netra.url}/auth/api-keys`, {
    headers: person.headers,
    body: { name: 'a program', scopes: ['chat:read', 'chat:write'], expires_in_days: 1 },
  })
  return body
}

/** Who loses which socket by which request; `by` is who is watched when it is not the person's login. */
const WAYS: {
  what: string
  code: number
  byKey?: true
  act: (person: Person, key: { id: string }) => Promise<{ status: number }>
}[] = [
  {
    what: 'logout',
    code: 4503,
    act: ({ headers }) => request(`${netra.url}/auth/logout`, { headers, body: {} }),
  },
  {
    what: 'logout everywhere, from another device',
    code: 4503,
    act: async ({ email }) => {
      const { headers } = await signIn(netra.url, email)
      return request(`${netra.url}/auth/logout`, { headers, body: { everywhere: true } })
    },
  },
  {
    what: 'the button beside a session, from another device',
    code: 4503,
    act: async (person) => {
      const { headers } = await signIn(netra.url, person.email)
      const url = `${netra.url}/auth/sessions/${await sessionOf(person)}`
      return request(url, { method: 'DELETE', headers })
    },
  },
  {
    what: 'a change of password, from another device',
    code: 4503,
    act: async ({ email }) => {
      const { headers } = await signIn(netra.url, email)
      const body = { current_password: PASSWORD, new_password: 'another battery staple' }
      return request(`${netra.url}/auth/password/change`, { headers, body })
    },
  },
  {
    what: 'a change of role',
    code: 4503,
    act: ({ userId }) =>
      request(`${netra.url}/auth/admin/users/${userId}`, {
        ...asRoot(),
        method: 'PATCH',
        body: { role: 'admin' },
      }),
  },
  {
    what: 'the administrator ends all sessions',
    code: 4503,
    act: ({ userId }) =>
      request(`${netra.url}/auth/admin/users/${userId}/sessions`, {
        ...asRoot(),
        method: 'DELETE',
      }),
  },
  {
    what: 'disabling the user',
    code: 4507,
    act: ({ userId }) =>
      request(`${netra.url}/auth/admin/users/${userId}`, {
        ...asRoot(),
        method: 'PATCH',
        body: { disabled: true },
      }),
  },
  {
    what: 'disabling the user, whose socket is a key’s',
    code: 4507,
    byKey: true,
    act: ({ userId }) =>
      request(`${netra.url}/auth/admin/users/${userId}`, {
        ...asRoot(),
        method: 'PATCH',
        body: { disabled: true },
      }),
  },
  {
    what: 'revoking the API key',
    code: 4503,
    byKey: true,
    act: ({ headers }, { id }) =>
      request(`${netra.url}/auth/api-keys/${id}`, { method: 'DELETE', headers }),
  },
  {
    what: 'removal of the account by its owner',
    code: 4503,
    act: ({ headers }) =>
      request(`${netra.url}/auth/me`, { method: 'DELETE', headers, body: { password: PASSWORD } }),
  },
  {
    what: 'removal of the account by the administrator',
    code: 4507,
    act: ({ userId }) =>
      request(`${netra.url}/auth/admin/users/${userId}`, { ...asRoot(), method: 'DELETE' }),
  },
]

test.each(WAYS)(
  '$what closes every open socket and stream with $code within a second (S11)',
  async ({ what, code, byKey, act }) => {
    const person = await register(netra.url)
    const bystander = await register(netra.url)
    const key = await keyOf(person)
    const token = byKey ? key.key : person.token
    const watched = {
      socket: await welcomedSocket(netra.url, token),
      second: await welcomedSocket(netra.url, token),
      reader: await readerOf({
        userId: person.userId,
        headers: { authorization: `Bearer ${token}` },
      }),
    }
    using other = await welcomedSocket(netra.url, bystander.token)
    const waiting = Promise.all([
      closed(watched.socket),
      closed(watched.second),
      ended(watched.reader),
    ])
    const { status } = await act(person, key)
    const answeredAt = performance.now()
    expect([200, 204]).toContain(status)
    const ends = await waiting
    expect(ends.map((end) => end.code)).toEqual([code, code, code])
    const delays = ends.map(({ at }) => Math.round(at - answeredAt))
    process.stderr.write(`${what}: ${code} after ${delays.join(', ')} ms\n`)
    expect(Math.max(...delays)).toBeLessThan(LIMIT_MS)
    const refused = await request(`${netra.url}/api/threads`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(refused.status).toBe(401)
    const again = await openSocket(netra.url)
    again.send(hello(token))
    expect((await again.closed).code).toBeGreaterThanOrEqual(4501)
    other.send({ type: 'subscribe', id: 'one', stream: `user:${bystander.userId}`, position: null })
    expect(await other.next(({ type }) => type === 'ok')).toMatchObject({ id: 'one' })
  },
)

test('a long poll ends with its session (S11)', async () => {
  const person = await register(netra.url)
  const stream = encodeURIComponent(`user:${person.userId}`)
  const first = await request<{ position: string }>(`${netra.url}/api/events?stream=${stream}`, {
    headers: { ...person.headers, accept: 'application/json' },
  })
  const at = encodeURIComponent(first.body.position)
  const poll = request<{ messages: { type: string; code?: number }[] }>(
    `${netra.url}/api/events?stream=${stream}&position=${at}`,
    { headers: { ...person.headers, accept: 'application/json' } },
  )
  await new Promise((resolve) => setTimeout(resolve, 200))
  await request(`${netra.url}/auth/logout`, { headers: person.headers, body: {} })
  const answeredAt = performance.now()
  const { body } = await poll
  const after = Math.round(performance.now() - answeredAt)
  process.stderr.write(`logout, long poll: ended after ${after} ms\n`)
  expect(after).toBeLessThan(LIMIT_MS)
  expect(body.messages.at(-1)).toMatchObject({ type: 'goaway', code: 4503 })
})
