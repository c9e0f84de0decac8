import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { Follower, shownText } from './support/follower.ts'
import { startModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { testDatabase, type TestDatabase } from './support/postgres.ts'
import { hello, openSocket } from './support/raw-socket.ts'

const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `)
const TERMINAL = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await testDatabase()
  folder = await mkdtemp(join(tmpdir(), 'netra-two-'))
})
afterEach(async () => {
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** One more process of the same Netra. */
const startNode = (env: Record<string, string> = {}): Promise<NetraProcess> =>
  startNetra({ folder, env: { DATABASE_URL: database.url, ...env } })

const seqsOf = (device: Follower, stream: string): number[] =>
  (device.events.get(stream) ?? []).map(({ seq }) => seq)
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)

test(
  'what is sent at one process arrives at both, in order, once',
  { timeout: 300_000 },
  async () => {
    await using model = await startModelServer({ script: [{ text: WORDS, paceMs: 20 }] })
    const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/slow' }
    await using first = await startNode(env)
    await using second = await startNode(env)
    const person = await register(first.url)
    const [here, there] = [new Follower(person), new Follower(person)]
    await here.connect(first.url)
    await there.connect(second.url)
    for (const device of [here, there]) await device.follow(`user:${person.userId}`)

    const runs: { thread_id: string; run_id: string }[] = []
    for (const [asking, listening] of [
      [here, there],
      [there, here],
    ] as const) {
      const run = await asking.ask(`question ${runs.length}`)
      runs.push(run)
      await listening.until(
        `user:${person.userId}`,
        (event) => event['run_id'] === run.run_id && event.type === 'run_state_changed',
      )
      await listening.follow(`thread:${run.thread_id}`)
    }
    for (const { run_id, thread_id } of runs) {
      for (const device of [here, there]) {
        const end = await device.end(run_id, thread_id)
        expect(end.event).toMatchObject({ type: 'agent_completed' })
        const events = device.events.get(`thread:${thread_id}`) ?? []
        expect(shownText(events, run_id)).toBe(WORDS.join(''))
        expect(seqsOf(device, `thread:${thread_id}`)).toEqual(upTo(end.seq))
      }
      expect(here.events.get(`thread:${thread_id}`)).toEqual(
        there.events.get(`thread:${thread_id}`),
      )
    }
    const streams = [here, there].map((device) => device.events.get(`user:${person.userId}`))
    await here.until(`user:${person.userId}`, (event) => event['state'] === 'completed')
    expect(streams[0]?.slice(0, 6)).toEqual(streams[1]?.slice(0, 6))
    expect([...here.violations, ...there.violations]).toEqual([])
    here.disconnect()
    there.disconnect()
  },
)

test(
  'F10: after SIGKILL of one process its positions are good at the other, and the run ends there',
  { timeout: 300_000 },
  async () => {
    await using model = await startModelServer({ script: [{ text: WORDS, paceMs: 100 }] })
    const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/slow' }
    await using first = await startNode(env)
    await using second = await startNode(env)
    const person = await register(first.url)
    const [moving, staying] = [new Follower(person), new Follower(person)]
    await moving.connect(first.url)
    await staying.connect(second.url)
    const { run_id, thread_id } = await moving.ask('hello')
    const stream = `thread:${thread_id}`
    await staying.follow(stream)
    await moving.until(stream, (event) => event.type === 'message_delta')
    await staying.until(stream, (event) => event.type === 'message_delta')
    const killed = performance.now()
    await first.kill('SIGKILL')
    moving.disconnect()
    await moving.connect(second.url)
    for (const device of [moving, staying]) {
      const end = await device.end(run_id, thread_id)
      expect(end.event).toMatchObject({ type: 'agent_completed', final_response: WORDS.join('') })
      const events = device.events.get(stream) ?? []
      expect(events.filter(({ event }) => TERMINAL.has(event.type))).toHaveLength(1)
      expect(shownText(events, run_id)).toBe(WORDS.join(''))
      expect(seqsOf(device, stream)).toEqual(upTo(end.seq))
    }
    expect(performance.now() - killed).toBeGreaterThan(0)
    expect([...moving.violations, ...staying.violations]).toEqual([])
    moving.disconnect()
    staying.disconnect()
  },
)

test(
  'processes that start at once have one set-up link, and accounts and tickets are good at both',
  { timeout: 300_000 },
  async () => {
    await using stack = new AsyncDisposableStack()
    const nodes = await Promise.all([startNode(), startNode()])
    for (const node of nodes) stack.use(node)
    expect(nodes.filter(({ setupToken }) => setupToken !== undefined)).toHaveLength(1)
    const [first, second] = nodes
    const person = await register(first.url)
    const threads = await fetch(`${second.url}/api/threads`, { headers: person.headers })
    expect(threads.status).toBe(200)
    const answer = await fetch(`${first.url}/api/ws-ticket`, {
      method: 'POST',
      headers: { cookie: person.cookie, origin: first.url },
    })
    const { ticket } = (await answer.json()) as { ticket: string }
    const socket = await openSocket(second.url, {
      headers: { cookie: person.cookie, origin: second.url },
    })
    socket.send({ ...hello(''), token: undefined, ticket })
    await socket.next(({ type }) => type === 'welcome')
    socket[Symbol.dispose]()
  },
)

test(
  'a folder that a SQLite journal holds is refused, and the other way round',
  { timeout: 300_000 },
  async () => {
    {
      await using alone = await startNetra({ folder })
      await expect(startNode()).rejects.toThrow(/in use/)
      await alone.kill('SIGTERM')
    }
    await using shared = await startNode()
    await expect(startNetra({ folder })).rejects.toThrow(/in use/)
    expect(shared.url).not.toBe('')
  },
)
