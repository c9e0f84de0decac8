import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { Follower } from './support/follower.ts'
import { request } from './support/http.ts'
import { startModelServer, type ModelServer, type Reply } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { setUp } from './support/sign-in.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let model: ModelServer
let netra: NetraProcess
let admin: Person

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Forty-two.' }] })
  netra = await startNetra({
    env: {
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/gpt-4o',
      NETRA_REGISTRATION: 'open',
    },
  })
  admin = await setUp(netra)
})
afterAll(async () => {
  await netra?.[Symbol.asyncDispose]()
  await model?.[Symbol.asyncDispose]()
})

const as = (who: Person, method: string, path: string, body?: unknown) =>
  request(`${netra.url}${path}`, {
    method,
    headers: who.headers,
    ...(body !== undefined && { body }),
  })

let questions = 0

/** Asks; `end` waits for the last event. The model answers these in turn. */
async function asking(person: Person, replies: Reply[]) {
  let calls = 0
  model.script(() => replies[Math.min(calls++, replies.length - 1)] ?? {})
  const device = new Follower(person)
  await device.connect(netra.url)
  await device.follow(`user:${person.userId}`)
  const run = await device.ask(`How much is ${++questions}?`)
  return {
    device,
    run,
    end: async () => {
      const { event } = await device.end(run.run_id, run.thread_id)
      device.disconnect()
      return event
    },
  }
}

const limit = (who: Person, limits: object) =>
  as(admin, 'PUT', '/api/admin/budgets', { email: who.email, limits })

const tool = (value: number) => ({
  toolCalls: [{ name: 'calculate', arguments: { expression: `${value} + 1` } }],
  usage: { input: 60, output: 40 },
})

test('each call stands in the ledger with its tokens, and leaves with its account', async () => {
  const eve = await register(netra.url)
  const asked = await asking(eve, [tool(1), { text: 'It is 2.', usage: { input: 90, output: 10 } }])
  expect((await asked.end()).type).toBe('agent_completed')
  const { body } = await as(eve, 'GET', '/api/spending')
  expect(body).toMatchObject({
    today: { tokens: 200, calls: 2, unpriced_calls: 2 },
    month: { tokens: 200 },
    by_model: [{ model: 'openai/gpt-4o', calls: 2, input_tokens: 150, output_tokens: 50 }],
    by_agent: [{ agent: 'assistant', calls: 2 }],
    stopped: null,
  })
  const all = await as(admin, 'GET', '/api/admin/spending')
  expect(all.body['by_user']).toContainEqual(
    expect.objectContaining({ user_id: eve.userId, email: eve.email, tokens: 200 }),
  )
  const csv = await fetch(`${netra.url}/api/admin/spending/export`, { headers: admin.headers })
  expect(await csv.text()).toMatch(
    new RegExp(`,${eve.userId},${eve.email},openai/gpt-4o,assistant,2,0,150,0,50,200,`),
  )
  const archive = await fetch(`${netra.url}/api/account/export`, { headers: eve.headers })
  expect(Buffer.from(await archive.arrayBuffer()).includes('model-calls.json')).toBe(true)
  await as(admin, 'DELETE', `/auth/admin/users/${eve.userId}`)
  const after = await as(admin, 'GET', '/api/admin/spending')
  expect(JSON.stringify(after.body['by_user'])).not.toContain(eve.userId)
})

test('a call that broke off, failed or was stopped counts as far as it is known', async () => {
  const eve = await register(netra.url)
  const cut = await asking(eve, [{ text: ['x'.repeat(400), 'y'], after: 'cut' }])
  expect((await cut.end())['code']).toBe('model_cut')
  const slow = await asking(eve, [{ text: ['z'.repeat(800)], after: 'stall' }])
  await slow.device.until(`thread:${slow.run.thread_id}`, ({ type }) => type === 'message_delta')
  await slow.device.request({ type: 'cancel_run', run_id: slow.run.run_id })
  expect(await slow.end()).toMatchObject({ type: 'run_cancelled' })
  const { body } = await as(eve, 'GET', '/api/spending')
  const [only] = body['by_model'] as Record<string, number>[]
  expect(only).toMatchObject({ calls: 2, failed_calls: 2, estimated_calls: 2 })
  expect(only?.['output_tokens']).toBeGreaterThanOrEqual(300)
  expect(only?.['input_tokens']).toBeGreaterThan(100)
})

test('S30: a budget ends a run before its next call, and says which, how much and until when', async () => {
  const eve = await register(netra.url)
  await limit(eve, { tokens_per_day: 250 })
  const asked = await asking(eve, [tool(1), tool(2), tool(3), tool(4)])
  const end = await asked.end()
  expect(end).toMatchObject({ type: 'agent_failed', code: 'budget', retry: 'after' })
  expect(end['message']).toMatch(/tokens for today: 300 tokens of 250 tokens .*00:00 UTC/)
  expect(model.requests.length).toBe(3)
  const refused = await as(eve, 'POST', '/api/chat/messages', { content: 'Again?' })
  expect(refused.status).toBe(429)
  expect(refused.body['message']).toContain('An administrator can raise it.')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  const told = (asked.device.events.get(`user:${eve.userId}`) ?? []).filter(
    ({ event }) => event.type === 'limits_changed',
  )
  expect(told.length).toBeGreaterThan(0)

  await limit(eve, { tokens_per_day: null, steps_per_run: 3 })
  const steps = await (await asking(eve, [tool(1), tool(2), tool(3)])).end()
  expect(steps).toMatchObject({ code: 'budget', retry: 'same' })
  expect(steps['message']).toContain('steps of one answer, 3 of 3')

  await limit(eve, { seconds_per_run: 1 })
  const slow = await (await asking(eve, [{ text: ['a', 'b'], paceMs: 20_000 }])).end()
  expect(slow['message']).toContain('time for one answer, 1 s of 1 s')
})

