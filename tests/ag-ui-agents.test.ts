import { EventType, type AGUIEvent } from '@ag-ui/core'
import { ApprovalsApi } from '@netra/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import {
  called,
  runOf,
  said,
  startAgUiServer,
  type AgUiReply,
  type AgUiRequest,
  type AgUiServer,
} from './support/ag-ui-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { requestsAs, type Person } from './support/people.ts'
import { openProgram, type Program } from './support/sdk.ts'
import { setUp } from './support/sign-in.ts'

const PATIENT = { timeout: 30_000, interval: 50 }
vi.setConfig({ testTimeout: 120_000 })

let netra: NetraProcess
let elsewhere: AgUiServer
let admin: Person
let script: (request: AgUiRequest, index: number) => AgUiReply

beforeAll(async () => {
  elsewhere = await startAgUiServer((request, index) => script(request, index))
  netra = await startNetra()
  admin = await setUp(netra)
}, 60_000)
afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await elsewhere[Symbol.asyncDispose]()
})

const ask = requestsAs(() => netra)
const weather = (more: Record<string, unknown> = {}) => ({
  id: 'weather',
  name: 'Weather',
  description: 'Knows the weather.',
  url: elsewhere.url,
  headers: { authorization: 'Bearer weather-secret' },
  ...more,
})
const half = (request: AgUiRequest, words: string): AGUIEvent[] =>
  runOf(request.input, ...said('m', words)).slice(0, 4)

test('an administrator adds an agent by its address; people pick it, and nobody is shown its headers', async () => {
  const added = await ask(admin, 'POST', '/api/admin/agents/remote', weather())
  expect(added).toMatchObject({ status: 201, body: { header_names: ['authorization'] } })
  expect(await ask(admin, 'POST', '/api/admin/agents/remote', weather())).toMatchObject({
    status: 409,
  })
  for (const [wrong, words] of [
    [{ id: 'data' }, /already/],
    [{ id: 'b', url: 'ftp://example.com' }, /https address/],
    [{ id: 'b', url: 'https://me:secret@example.com' }, /password/],
    [{ id: 'b', headers: { host: 'x' } }, /host cannot be set/],
  ] as const) {
    const refused = await ask<{ message: string }>(
      admin,
      'POST',
      '/api/admin/agents/remote',
      weather(wrong),
    )
    expect([refused.status, refused.body.message]).toEqual([
      expect.toBeOneOf([409, 422]),
      expect.stringMatching(words),
    ])
  }
  script = ({ input }) => ({
    events: runOf(input, ...called('1', 'forecast', { day: 1 }, 'rain'), ...said('m', 'Rain.')),
  })
  using program = await openProgram(netra.url)
  const list = await program.api.agents()
  expect(list.find(({ id }) => id === 'weather')).toMatchObject({ origin: 'remote' })
  const answer = await program.client.sendMessage({
    threadId: null,
    text: 'Will it rain?',
    agent: 'weather',
  })
  const run = await program.client.runEnded(answer.threadId, answer.runId)
  expect(run.outcome).toMatchObject({ kind: 'completed', final_response: 'Rain.' })
  const { state } = program.client.thread(answer.threadId).getSnapshot()
  expect(state.tool_calls.map(({ name, result }) => [name, result])).toEqual([['forecast', 'rain']])
  expect(elsewhere.requests[0]?.headers['authorization']).toBe('Bearer weather-secret')
  const everything = await ask(admin, 'GET', '/api/admin/agents')
  expect(JSON.stringify(everything.body)).not.toContain('weather-secret')
})

