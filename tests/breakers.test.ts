import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { setUp } from './support/sign-in.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const MODEL = 'openai/test-model'

let model: ModelServer
let netra: NetraProcess
let admin: Person
let person: Person

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'ok' }] })
  netra = await startNetra({
    env: {
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: MODEL,
      NETRA_REGISTRATION: 'open',
    },
  })
  admin = await setUp(netra)
  person = await register(netra.url)
})

afterAll(async () => {
  await netra?.[Symbol.asyncDispose]()
  await model?.[Symbol.asyncDispose]()
})

interface Executed {
  status: string
  response: string | null
  error: string | null
  circuit_breaker_state: string
  thread_id: string
}

const execute = (body: object) =>
  request<Executed>(`${netra.url}/api/agents/execute`, {
    headers: person.headers,
    body: { type: 'assistant', message: 'hello', ...body },
  })

interface Breaker {
  id: string
  state: string
  last_error: string | null
}

const breakers = async (): Promise<Breaker[]> =>
  (
    await request<{ breakers: Breaker[] }>(`${netra.url}/api/admin/breakers`, {
      headers: admin.headers,
    })
  ).body.breakers

const reset = (id: string, who = admin) =>
  request<Breaker & { error_code: string }>(`${netra.url}/api/admin/breakers/reset`, {
    headers: who.headers,
    body: { id },
  })

async function metrics(): Promise<string> {
  return (await request<string>(`${netra.url}/metrics`)).body
}

test('an open breaker ends a run in under a second with the reason, everywhere it is told of', async () => {
  model.script([{ status: 500, error: 'boom' }])
  while ((await execute({})).body.circuit_breaker_state !== 'OPEN');
  const asked = model.requests.length
  const begun = performance.now()
  const { status, body } = await execute({})
  expect(performance.now() - begun).toBeLessThan(1_000)
  expect(model.requests).toHaveLength(asked)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    status: 'circuit_breaker_open',
    response: null,
    circuit_breaker_state: 'OPEN',
    error: expect.stringMatching(/openai\/test-model failed several times in a row.*in \d+ s/),
  })
  const byAgent = await request(`${netra.url}/api/agents/assistant/circuit_breaker/status`, {
    headers: person.headers,
  })
  expect(byAgent.body).toEqual({
    state: 'OPEN',
    failure_count: expect.any(Number),
    success_count: 0,
    last_failure_time: expect.any(String),
    next_attempt_time: expect.any(String),
  })
  expect((await breakers()).find(({ id }) => id === `model:${MODEL}`)).toMatchObject({
    state: 'OPEN',
    last_error: expect.stringContaining('500: boom'),
  })
  expect(await metrics()).toContain(`netra_breaker_state{kind="model",name="${MODEL}"} 2`)
  const health = await request(`${netra.url}/api/health`)
  expect(health).toMatchObject({ status: 200, body: { breakers: { open: 1, half_open: 0 } } })
})

test('an administrator closes it, the next call is made, and the audit log keeps who did', async () => {
  model.script([{ text: 'back again' }])
  expect((await reset(`model:${MODEL}`, person)).status).toBe(403)
  expect((await reset('model:made/up')).status).toBe(404)
  expect(await reset(`model:${MODEL}`)).toMatchObject({ status: 200, body: { state: 'CLOSED' } })
  expect((await execute({})).body).toMatchObject({
    status: 'success',
    response: 'back again',
    circuit_breaker_state: 'CLOSED',
  })
  expect(await metrics()).toContain(`netra_breaker_state{kind="model",name="${MODEL}"} 0`)
  const audit = await request<{ entries: { action: string; actor: { id: string } }[] }>(
    `${netra.url}/auth/admin/audit?kind=breaker`,
    { headers: admin.headers },
  )
  expect(audit.body.entries).toMatchObject([
    { action: 'breaker.reset', actor: { id: admin.userId }, details: { was: 'OPEN' } },
  ])
})

async function upload(): Promise<string> {
  const form = new FormData()
  form.append('file', new Blob(['word,n\none,1\n'], { type: 'text/csv' }), 'words.csv')
  const answer = await fetch(`${netra.url}/api/files`, {
    method: 'POST',
    headers: person.headers,
    body: form,
  })
  return ((await answer.json()) as { file_id: string }).file_id
}

/** Asks as often as the tool's breaker needs, once a run, then says what the tools told. */
const asking = (fileId: string, times: number) => {
  const call = {
    name: 'query_table',
    arguments: { file_id: fileId, sql: 'select sum(n) as total from data' },
  }
  model.script(({ toolResults }) =>
    toolResults.length < times ? { toolCalls: [call] } : { text: toolResults.join('\n') },
  )
}

test('a tool that cannot be used is told to the model at once, then tools are off until it may be tried', async () => {
  const fileId = await upload()
  const context = { file_ids: [fileId] }
  // Where its processes are to write, there is a file.
  const scratch = join(netra.folder, 'tmp')
  await rm(scratch, { recursive: true, force: true })
  await writeFile(scratch, '')
  asking(fileId, 4)
  const { body } = await execute({ context })
  const [first, , third, fourth] = (body.response ?? '').split('\n')
  expect(first).toContain('cannot be started on this server')
  expect(third).toContain('cannot be started on this server')
  expect(fourth).toMatch(/query_table failed several times in a row and is not called/)
  expect((await breakers()).find(({ id }) => id === 'tool:query_table')).toMatchObject({
    state: 'OPEN',
  })

  const config = await request(`${netra.url}/api/config`)
  expect(config.body['mode']).toMatchObject({ level: 'no_tools', why: expect.any(String) })
  model.script(({ tools }) => ({ text: `offered: ${tools.length}` }))
  const without = await execute({ context })
  expect(without.body).toMatchObject({ status: 'success', response: 'offered: 0' })
  const thread = await request<{ messages: unknown[] }>(
    `${netra.url}/api/threads/${without.body.thread_id}/messages`,
    { headers: person.headers },
  )
  expect(thread.status).toBe(200)

  await rm(scratch)
  await reset('tool:query_table')
  expect((await request(`${netra.url}/api/config`)).body['mode']).toEqual({
    level: 'full',
    why: null,
  })
  asking(fileId, 1)
  expect((await execute({ context })).body.response).toContain('"total"')
})
