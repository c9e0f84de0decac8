import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

import type { RunTimeline } from '@netra/client'
import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { startFaultProxy, type FaultProxy } from './support/fault-proxy.ts'
import { freePort } from './support/free-port.ts'
import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { openProgram, type Program } from './support/sdk.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** A busy machine takes its time. */
const SOON = { timeout: 20_000 }

let model: ModelServer
let netra: NetraProcess
let url: string
/** The way of somebody who is far away. */
let proxy: FaultProxy
let program: Program
let start: () => Promise<NetraProcess>
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-timeline-'))
  model = await startModelServer({ script: [{ text: 'Hello there.' }] })
  const port = await freePort()
  url = `http://localhost:${port}`
  proxy = await startFaultProxy(url)
  const env = {
    OPENAI_BASE_URL: `${model.url}/v1`,
    NETRA_MODEL: 'openai/gpt-4o',
    NETRA_PUBLIC_URL: proxy.url,
    NETRA_REGISTRATION: 'open',
  }
  start = () => startNetra({ env, port, folder })
  netra = await start()
  program = await openProgram(url)
}, 60_000)

afterAll(async () => {
  program[Symbol.dispose]()
  await netra[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const ask = async (text: string, more: { threadId?: string; files?: string[] } = {}) => {
  const { threadId, run } = await program.ask(text, more)
  return { threadId, runId: run.id, timeline: await program.api.runTimeline(run.id) }
}

const sumOf = ({ parts }: RunTimeline): number =>
  Object.values(parts).reduce<number>((sum, ms) => sum + (ms ?? 0), 0)

test('a slow model is named, with what it took before its first word', async () => {
  model.script([{ text: ['Slow ', 'and ', 'steady.'], delayMs: 1_500, paceMs: 100 }])
  const { timeline } = await ask('take your time')
  expect(timeline.cause.kind).toBe('model')
  expect(timeline.cause.share).toBeGreaterThan(0.5)
  expect(timeline.cause.sentence).toMatch(
    /^The model gpt-4o took \d\.\d of \d\.\d s, \d\.\d s of it before its first word\.$/,
  )
  expect(timeline.state).toBe('completed')
  expect(timeline.parts.network_ms).toBeNull()
  expect(Math.abs(sumOf(timeline) - timeline.total_ms)).toBeLessThanOrEqual(5)
  const span = timeline.spans.find(({ kind }) => kind === 'model')
  expect(span).toMatchObject({ name: 'gpt-4o', status: 'ok', parent_id: 'run' })
  expect(span?.detail).toMatch(/first word after \d+ ms, \d+ tokens read, \d+ written/)
})

test('a slow tool is named', async () => {
  const file = await program.upload('table.csv', 'name,size\nann,1\nbob,2\n')
  model.script([
    {
      toolCalls: [
        { name: 'query_table', arguments: { file_id: file, sql: 'SELECT sleep_ms(1500)' } },
      ],
    },
    { text: 'Done.' },
  ])
  const { timeline } = await ask('query it', { files: [file] })
  expect(timeline.cause).toMatchObject({ kind: 'tool' })
  expect(timeline.cause.sentence).toMatch(/^The tool query_table took \d\.\d of \d\.\d s\.$/)
  expect(timeline.spans.filter(({ kind }) => kind === 'model')).toHaveLength(2)
})

test('a run behind another one of its conversation waited for that', async () => {
  model.script([{ text: 'One.' }, { text: 'Two.', delayMs: 1_200 }, { text: 'Three.' }])
  const { threadId } = await ask('first')
  const [, behind] = await Promise.all([
    program.client.sendMessage({ threadId, text: 'second' }),
    program.client.sendMessage({ threadId, text: 'third' }),
  ])
  await program.client.runEnded(threadId, behind.runId)
  const timeline = await program.api.runTimeline(behind.runId)
  expect(timeline.cause.kind).toBe('queue')
  expect(timeline.cause.sentence).toMatch(
    /^It waited \d\.\d of \d\.\d s for the answer before it in this conversation\.$/,
  )
})

test('a store that is blocked is named', async () => {
  let letGo = (): void => undefined
  const hold = new Promise<void>((resolve) => (letGo = resolve))
  model.script([{ text: ['It is ', 'said.'], hold }])
  const { runId, threadId } = await program.client.sendMessage({ threadId: null, text: 'store me' })
  await expect.poll(() => model.requests.length, SOON).toBe(1)
  const store = new DatabaseSync(join(folder, 'journal.db'), { timeout: 5_000 })
  store.exec('begin immediate')
  letGo()
  await sleep(1_300)
  store.exec('rollback')
  store.close()
  await program.client.runEnded(threadId, runId)
  const timeline = await program.api.runTimeline(runId)
  expect(timeline.cause.kind).toBe('store')
  expect(timeline.cause.sentence).toMatch(/disk or database was slow/)
})

test('a slow network is known from what the browser says its person waited', async () => {
  model.script([{ text: 'Quick.' }])
  using far = await openProgram(proxy.url)
  proxy.delayMs = 600
  const click = performance.now()
  const accepted = await far.client.sendMessage({ threadId: null, text: 'over there' })
  const ok = performance.now() - click
  await far.client.runEnded(accepted.threadId, accepted.runId)
  const end = performance.now() - click
  proxy.delayMs = 0
  await far.api.runSeen(accepted.runId, {
    click_to_ok_ms: ok,
    click_to_first_event_ms: end,
    click_to_first_text_ms: end,
    click_to_end_ms: end,
  })
  const timeline = await far.api.runTimeline(accepted.runId)
  expect(timeline.cause.kind).toBe('network')
  expect(timeline.total_ms).toBe(Math.round(end))
  expect(Math.abs(sumOf(timeline) - timeline.total_ms)).toBeLessThanOrEqual(5)
  // The first word of a device holds.
  await far.api.runSeen(accepted.runId, {
    click_to_ok_ms: 1,
    click_to_first_event_ms: 1,
    click_to_first_text_ms: null,
    click_to_end_ms: 1,
  })
  expect((await far.api.runTimeline(accepted.runId)).total_ms).toBe(timeline.total_ms)
})

test('a run that goes on says what it has waited for so far', async () => {
  let letGo = (): void => undefined
  const hold = new Promise<void>((resolve) => (letGo = resolve))
  model.script([{ text: ['A ', 'b.'], hold }])
  const { runId, threadId } = await program.client.sendMessage({ threadId: null, text: 'hold on' })
  await expect.poll(() => model.requests.length, SOON).toBe(1)
  const timeline = await program.api.runTimeline(runId)
  expect(timeline.state).toBe('running')
  expect(timeline.cause.sentence).toMatch(/^So far: /)
  letGo()
  await program.client.runEnded(threadId, runId)
})

test('what a run took is there after a restart, in the export, and gone with its thread', async () => {
  model.script([{ text: 'Kept.', delayMs: 300 }])
  const { runId, threadId, timeline } = await ask('keep this')
  await netra.kill('SIGKILL')
  netra = await start()
  expect(await program.api.runTimeline(runId)).toEqual(timeline)
  const headers = await program.api.requests.headers('/api/account/export')
  const archive = await fetch(`${url}/api/account/export`, { headers })
  expect(archive.status).toBe(200)
  const files = unzipSync(new Uint8Array(await archive.arrayBuffer()))
  const { timelines } = JSON.parse(strFromU8(files['timelines.json'] ?? new Uint8Array())) as {
    timelines: RunTimeline[]
  }
  expect(timelines.find(({ run_id }) => run_id === runId)).toEqual(timeline)
  const store = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
  const kept = () =>
    store.prepare('select count(*) as n from run_timeline where run_id = ?').get(runId)
  expect(kept()).toEqual({ n: 1 })
  await program.api.deleteThread(threadId)
  expect(kept()).toEqual({ n: 0 })
  store.close()
  await expect(program.api.runTimeline(runId)).rejects.toMatchObject({ status: 404 })
  expect(timeline.cause.kind).toBe('model')
})

test('the run of somebody else is as one that is not there', async () => {
  const { runId } = await ask('mine')
  const eve: Person = await register(url)
  const at = (id: string) => `${url}/api/runs/${id}/timeline`
  const foreign = await request(at(runId), { headers: eve.headers })
  const absent = await request(at('0198c0de-0000-7000-8000-000000000000'), { headers: eve.headers })
  expect([foreign.status, absent.status]).toEqual([404, 404])
  expect(foreign.body['message']).toBe(absent.body['message'])
  const seen = { click_to_ok_ms: -1, click_to_first_event_ms: 0, click_to_end_ms: 'x' }
  const refused = await request(`${url}/api/runs/${runId}/seen`, {
    headers: eve.headers,
    body: seen,
  })
  expect(refused.status).toBe(422)
})
