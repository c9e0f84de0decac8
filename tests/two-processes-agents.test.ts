import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { answerAt, askedAt, toldOf, waitsAt } from './support/asked.ts'
import { Follower } from './support/follower.ts'
import { HttpBrowser } from './support/http-browser.ts'
import { startAuthorizedMcpServer } from './support/mcp-authorization.ts'
import { startMcpServer, type McpHttpServer } from './support/mcp-http.ts'
import { callOnce } from './support/mcp-world.ts'
import { startModelServer, type ModelServer, type Reply } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, requestsAs, type Person } from './support/people.ts'
import { isPostgresThere, testDatabase, type TestDatabase } from './support/postgres.ts'
import { setUp } from './support/sign-in.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const TERMINAL = ['agent_completed', 'agent_failed', 'run_cancelled']
const ASSISTANT = { agent: 'assistant' }

// oxlint-disable-next-line typescript/no-explicit-any -- bodies of many routes, read loosely on purpose
type Json = any

describe.skipIf(!(await isPostgresThere()))('two processes over one PostgreSQL', () => {
  let database: TestDatabase
  let folder: string
  let model: ModelServer
  let first: NetraProcess
  let second: NetraProcess
  let admin: Person
  let desk: McpHttpServer

  const startNode = () =>
    startNetra({
      folder,
      env: {
        DATABASE_URL: database.url,
        OPENAI_BASE_URL: `${model.url}/v1`,
        NETRA_MODEL: 'openai/test-model',
        NETRA_REGISTRATION: 'open',
        NETRA_MCP_ALLOW_PRIVATE: '1',
      },
    })

  beforeAll(async () => {
    database = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'netra-two-agents-'))
    model = await startModelServer({ script: [{ text: 'ok' }] })
    desk = await startMcpServer()
    first = await startNode()
    second = await startNode()
    admin = await setUp(first)
  })

  afterAll(async () => {
    for (const each of [first, second, desk, model, database]) await each?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const atFirst = requestsAs(() => first)
  const atSecond = requestsAs(() => second)

  async function deviceAt(node: NetraProcess, person: Person): Promise<Follower> {
    const device = new Follower(person)
    await device.connect(node.url)
    return device
  }

  /** Connected at the first process, and all of its tools agreed to. */
  async function connected(person: Person, wish: object): Promise<Json> {
    const { body: made } = await atFirst<Json>(person, 'POST', '/api/mcp/connections', wish)
    expect(made).toMatchObject({ state: 'consent', problem: null })
    return agreed(person, made)
  }

  async function agreed(person: Person, made: Json): Promise<Json> {
    const tools = made.tools.map(({ name, hash }: Json) => ({ name, hash }))
    const path = `/api/mcp/connections/${made.id}/consent`
    const { body } = await atFirst<Json>(person, 'POST', path, { tools })
    expect(body.state).toBe('ready')
    return body
  }

  describe('budgets', () => {
    /** A hundred tokens, and a tool call that has the next call of the model follow. */
    const more = (value: number): Reply => ({
      toolCalls: [{ name: 'calculate', arguments: { expression: `${value} + 1` } }],
      usage: { input: 60, output: 40 },
    })
    const used = async (node: typeof atFirst, person: Person): Promise<number> =>
      (await node<Json>(person, 'GET', '/api/spending')).body.today.tokens

    async function limited(tokens: number): Promise<Person> {
      const person = await register(first.url)
      const limits = { tokens_per_day: tokens }
      await atFirst(admin, 'PUT', '/api/admin/budgets', { email: person.email, limits })
      return person
    }

    test('S30: what was spent at one process counts at the other', async () => {
      const eve = await limited(250)
      let calls = 0
      model.script(() =>
        calls++ === 1 ? { text: 'Two.', usage: { input: 60, output: 40 } } : more(calls),
      )
      const here = await deviceAt(first, eve)
      const one = await here.ask('one', ASSISTANT)
      expect((await here.end(one.run_id, one.thread_id)).event.type).toBe('agent_completed')
      const there = await deviceAt(second, eve)
      const two = await there.ask('two', ASSISTANT)
      const { event } = await there.end(two.run_id, two.thread_id)
      expect(event).toMatchObject({ type: 'agent_failed', code: 'budget' })
      expect(event['message']).toContain('300 tokens of 250 tokens')
      expect(calls).toBe(3)
      for (const node of [atFirst, atSecond]) {
        expect(await used(node, eve)).toBe(300)
        const refused = await node(eve, 'POST', '/api/chat/messages', { content: 'Again?' })
        expect(refused.status).toBe(429)
      }
      for (const device of [here, there]) device.disconnect()
    })

    test('S30: runs at both at once pass a budget by at most one call each', async () => {
      const eve = await limited(550)
      model.script((_request, index) => more(index))
      const devices = [await deviceAt(first, eve), await deviceAt(second, eve)]
      const runs = await Promise.all(
        devices.flatMap((device, at) =>
          [1, 2].map(async (number) => {
            const run = await device.ask(`at ${at}, number ${number}`, ASSISTANT)
            return (await device.end(run.run_id, run.thread_id)).event
          }),
        ),
      )
      for (const event of runs) expect(event).toMatchObject({ code: 'budget' })
      const total = await used(atFirst, eve)
      expect(await used(atSecond, eve)).toBe(total)
      expect(total).toBe(100 * model.requests.length)
      expect(total).toBeGreaterThanOrEqual(550)
      expect(total).toBeLessThan(550 + 100 * runs.length)
      for (const device of devices) device.disconnect()
    })

    test('of messages at both at the same instant as many are taken as there may be answers at once', async () => {
      const eve = await register(first.url)
      const limits = { concurrent_runs: 2 }
      await atFirst(admin, 'PUT', '/api/admin/budgets', { email: eve.email, limits })
      model.script([{ text: ['a', 'b'], hold: new Promise(() => undefined) }])
      const device = await deviceAt(first, eve)
      for (let round = 0; round < 4; round += 1) {
        const answers = await Promise.all(
          [atFirst, atSecond, atFirst, atSecond, atFirst, atSecond].map((node) =>
            node<Json>(eve, 'POST', '/api/chat/messages', { content: 'And?', ...ASSISTANT }),
          ),
        )
        const taken = answers.filter(({ status }) => status < 300)
        expect(taken).toHaveLength(2)
        for (const { body } of answers.filter(({ status }) => status >= 300))
          expect(body.message).toContain('You have 2 answers being made, and at most 2 may be')
        for (const { body } of taken) {
          await device.follow(`thread:${body.thread_id}`)
          await device.request({ type: 'cancel_run', run_id: body.run_id })
          await device.end(body.run_id, body.thread_id)
        }
      }
      device.disconnect()
    })
  })

  describe('approvals', () => {
    const notesOf = async (person: Person): Promise<string[]> =>
      (await atFirst<Json>(person, 'GET', '/api/memory')).body.notes.map(({ text }: Json) => text)

    const remembering = (text: string) => {
      model.script(({ toolResults }) =>
        toolResults.length > 0
          ? { text: `It came to: ${toolResults[0]}` }
          : { toolCalls: [{ name: 'remember', arguments: { text } }] },
      )
    }
    const wentOn = (): number =>
      model.requests.filter(({ toolResults }) => toolResults.length > 0).length

    test('what is asked at one is answered over the other, and the run goes on once', async () => {
      const eve = await register(first.url)
      remembering('Drinks tea')
      const [here, there] = [await deviceAt(first, eve), await deviceAt(second, eve)]
      const run = await here.ask('Note that I drink tea.', ASSISTANT)
      await there.follow(`thread:${run.thread_id}`)
      const asked = await waitsAt(second.url, eve, run.run_id)
      expect(await askedAt(first.url, eve)).toEqual([asked])
      expect(await answerAt(second.url, eve, asked, { approved: true })).toMatchObject({
        status: 200,
        body: { state: 'approved', repeated: false },
      })
      for (const device of [here, there]) {
        const { event } = await device.end(run.run_id, run.thread_id)
        expect(event).toMatchObject({ type: 'agent_completed' })
        expect(TERMINAL.flatMap((type) => toldOf(device, run, type))).toHaveLength(1)
        expect(toldOf(device, run, 'tool_completed')).toMatchObject([{ status: 'ok' }])
        expect(device.violations).toEqual([])
        device.disconnect()
      }
      expect(wentOn()).toBe(1)
      expect(await notesOf(eve)).toEqual(['Drinks tea'])
      for (const { url } of [first, second]) expect(await askedAt(url, eve)).toEqual([])
    })

    test('of two answers at the same instant one counts, and the other hears which', async () => {
      const eve = await register(first.url)
      const device = await deviceAt(second, eve)
      let expected = 0
      for (let round = 0; round < 5; round += 1) {
        remembering(`Fact ${round}`)
        const run = await device.ask(`Note fact ${round}.`, ASSISTANT)
        const asked = await waitsAt(first.url, eve, run.run_id)
        const answers = await Promise.all([
          answerAt(first.url, eve, asked, { approved: true }),
          answerAt(second.url, eve, asked, { approved: false, reason: 'No.' }),
        ])
        const isAllowed = answers[0].status === 200
        expect(answers.map(({ status }) => status)).toEqual(isAllowed ? [200, 409] : [409, 200])
        const { event } = await device.end(run.run_id, run.thread_id)
        expect(event.type).toBe('agent_completed')
        expect(toldOf(device, run, 'tool_completed')).toMatchObject([
          { status: isAllowed ? 'ok' : 'denied' },
        ])
        expect(wentOn()).toBe(1)
        if (isAllowed) expected += 1
        expect(await notesOf(eve)).toHaveLength(expected)
      }
      expect(device.violations).toEqual([])
      device.disconnect()
    })

    test('the same answer at both at the same instant has the tool run once', async () => {
      const eve = await register(first.url)
      const device = await deviceAt(first, eve)
      for (let round = 0; round < 5; round += 1) {
        remembering(`Wish ${round}`)
        const run = await device.ask(`Note wish ${round}.`, ASSISTANT)
        const asked = await waitsAt(second.url, eve, run.run_id)
        const answers = await Promise.all(
          [first, second].map(({ url }) => answerAt(url, eve, asked, { approved: true })),
        )
        expect(answers.map(({ status }) => status)).toEqual([200, 200])
        expect(answers.filter(({ body }) => body.repeated)).toHaveLength(1)
        await device.end(run.run_id, run.thread_id)
        expect(toldOf(device, run, 'tool_completed')).toHaveLength(1)
        expect(wentOn()).toBe(1)
        expect(await notesOf(eve)).toHaveLength(round + 1)
      }
      expect(device.violations).toEqual([])
      device.disconnect()
    })
  })

  describe('MCP servers', () => {
    test('one that was connected at one process is called from the other, until it is removed', async () => {
      const eve = await register(first.url)
      const made = await connected(eve, { name: 'Desk', url: desk.url, trusted: true })
      const { body } = await atSecond<Json>(eve, 'GET', '/api/mcp/connections')
      expect(body.servers).toMatchObject([{ id: made.id, state: 'ready' }])
      model.script(callOnce('desk__write_note', { text: 'from the other' }))
      const device = await deviceAt(second, eve)
      const run = await device.ask('Write it.', ASSISTANT)
      const asked = await waitsAt(second.url, eve, run.run_id)
      await answerAt(first.url, eve, asked, { approved: true })
      await device.end(run.run_id, run.thread_id)
      expect(toldOf(device, run, 'tool_completed')).toMatchObject([
        { tool_name: 'desk__write_note', status: 'ok' },
      ])
      expect(desk.bench.written.splice(0)).toEqual(['from the other'])

      await atFirst(eve, 'DELETE', `/api/mcp/connections/${made.id}`)
      const after = await device.ask('Write it again.', ASSISTANT)
      await device.end(after.run_id, after.thread_id)
      expect(JSON.stringify(model.requests.at(-2)?.body ?? {})).not.toContain('Overwrites the note')
      expect(desk.bench.written).toEqual([])
      device.disconnect()
    })

    test('R16: calls of both that find the token spent at once renew it once', async () => {
      await using notes = await startAuthorizedMcpServer()
      const eve = await register(first.url)
      const wish = { name: 'Notes', url: notes.url, trusted: true }
      const { body: made } = await atFirst<Json>(eve, 'POST', '/api/mcp/connections', wish)
      expect(made.state).toBe('sign_in')
      const browser = new HttpBrowser()
      const path = `${first.url}/api/mcp/connections/${made.id}`
      const { headers } = eve
      const left = await browser.go(`${path}/sign-in`, { headers, until: () => true })
      const landed = await browser.go(left.url.href)
      expect(landed.url.searchParams.get('mcp')).toBe('signed_in')
      const looked = await atFirst<Json>(eve, 'POST', `/api/mcp/connections/${made.id}/look`, {})
      await agreed(eve, looked.body)
      model.script(callOnce('notes__read_note'))
      const devices = [await deviceAt(first, eve), await deviceAt(second, eve)]
      const statuses = () =>
        Promise.all(
          devices.map(async (device) => {
            const run = await device.ask('Read it.', ASSISTANT)
            await device.end(run.run_id, run.thread_id)
            return toldOf(device, run, 'tool_completed').map(({ status }) => status)
          }),
        )
      // What was got at the one is shown by the other.
      expect(await statuses()).toEqual([['ok'], ['ok']])
      for (let round = 1; round <= 3; round += 1) {
        await notes.expireAll()
        notes.asked.length = 0
        expect(await statuses()).toEqual([['ok'], ['ok']])
        expect(notes.asked.filter((line) => line === 'POST /token')).toHaveLength(1)
      }
      for (const device of devices) device.disconnect()
    })

    test.each([
      ['of today', 'desk__order'],
      ['of before, which asks in the middle of a call', 'old__order'],
    ])(
      'a form of a server %s outlives the process that asked: answered over another, the call goes on once',
      async (_which, tool) => {
        const program = fileURLToPath(new URL('./support/mcp-stdio.ts', import.meta.url))
        const wish = tool.startsWith('desk')
          ? { name: 'Desk', url: desk.url }
          : { name: 'Old', command: [process.execPath, program], for_all: true }
        const eve = await register(first.url)
        const whose = 'url' in wish ? eve : admin
        const server = await connected(whose, { ...wish, trusted: true })
        model.script(callOnce(tool))
        desk.requests.length = 0
        const doomed = await startNode()
        const device = await deviceAt(second, eve)
        const sender = await deviceAt(doomed, eve)
        const run = await sender.ask('Order.', ASSISTANT)
        await device.follow(`thread:${run.thread_id}`)
        const asked = await waitsAt(doomed.url, eve, run.run_id)
        await doomed.kill('SIGKILL')
        sender.disconnect()
        expect(await askedAt(second.url, eve)).toEqual([asked])
        const wrong = { action: 'accept', content: { count: 77 } }
        expect((await answerAt(second.url, eve, asked, wrong)).status).toBe(422)
        const right = { action: 'accept', content: { count: 3 } }
        expect((await answerAt(second.url, eve, asked, right)).status).toBe(200)
        const { event } = await device.end(run.run_id, run.thread_id)
        expect(event.type).toBe('agent_completed')
        expect(toldOf(device, run, 'tool_completed')).toMatchObject([
          { status: 'ok', result: { text: 'ordered 3' } },
        ])
        if (whose === eve) {
          const answered = desk.requests.filter(({ body }) => body.includes('"inputResponses"'))
          expect(answered).toHaveLength(1)
        }
        const late = await answerAt(first.url, eve, asked, { action: 'decline' })
        expect(late.status).toBe(409)
        expect(device.violations).toEqual([])
        device.disconnect()
        await doomed[Symbol.asyncDispose]()
        await atFirst(whose, 'DELETE', `/api/mcp/connections/${server.id}`)
      },
    )
  })

  test('whoever asks by MCP at another process how a run ended, and does not wait, is told', async () => {
    const eve = await register(first.url)
    model.script([{ text: 'Forty-two.' }])
    const device = await deviceAt(first, eve)
    for (let round = 0; round < 3; round += 1) {
      const run = await device.ask(`How much is ${round}?`, ASSISTANT)
      await device.end(run.run_id, run.thread_id)
      const response = await fetch(`${second.url}/mcp`, {
        method: 'POST',
        headers: {
          ...eve.headers,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'wait_for_run', arguments: { run_id: run.run_id, wait_seconds: 0 } },
        }),
      })
      expect(await response.text()).toContain('"answer":"Forty-two."')
    }
    device.disconnect()
  })
})
