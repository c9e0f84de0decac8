import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { loadConfig } from '../packages/server/src/config/config.ts'
import { silentLogger } from '../packages/server/src/platform/logger.ts'
import { startServer } from '../packages/server/src/server.ts'
import { bearer, makeKey } from './support/api-key.ts'
import { freePort } from './support/free-port.ts'
import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { MovingClock } from './support/moving-clock.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { setUp } from './support/sign-in.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const DAY_MS = 24 * 60 * 60_000

let model: ModelServer
let folder: string
let port: number
let netra: NetraProcess
let administrator: { headers: Record<string, string> }

const start = () =>
  startNetra({
    folder,
    port,
    env: { ...modelEnv(), NETRA_REGISTRATION: 'open' },
  })

const modelEnv = () => ({ OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' })

beforeAll(async () => {
  model = await startModelServer({
    script: ({ toolResults, body }) => {
      if (toolResults.length > 0) return { text: `It came to: ${toolResults[0]}` }
      const text = /note: ([\w ]+)/.exec(JSON.stringify(body))?.[1] ?? 'Likes tea'
      return { text: 'I will note that.', toolCalls: [{ name: 'remember', arguments: { text } }] }
    },
  })
  folder = await mkdtemp(join(tmpdir(), 'netra-approvals-'))
  port = await freePort()
  netra = await start()
  administrator = await setUp(netra)
})

afterAll(async () => {
  await netra?.[Symbol.asyncDispose]()
  await model?.close()
  await rm(folder, { recursive: true, force: true })
})

interface Waiting {
  run_id: string
  tool_call_id: string
  fence: number
  expires_at: string
}

interface Answered {
  state: string
  repeated: boolean
  message?: string
}

async function ask(url: string, { headers }: Person): Promise<{ thread: string; call: Waiting }> {
  const sent = await request<{ thread_id: string; run_id: string }>(`${url}/api/chat/messages`, {
    headers,
    body: { content: 'Please note: Drinks green tea', agent: 'assistant' },
  })
  expect(sent.status).toBeLessThan(300)
  let call: Waiting | undefined
  await expect
    .poll(
      async () => {
        call = (await waiting(url, headers)).find(({ run_id: run }) => run === sent.body.run_id)
        return call
      },
      { timeout: 20_000 },
    )
    .toBeDefined()
  return { thread: sent.body.thread_id, call: call as Waiting }
}

const waiting = async (url: string, headers: Record<string, string>): Promise<Waiting[]> =>
  (await request<{ approvals: Waiting[] }>(`${url}/api/approvals`, { headers })).body.approvals

const answer = (url: string, headers: Record<string, string>, call: Waiting, body: object) =>
  request<Answered>(`${url}/api/approvals/${call.run_id}/${call.tool_call_id}`, {
    headers,
    body: { fence: call.fence, ...body },
  })

const answerOf = async (url: string, { headers }: Person, thread: string): Promise<string> => {
  const { body } = await request<{ messages: { role: string; text: string }[] }>(
    `${url}/api/threads/${thread}/messages`,
    { headers },
  )
  return body.messages.findLast(({ role, text }) => role === 'assistant' && text !== '')?.text ?? ''
}

const notesOf = async (url: string, { headers }: Person): Promise<string[]> =>
  (await request<{ notes: { text: string }[] }>(`${url}/api/memory`, { headers })).body.notes.map(
    ({ text }) => text,
  )

test('what waits is there after a kill, and is answered from elsewhere by a key that may, once', async () => {
  const person = await register(netra.url)
  const { thread, call } = await ask(netra.url, person)
  expect(call).toMatchObject({
    tool: 'remember',
    agent: 'assistant',
    arguments: { text: 'Drinks green tea' },
    change: { after: 'Drinks green tea' },
    asked_for: expect.stringContaining('Please note'),
    interrupted: false,
  })
  expect(Date.parse(call.expires_at) - Date.now()).toBeGreaterThan(6 * DAY_MS)
  const chats = bearer((await makeKey(netra.url, person, ['chat:read', 'chat:write'])).key)
  const decides = bearer((await makeKey(netra.url, person, ['approvals:write'])).key)
  await netra.kill('SIGKILL')
  netra = await start()
  const { url } = netra
  expect(await waiting(url, person.headers)).toEqual([call])
  expect(await notesOf(url, person)).toEqual([])
  // The key with which an agent is asked does not allow what the agent asks for.
  expect((await answer(url, chats, call, { approved: true })).status).toBe(403)
  const frame = { type: 'decide', id: 'd1', run_id: call.run_id, tool_call_id: call.tool_call_id }
  const wished = await request(`${url}/api/commands`, {
    headers: chats,
    body: { ...frame, approved: true, fence: call.fence },
  })
  expect(wished.status).toBe(400)
  const stranger = await register(url)
  expect((await answer(url, stranger.headers, call, { approved: true })).status).toBe(404)
  expect((await answer(url, decides, { ...call, fence: 0 }, { approved: true })).status).toBe(409)
  expect(await answer(url, decides, call, { approved: true })).toMatchObject({
    status: 200,
    body: { state: 'approved', repeated: false },
  })
  expect(await answer(url, decides, call, { approved: true })).toMatchObject({
    status: 200,
    body: { repeated: true },
  })
  const late = await answer(url, decides, call, { approved: false })
  expect(late).toMatchObject({ status: 409 })
  expect(late.body.message).toContain('This was allowed by you')
  await expect
    .poll(() => answerOf(url, person, thread), { timeout: 20_000 })
    .toContain('It came to')
  expect(await notesOf(url, person)).toEqual(['Drinks green tea'])
  expect(await waiting(url, person.headers)).toEqual([])
  const zip = await fetch(`${url}/api/account/export`, { headers: person.headers })
  const files = unzipSync(new Uint8Array(await zip.arrayBuffer()))
  expect(JSON.parse(strFromU8(files['approvals.json'] ?? new Uint8Array()))).toMatchObject({
    approvals: [{ tool: 'remember', state: 'approved', decided_by: person.userId }],
  })
})

test('what is refused did not run, the agent reads why, and the audit log who said so', async () => {
  const { url } = netra
  const person = await register(url)
  const { thread, call } = await ask(url, person)
  const refused = await answer(url, person.headers, call, { approved: false, reason: 'Not that.' })
  expect(refused.body).toMatchObject({ state: 'denied' })
  await expect.poll(() => answerOf(url, person, thread), { timeout: 20_000 }).toContain('Not that.')
  expect(await notesOf(url, person)).toEqual([])
  const { body } = await request<{ entries: object[] }>(`${url}/auth/admin/audit?kind=approval`, {
    headers: administrator.headers,
  })
  expect(body.entries[0]).toMatchObject({
    actor: { kind: 'user', id: person.userId },
    action: 'approval.decided',
    outcome: 'refused',
    details: { tool: 'remember', run_id: call.run_id, answer: 'decline', expired: false },
  })
  expect(JSON.stringify(body)).not.toContain('tea')
})

test('what nobody answers in seven days is not allowed', async () => {
  const clock = new MovingClock()
  const own = await mkdtemp(join(tmpdir(), 'netra-expiry-'))
  try {
    const env = { ...modelEnv(), NETRA_DATA_DIR: own, PORT: '0', NETRA_REGISTRATION: 'open' }
    await using server = await startServer(loadConfig(env), { clock, logger: silentLogger })
    const person = await register(server.url)
    const { thread, call } = await ask(server.url, person)
    // It lives longer than a sign-in.
    const { key } = await makeKey(server.url, person, ['chat:read', 'approvals:write'])
    const program = { ...person, headers: bearer(key) }
    clock.advance(6 * DAY_MS)
    expect(await waiting(server.url, program.headers)).toHaveLength(1)
    clock.advance(DAY_MS + 60_000)
    await expect
      .poll(
        async () => {
          clock.advance(31_000)
          return answerOf(server.url, program, thread)
        },
        { timeout: 20_000 },
      )
      .toContain('did not allow')
    const late = await answer(server.url, program.headers, call, { approved: true })
    expect(late).toMatchObject({ status: 409 })
    expect(late.body.message).toContain('its time had passed')
    expect(await notesOf(server.url, program)).toEqual([])
  } finally {
    await rm(own, { recursive: true, force: true })
  }
})