test('another address gets no secret of the first; one that is off is no agent', async () => {
  const path = '/api/admin/agents/remote/weather'
  const moved = await ask(admin, 'PATCH', path, { url: 'https://weather.example.com/run' })
  expect(moved.body).toMatchObject({ header_names: [] })
  expect(await ask(admin, 'PATCH', path, { url: 'no address' })).toMatchObject({ status: 422 })
  await ask(admin, 'PATCH', path, { url: elsewhere.url, enabled: false })
  using program = await openProgram(netra.url)
  expect((await program.api.agents()).map(({ id }) => id)).not.toContain('weather')
  expect(await ask(admin, 'DELETE', path)).toMatchObject({ status: 204 })
  expect(await ask(admin, 'DELETE', path)).toMatchObject({ status: 404 })
  await ask(admin, 'POST', '/api/admin/agents/remote', weather())
})

/** Asks, and follows the thread from then on. */
async function askWeather(program: Program) {
  const { client } = program
  const accepted = await client.sendMessage({
    threadId: null,
    text: 'Will it rain?',
    agent: 'weather',
  })
  const { threadId, runId } = accepted
  const state = () => client.thread(threadId).getSnapshot().state
  const ended = client.runEnded(threadId, runId)
  const told = () => JSON.stringify(state().messages)
  return { runId, ended, state, told }
}

test('Stop ends the request to an agent elsewhere', async () => {
  script = (request) => ({ events: half(request, 'It goes on'), after: 'stall' })
  using program = await openProgram(netra.url)
  const { runId, ended, told } = await askWeather(program)
  await expect.poll(told, PATIENT).toContain('It goes on')
  await program.client.cancelRun(runId)
  expect((await ended).outcome?.kind).toBe('cancelled')
  const last = elsewhere.requests.at(-1)
  await last?.closed
  expect(last?.aborted).toBe(true)
})

const QUESTION = {
  id: 'i',
  reason: 'input',
  message: 'Where?',
  responseSchema: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  },
}

function asksWhere({ input }: AgUiRequest): AgUiReply {
  const { threadId, runId, resume } = input
  if (resume) return { events: runOf(input, ...said('m', `So: ${JSON.stringify(resume)}`)) }
  const outcome = { type: 'interrupt' as const, interrupts: [QUESTION] }
  const end: AGUIEvent = { type: EventType.RUN_FINISHED, threadId, runId, outcome }
  return { events: [...runOf(input).slice(0, 1), end] }
}

test('through a kill: what was asked waits, what broke off is asked again and says so', async () => {
  using program = await openProgram(netra.url, 'killed@example.com')
  script = asksWhere
  const asking = await askWeather(program)
  await expect
    .poll(() => asking.state().runs.find(({ id }) => id === asking.runId)?.state, PATIENT)
    .toBe('waiting')
  script = (request) => ({ events: half(request, 'Half of an ans'), after: 'stall' })
  const broken = await askWeather(program)
  await expect.poll(broken.told, PATIENT).toContain('Half of an ans')

  const { folder, url } = netra
  await netra.kill('SIGKILL')
  script = ({ input }) => ({ events: runOf(input, ...said('m', 'The whole answer.')) })
  netra = await startNetra({ folder, port: Number(new URL(url).port) })
  expect((await broken.ended).outcome).toMatchObject({
    kind: 'completed',
    final_response: 'The whole answer.',
  })
  // What it had said is superseded, and the person reads why it begins anew.
  expect(broken.told()).not.toContain('Half of an ans')
  expect(JSON.stringify(broken.state())).toContain('Asking Weather again: its answer broke off.')

  script = asksWhere
  const approvals = new ApprovalsApi(program.api.requests)
  const [waiting] = await approvals.waiting()
  expect(waiting).toMatchObject({ server: 'Weather', question: { message: 'Where?' } })
  const { run_id: runId = '', tool_call_id: toolCallId = '', fence = 0 } = waiting ?? {}
  const content = { city: 'Berlin' }
  await approvals.answer({ runId, toolCallId }, { fence, action: 'accept', content })
  expect((await asking.ended).outcome).toMatchObject({
    final_response: 'So: [{"interruptId":"i","status":"resolved","payload":{"city":"Berlin"}}]',
  })
})
