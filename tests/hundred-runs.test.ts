import { expect, test, vi } from 'vitest'

import { Follower } from './support/follower.ts'
import { startModelServer } from './support/model-server.ts'
import { startNetra } from './support/netra-process.ts'
import { register } from './support/people.ts'

vi.setConfig({ testTimeout: 120_000 })

const PEOPLE = 10
const EACH = 10
const TOOL_CALLS = 5
/** Beside some 60 MB that a node at rest holds. */
const HEAP_MB = 128

test('a hundred runs at once, each with five tool calls, are all completed within a heap of 128 MB', async () => {
  await using model = await startModelServer({
    script: ({ toolResults }) =>
      toolResults.length < TOOL_CALLS
        ? {
            toolCalls: [
              { name: 'calculate', arguments: { expression: `${toolResults.length} + 1` } },
            ],
          }
        : { text: 'Five numbers were worked out, one after the other.' },
  })
  await using netra = await startNetra({
    env: {
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/test-model',
      NETRA_REGISTRATION: 'open',
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
    },
  })
  const devices = await Promise.all(
    Array.from({ length: PEOPLE }, async () => {
      const device = new Follower(await register(netra.url))
      await device.connect(netra.url)
      return device
    }),
  )
  const ended = await Promise.all(
    devices.flatMap((device) =>
      Array.from({ length: EACH }, async (_, number) => {
        const { thread_id, run_id } = await device.ask(`Work out five numbers (${number}).`)
        await device.end(run_id, thread_id)
        return device.events.get(`thread:${thread_id}`) ?? []
      }),
    ),
  )
  const told = ended.map((events) => {
    const results = events.flatMap(({ event }) =>
      event.type === 'tool_completed' ? [(event['result'] as { value: unknown }).value] : [],
    )
    return { end: events.at(-1)?.event.type, results }
  })
  const whole = { end: 'agent_completed', results: [1, 2, 3, 4, 5] }
  expect(told).toEqual(Array.from({ length: PEOPLE * EACH }, () => whole))
  expect(devices.flatMap(({ violations }) => violations)).toEqual([])
  for (const device of devices) device.disconnect()
})
