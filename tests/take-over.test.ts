import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { Follower, shownText } from './support/follower.ts'
import { startModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { testDatabase } from './support/postgres.ts'

const PATIENT = { timeout: 90_000 }
const TERMINAL = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])
const ANSWER = 'The whole answer.'

/** Two processes of one Netra over one PostgreSQL, and a device at the second. */
async function cluster() {
  const database = await testDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'netra-take-over-'))
  // The first call of a run speaks and never ends; who takes it over hears the whole.
  const asked = new Map<string, number>()
  const model = await startModelServer({
    script: ({ lastUserText }) => {
      const before = asked.get(lastUserText) ?? 0
      asked.set(lastUserText, before + 1)
      return before === 0
        ? { text: ['The ', 'whole ', 'never'], hold: new Promise(() => undefined) }
        : { text: ANSWER }
    },
  })
  const env = {
    DATABASE_URL: database.url,
    OPENAI_BASE_URL: `${model.url}/v1`,
    NETRA_MODEL: 'openai/test-model',
  }
  const nodes: NetraProcess[] = []
  const startNode = async () => {
    const node = await startNetra({ folder, env })
    nodes.push(node)
    return node
  }
  const first = await startNode()
  const second = await startNode()
  const device = new Follower(await register(first.url))
  await device.connect(second.url)
  return {
    first,
    second,
    device,
    startNode,
    /** Asks at the first process and waits until its answer streams to the second. */
    async begin(text: string) {
      const sender = new Follower(device.person)
      await sender.connect(first.url)
      const run = await sender.ask(text)
      sender.disconnect()
      const stream = `thread:${run.thread_id}`
      await device.follow(stream)
      await device.until(stream, ({ type }) => type === 'message_delta')
      return { ...run, stream }
    },
    async [Symbol.asyncDispose]() {
      device.disconnect()
      for (const node of nodes) {
        await node.kill('SIGCONT')
        await node[Symbol.asyncDispose]()
      }
      await model[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Cluster = Awaited<ReturnType<typeof cluster>>

/** Nothing missing, nothing twice, one end, and what the broken attempt said is taken back. */
async function expectTakenOver(c: Cluster, run: Awaited<ReturnType<Cluster['begin']>>) {
  const { event } = await c.device.end(run.run_id, run.thread_id)
  expect(event).toMatchObject({ type: 'agent_completed', final_response: ANSWER })
  const events = c.device.events.get(run.stream) ?? []
  expect(events.filter(({ event: { type } }) => TERMINAL.has(type))).toHaveLength(1)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  expect(shownText(events, run.run_id)).toBe(ANSWER)
  expect(c.device.violations).toEqual([])
}

const attemptOf = (c: Cluster, run: { stream: string }) =>
  c.device.until(run.stream, ({ type }) => type === 'run_attempt')

test(
  'F48: after SIGKILL of the owner another process goes on with the run within 20 s',
  PATIENT,
  async () => {
    await using c = await cluster()
    const run = await c.begin('killed')
    await c.first.kill('SIGKILL')
    const killed = performance.now()
    await attemptOf(c, run)
    expect(performance.now() - killed).toBeLessThan(20_000)
    await expectTakenOver(c, run)
  },
)

test(
  'F51: an owner that stood still past its lease writes nothing when it wakes, and serves on',
  PATIENT,
  async () => {
    await using c = await cluster()
    const run = await c.begin('stopped')
    await c.first.kill('SIGSTOP')
    await expectTakenOver(c, run)
    const before = c.device.events.get(run.stream)?.length
    await c.first.kill('SIGCONT')
    const there = new Follower(c.device.person)
    await there.connect(c.first.url)
    const next = await there.ask('killed after all')
    await there.until(`thread:${next.thread_id}`, ({ type }) => type === 'message_delta')
    expect(c.device.events.get(run.stream)).toHaveLength(before ?? 0)
    expect(c.first.log()).toMatch(/its lease could not be renewed|lost to another owner/)
    there.disconnect()
  },
)

test('F55: a process that is shut down hands its runs over at once', PATIENT, async () => {
  await using c = await cluster()
  const run = await c.begin('handed over')
  expect(await c.first.kill('SIGTERM')).toBe(0)
  const gone = performance.now()
  await attemptOf(c, run)
  // Well before its lease could have ended.
  expect(performance.now() - gone).toBeLessThan(10_000)
  await expectTakenOver(c, run)
})

test('F40: a run is stopped from another process than the one that runs it', PATIENT, async () => {
  await using c = await cluster()
  const run = await c.begin('cancelled')
  const answer = await c.device.request({ type: 'cancel_run', run_id: run.run_id })
  expect(answer.type).toBe('ok')
  const { event } = await c.device.end(run.run_id, run.thread_id)
  expect(event).toMatchObject({ type: 'run_cancelled', by: c.device.person.userId })
  expect(c.device.violations).toEqual([])
})
