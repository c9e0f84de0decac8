import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { Follower } from './support/follower.ts'
import { freePort } from './support/free-port.ts'
import { request } from './support/http.ts'
import { startModelServer } from './support/model-server.ts'
import { startNetra } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { testDatabase } from './support/postgres.ts'
import { openSocket, welcomedSocket } from './support/raw-socket.ts'

const PATIENT = { timeout: 60_000 }
const SOCKETS = 120
const SHORT = ['A short ', 'answer ', 'ends ', 'in time.']
const LONG = Array.from({ length: 120 }, (_, index) => `word${index} `)

/** `short` ends within the window; `long` does not, `silent` says nothing after its first words. */
const model = () =>
  startModelServer({
    script: ({ lastUserText }) => {
      if (lastUserText.includes('short')) return { text: SHORT, paceMs: 150 }
      if (lastUserText.includes('silent') && !heard.has(lastUserText)) {
        heard.add(lastUserText)
        return { text: ['half ', 'an ', 'answer'], hold: new Promise(() => undefined) }
      }
      return { text: LONG, paceMs: 40 }
    },
  })
const heard = new Set<string>()

/** Whole, once, and with one end. */
async function expectWhole(
  device: Follower,
  run: { run_id: string; thread_id: string },
  text: readonly string[],
) {
  const { event } = await device.end(run.run_id, run.thread_id)
  expect(event).toMatchObject({ type: 'agent_completed', final_response: text.join('') })
  const events = device.events.get(`thread:${run.thread_id}`) ?? []
  expect(events.filter(({ event: { type } }) => type === 'agent_completed')).toHaveLength(1)
  expect(device.violations).toEqual([])
  return events.map(({ event: { type } }) => type)
}

/** When sockets were told to go, in order. */
const sentAway = (log: string): number[] =>
  log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; code?: number; time: number })
    .filter(({ msg, code }) => msg === 'socket closed by the server' && code === 4001)
    .map(({ time }) => time)

test(
  'SIGTERM on SQLite: not ready at once, sockets sent away over a while, short answers ended, the long one gone on with (F55, F93)',
  PATIENT,
  async () => {
    await using server = await model()
    const port = await freePort()
    const env = {
      OPENAI_BASE_URL: `${server.url}/v1`,
      NETRA_MODEL: 'openai/test-model',
      NETRA_DRAIN_SECONDS: '2',
      NETRA_DRAIN_DELAY_SECONDS: '2',
      NETRA_LOG_LEVEL: 'info',
    }
    await using first = await startNetra({ env, port })
    const people = await Promise.all(Array.from({ length: 8 }, () => register(first.url)))
    const [ada, bob] = people as [Person, Person]
    const sockets = await Promise.all(
      Array.from({ length: SOCKETS }, (_, index) =>
        welcomedSocket(first.url, people[index % 8]?.token ?? ''),
      ),
    )
    const [short, long] = [new Follower(ada), new Follower(bob)]
    for (const device of [short, long]) await device.connect(first.url)
    const runs = [await short.ask('a short one'), await long.ask('a long one')] as const
    for (const [index, device] of [short, long].entries()) {
      await device.until(`thread:${runs[index]?.thread_id}`, ({ type }) => type === 'message_delta')
    }

    const begun = performance.now()
    const exited = first.kill('SIGTERM')
    const notReady = async (): Promise<boolean> => {
      const { status, body } = await request(`${first.url}/health/ready`)
      return status === 503 && body['status'] === 'draining' ? true : notReady()
    }
    let isAnybodyAway = false
    for (const { closed } of sockets) void closed.then(() => (isAnybodyAway = true))
    await notReady()
    expect(isAnybodyAway).toBe(false)
    expect((await request(`${first.url}/health/live`)).status).toBe(200)
    using late = await welcomedSocket(first.url, ada.token)
    const ends = await Promise.all([...sockets, late].map(({ closed }) => closed))
    expect(new Set(ends.map(({ code }) => code))).toEqual(new Set([4001]))
    expect(performance.now() - begun).toBeGreaterThan(1_900)
    const another = openSocket(first.url).then(
      () => 'taken',
      () => 'refused',
    )
    expect(await another).toBe('refused')
    expect(await exited).toBe(0)
    // By the server's own clock: ten milliseconds each, and far from all in one moment.
    const times = sentAway(first.log())
    expect(times.length).toBeGreaterThan(SOCKETS)
    const [earliest = 0, latest = 0] = [times[0], times.at(-1)]
    expect(latest - earliest).toBeGreaterThan(500)
    const median = times[Math.floor(times.length / 2)] ?? 0
    expect([median > earliest, median < latest]).toEqual([true, true])

    await using second = await startNetra({ env, port, folder: first.folder })
    for (const device of [short, long]) {
      device.disconnect()
      await device.connect(second.url)
    }
    expect(await expectWhole(short, runs[0], SHORT)).not.toContain('run_attempt')
    expect(await expectWhole(long, runs[1], LONG)).toContain('run_attempt')
    for (const device of [short, long]) device.disconnect()
  },
)

