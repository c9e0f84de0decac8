import { afterAll, beforeAll, expect, test } from 'vitest'

import { openAuth } from '../packages/server/src/auth/auth.ts'
import { request } from './support/http.ts'
import { startModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { welcomedSocket } from './support/raw-socket.ts'
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

test.each([
  [
    'logout',
    (person: Person) => request(`${netra.url}/auth/logout`, { headers: person.headers, body: {} }),
  ],
  [
    'disabling',
    (person: Person) =>
      request(`${netra.url}/auth/admin/users/${person.userId}`, {
        ...asRoot(),
        method: 'PATCH',
        body: { disabled: true },
      }),
  ],
] as const)(
  'what is sent at the moment of %s is carried out whole or not at all, and nothing afterwards (S10)',
  async (_what, act) => {
    const person = await register(netra.url)
    const socket = await welcomedSocket(netra.url, person.token)
    const send = (n: number, moment: string) =>
      socket.send({
        type: 'send_message',
        id: `${moment}-${n}`,
        client_message_id: `${moment}-${n}`,
        thread_id: null,
        content: [{ type: 'text', text: `${moment} ${n}` }],
      })
    for (let n = 0; n < 10; n++) send(n, 'before')
    const acting = act(person)
    for (let n = 0; n < 10; n++) send(n, 'meanwhile')
    expect((await acting).status).toBe(200)
    // The socket may be open on this side still: what goes out now is too late in any case.
    for (let n = 0; n < 10; n++) send(n, 'after')
    await socket.closed
    if (_what === 'disabling') {
      const url = `${netra.url}/auth/admin/users/${person.userId}`
      await request(url, { ...asRoot(), method: 'PATCH', body: { disabled: false } })
    }
    const { headers } = await signIn(netra.url, person.email)
    const { body: threads } = await request<{ id: string }[]>(
      `${netra.url}/api/threads?limit=200`,
      { headers },
    )
    const said = await Promise.all(
      threads.map(async ({ id }) => {
        const { body } = await request<{ messages: { role: string; text: string }[] }>(
          `${netra.url}/api/threads/${id}/messages`,
          { headers },
        )
        return body.messages.filter(({ role }) => role === 'user').map(({ text }) => text)
      }),
    )
    const texts = said.flat()
    const accepted = socket.frames.filter(
      ({ type, id }) => type === 'ok' && String(id).includes('-'),
    )
    for (const { id } of accepted) expect(texts).toContain(String(id).replace('-', ' '))
    expect(texts.filter((text) => text.startsWith('after'))).toEqual([])
    expect(new Set(texts).size).toBe(texts.length)
  },
)

test('a session that another process ended is refused at the very next command, before any feed tells (S10, S12)', async () => {
  const auth = await openAuth({ folder: netra.folder, publicUrl: netra.url })
  try {
    for (let round = 0; round < 5; round++) {
      const person = await register(netra.url)
      const socket = await welcomedSocket(netra.url, person.token)
      const found = await auth.authenticate({ authorization: `Bearer ${person.token}` })
      if (!found.ok) throw new Error(found.why)
      auth.logout(found.identity)
      socket.send({
        type: 'send_message',
        id: 'late',
        client_message_id: 'late',
        thread_id: null,
        content: [{ type: 'text', text: 'too late' }],
      })
      expect((await socket.closed).code).toBe(4503)
      expect(socket.frames.filter(({ id }) => id === 'late')).toEqual([])
      const { headers } = await signIn(netra.url, person.email)
      expect((await request(`${netra.url}/api/threads`, { headers })).body).toEqual([])
    }
  } finally {
    await auth[Symbol.asyncDispose]()
  }
})

test.each([
  ['and is signed in', true],
  ['and is signed in nowhere', false],
])(
  'what runs for a user who is disabled %s stops within a second (S30)',
  async (_how, signedIn) => {
    await using model = await startModelServer({
      script: [{ text: 'word '.repeat(2_000), paceMs: 50 }],
    })
    const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/slow' }
    await using slow = await startNetra({ env: { ...env, OPENAI_API_KEY: 'x' } })
    const admin = await setUp(slow)
    const [ada, bob] = [await register(slow.url), await register(slow.url)]
    for (const { headers } of [ada, bob]) {
      const body = { content: 'a long story, please' }
      const sent = await request(`${slow.url}/api/chat/messages`, { headers, body })
      expect(sent.status).toBe(202)
    }
    await expect.poll(() => model.requests.length, { timeout: 20_000 }).toBe(2)
    if (!signedIn) await request(`${slow.url}/auth/logout`, { headers: ada.headers, body: {} })
    const url = `${slow.url}/auth/admin/users/${ada.userId}`
    await request(url, { method: 'PATCH', headers: admin.headers, body: { disabled: true } })
    const answeredAt = performance.now()
    await Promise.race(model.requests.map((asked) => asked.closed))
    const ms = Math.round(performance.now() - answeredAt)
    process.stderr.write(`disabled, ${_how}: the model's request ended after ${ms} ms\n`)
    expect(ms).toBeLessThan(LIMIT_MS)
    expect(model.requests.filter(({ aborted }) => aborted)).toHaveLength(1)
  },
)
