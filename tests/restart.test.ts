import { expect, test } from 'vitest'

import { Follower, shownText } from './support/follower.ts'
import { startModelServer } from './support/model-server.ts'
import { moments } from './support/moments.ts'
import { startNetra } from './support/netra-process.ts'
import { register } from './support/people.ts'

const WORDS = Array.from({ length: 110 }, (_, index) => `word${index} `)
const PACE_MS = 100
const ANSWER = WORDS.join('')
const TERMINAL = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Four answers of 11 s, begun 2.5 s apart, so that one kill meets four moments of an answer. */
const STAGGER_MS = [0, 2_500, 5_000, 7_500]

test.concurrent.for([1, 2, 3, 4, 5])(
  'SIGKILL in the middle of answers: each thread goes on and completes, group %i',
  { timeout: 120_000 },
  async (group) => {
    await using model = await startModelServer({ script: [{ text: WORDS, paceMs: PACE_MS }] })
    const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/slow' }
    await using first = await startNetra({ env })
    const person = await register(first.url)
    const device = new Follower(person)
    await device.connect(first.url)
    await device.follow(`user:${person.userId}`)

    const runs = await Promise.all(
      STAGGER_MS.map(async (wait, index) => {
        await sleep(wait)
        return device.ask(`question ${index}`)
      }),
    )
    // Not before the last one was accepted: nobody answers a question that met a dead server.
    await sleep(100 + Math.floor((moments(group, 1)[0] ?? 0) * 3_000))
    await first.kill('SIGKILL')
    device.disconnect()

    const port = Number(new URL(first.url).port)
    await using second = await startNetra({ env, folder: first.folder, port })
    await device.connect(second.url)
    for (const { thread_id, run_id } of runs) {
      const end = await device.end(run_id, thread_id)
      expect(end.event).toMatchObject({ type: 'agent_completed', final_response: ANSWER })
      const events = device.events.get(`thread:${thread_id}`) ?? []
      expect(events.filter(({ event }) => TERMINAL.has(event.type))).toHaveLength(1)
      expect(shownText(events, run_id)).toBe(ANSWER)
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    }
    expect(device.violations).toEqual([])
    await device.until(
      `user:${person.userId}`,
      (event) => event['run_id'] === runs.at(-1)?.run_id && event['state'] === 'completed',
    )
    device.disconnect()
  },
)

test('a run that was interrupted three times is ended honestly', { timeout: 60_000 }, async () => {
  await using model = await startModelServer({ script: [{ text: WORDS, paceMs: PACE_MS }] })
  const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/slow' }
  await using first = await startNetra({ env })
  const device = new Follower(await register(first.url))
  await device.connect(first.url)
  const run = await device.ask('again and again')
  const stream = `thread:${run.thread_id}`
  await device.until(stream, (event) => event.type === 'message_delta')
  await first.kill('SIGKILL')
  for (const attempt of [2, 3]) {
    await using next = await startNetra({ env, folder: first.folder })
    device.disconnect()
    await device.connect(next.url)
    await device.until(
      stream,
      (event) => event.type === 'agent_started' && event['attempt'] === attempt,
    )
    await next.kill('SIGKILL')
  }
  await using last = await startNetra({ env, folder: first.folder })
  device.disconnect()
  await device.connect(last.url)
  const end = await device.end(run.run_id, run.thread_id)
  expect(end.event).toMatchObject({ type: 'agent_failed', code: 'interrupted', retry: 'same' })
  expect(device.violations).toEqual([])
  device.disconnect()
})

test('a second process on the same data folder says so and ends', async () => {
  await using first = await startNetra()
  await expect(startNetra({ folder: first.folder })).rejects.toThrow(/in use/)
})

test(
  'SIGTERM in the middle of an answer: the next start goes on with it',
  { timeout: 60_000 },
  async () => {
    await using model = await startModelServer({
      script: [{ text: WORDS.slice(0, 30), paceMs: PACE_MS }],
    })
    const env = {
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/slow',
      NETRA_DRAIN_SECONDS: '0',
    }
    await using first = await startNetra({ env })
    const device = new Follower(await register(first.url))
    await device.connect(first.url)
    const run = await device.ask('hello')
    await device.until(`thread:${run.thread_id}`, (event) => event.type === 'message_delta')
    expect(await first.kill('SIGTERM')).toBe(0)
    device.disconnect()
    await using second = await startNetra({ env, folder: first.folder })
    await device.connect(second.url)
    const end = await device.end(run.run_id, run.thread_id)
    expect(end.event).toMatchObject({
      type: 'agent_completed',
      final_response: WORDS.slice(0, 30).join(''),
    })
    expect(device.violations).toEqual([])
    device.disconnect()
  },
)