test(
  'SIGTERM on PostgreSQL: another node goes on at once with what does not end, and with what is asked for meanwhile',
  PATIENT,
  async () => {
    await using server = await model()
    await using database = await testDatabase()
    const folder = await mkdtemp(join(tmpdir(), 'netra-drain-'))
    const env = {
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: `${server.url}/v1`,
      NETRA_MODEL: 'openai/test-model',
      NETRA_DRAIN_SECONDS: '3',
    }
    try {
      await using first = await startNetra({ env, folder })
      await using second = await startNetra({ env, folder })
      const person = await register(first.url)
      const [sender, reader] = [new Follower(person), new Follower(person)]
      await sender.connect(first.url)
      await reader.connect(second.url)
      const ask = async (text: string) => {
        const run = await sender.ask(text)
        await reader.follow(`thread:${run.thread_id}`)
        return run
      }
      const runs = [await ask('a short one'), await ask('a silent one')] as const
      for (const { thread_id: thread } of runs) {
        await reader.until(`thread:${thread}`, ({ type }) => type === 'message_delta')
      }
      const begun = performance.now()
      const exited = first.kill('SIGTERM')
      // Accepted by a node that begins nothing more: another must, and need not wait for a lease.
      const asked = await request<{ run_id: string; thread_id: string }>(
        `${first.url}/api/agents/start`,
        {
          headers: person.headers,
          body: { type: 'assistant', message: 'asked at the end, short' },
        },
      )
      expect(await exited).toBe(0)
      expect(await expectWhole(reader, runs[0], SHORT)).not.toContain('run_attempt')
      const stream = `thread:${runs[1].thread_id}`
      await reader.until(stream, ({ type }) => type === 'run_attempt')
      // The quiet time of a drain and one look for free runs; a lease alone would last 15 s.
      expect(performance.now() - begun).toBeLessThan(12_000)
      await expectWhole(reader, runs[1], LONG)
      if (asked.status < 300) {
        await reader.follow(`thread:${asked.body.thread_id}`)
        await reader.end(asked.body.run_id, asked.body.thread_id)
      }
      expect(reader.violations).toEqual([])
      sender.disconnect()
      reader.disconnect()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)

test('a second signal ends it at once', PATIENT, async () => {
  await using server = await model()
  await using netra = await startNetra({
    env: {
      OPENAI_BASE_URL: `${server.url}/v1`,
      NETRA_MODEL: 'openai/test-model',
      NETRA_DRAIN_DELAY_SECONDS: '600',
    },
  })
  const device = new Follower(await register(netra.url))
  await device.connect(netra.url)
  const run = await device.ask('a long one')
  await device.until(`thread:${run.thread_id}`, ({ type }) => type === 'message_delta')
  const exited = netra.kill('SIGTERM')
  const draining = async (): Promise<void> => {
    if ((await request(`${netra.url}/health/ready`)).status !== 503) await draining()
  }
  await draining()
  // One that follows at once is the same one, passed on by another process of the terminal.
  await new Promise((resolve) => setTimeout(resolve, 300))
  const begun = performance.now()
  await netra.kill('SIGTERM')
  expect(await exited).toBe(143)
  expect(performance.now() - begun).toBeLessThan(6_000)
  device.disconnect()
})

test('a server on which nothing hangs ends at once', PATIENT, async () => {
  await using netra = await startNetra()
  const begun = performance.now()
  expect(await netra.kill('SIGTERM')).toBe(0)
  // Of a window of 10 s.
  expect(performance.now() - begun).toBeLessThan(7_000)
})