test('who has as many answers being made as they may waits for one to end', async () => {
  const eve = await register(netra.url)
  await limit(eve, { concurrent_runs: 1 })
  const first = await asking(eve, [{ text: ['a', 'b'], paceMs: 30_000 }])
  const refused = await as(eve, 'POST', '/api/chat/messages', { content: 'And?' })
  expect(refused.body['message']).toContain('You have 1 answer being made, and at most 1 may be')
  await first.device.request({ type: 'cancel_run', run_id: first.run.run_id })
  await first.end()
  model.script([{ text: 'Now.' }])
  expect((await as(eve, 'POST', '/api/chat/messages', { content: 'And?' })).status).toBeLessThan(
    300,
  )
})

test('budgets are an administrator’s to set, of whom there is, and the audit log knows', async () => {
  const eve = await register(netra.url)
  const wish = { scope: 'everyone', limits: { tokens_per_day: 1_000_000 } }
  expect((await as(eve, 'PUT', '/api/admin/budgets', wish)).status).toBe(403)
  const wrong = { email: 'nobody@example.com', limits: {} }
  expect((await as(admin, 'PUT', '/api/admin/budgets', wrong)).status).toBe(404)
  const ofAll = { scope: 'everyone', limits: { steps_per_run: 3 } }
  expect((await as(admin, 'PUT', '/api/admin/budgets', ofAll)).status).toBe(422)
  expect((await as(admin, 'PUT', '/api/admin/budgets', wish)).body['written']).toContainEqual(
    expect.objectContaining(wish),
  )
  await as(admin, 'PUT', '/api/admin/budgets', { scope: 'everyone', limits: {} })
  const audit = await as(admin, 'GET', '/auth/admin/audit?kind=budget')
  const [, change] = audit.body['entries'] as object[]
  expect(change).toMatchObject({
    action: 'budget.changed',
    details: { scope: 'everyone', tokens_per_day: 1_000_000 },
  })
})

test('a spent budget stops language models; what needs none goes on, and says who answered', async () => {
  const eve = await register(netra.url)
  await limit(eve, { tokens_per_day: 0, usd_per_month: 0 })
  const asked = model.requests.length
  const execute = (type: string, context: object = {}) =>
    as(eve, 'POST', '/api/agents/execute', { type, message: 'What is 2 + 2?', context })
  const refused = await execute('assistant')
  expect(refused.status).toBe(429)
  expect(refused.body['message']).toContain('What needs no language model goes on')

  const spend = await as(eve, 'POST', '/api/agents/execute', {
    type: 'supervisor',
    message: 'Where does our AI spend go, and what should we change?',
  })
  // It asks the model that was chosen, may not, and stands in for it.
  expect(spend.body).toMatchObject({
    status: 'success',
    model: 'netra/builtin',
    instead_of: 'openai/gpt-4o',
  })
  expect((await execute('data', { model: 'netra/builtin' })).body).toMatchObject({
    status: 'success',
    model: 'netra/builtin',
    instead_of: null,
  })
  expect(model.requests.length).toBe(asked)
  expect((await as(eve, 'GET', '/api/spending')).body).toMatchObject({
    today: { tokens: 0, cost_usd: 0 },
  })
})

test('a budget is of everyone, a role or somebody who is there; nobody else is taken for one', async () => {
  const eve = await register(netra.url)
  const put = (scope: string, limits: object = { tokens_per_day: 5 }) =>
    as(admin, 'PUT', '/api/admin/budgets', { scope, limits })
  const scopes = async () => {
    const { body } = await as(admin, 'GET', '/api/admin/budgets')
    return (body['written'] as { scope: string }[]).map(({ scope }) => scope)
  }
  const malformed = await put('user:../../x')
  expect([malformed.status, malformed.body['message']]).toEqual([
    422,
    'scope is one of everyone, role:user, role:admin and user:<id>',
  ])
  const half = await put('everyone', { concurrent_runs: 0.5 })
  expect([half.status, JSON.stringify(half.body)]).toEqual([
    422,
    expect.stringContaining('concurrent_runs'),
  ])
  const nobody = await put('user:nobody')
  expect([nobody.status, nobody.body['message']]).toEqual([404, 'Nobody has the id nobody here.'])
  expect(await scopes()).not.toContain('user:nobody')
  const scope = `user:${eve.userId}`
  expect((await put(scope)).status).toBe(200)
  expect(await scopes()).toContain(scope)
  expect((await put(scope, {})).status).toBe(200)
  expect(await scopes()).not.toContain(scope)
})

test('an administrator is told which budgets of each user do not hold for them', async () => {
  const of = async (who: Person) => {
    const { body } = await request<{
      limits: { tokens_per_day?: number }
      users_only: object
    }>(`${netra.url}/api/spending`, { headers: who.headers })
    return [body.limits.tokens_per_day, body.users_only]
  }
  const user = await register(netra.url)
  const budget = (limits: object) =>
    as(admin, 'PUT', '/api/admin/budgets', { scope: 'role:user', limits })
  await budget({ tokens_per_day: 5_000 })
  try {
    expect(await of(user)).toEqual([5_000, {}])
    expect(await of(admin)).toEqual([undefined, { tokens_per_day: 5_000 }])
  } finally {
    await budget({})
  }
})
