import { createServer } from 'node:net'

import { expect, test } from 'vitest'

import type { Reply } from '../../../../../tests/support/model-server.ts'
import {
  kindsOf,
  memoryStore,
  stage,
  turnOf,
  type StageOptions,
} from '../../../testing/agent-stage.ts'

/** Ends with a failure; answers it with how often the server was asked. */
async function failureOf(script: Reply[], rest: Partial<StageOptions> = {}) {
  await using s = await stage({ script, ...rest })
  const { steps, error } = await s.act(turnOf('Hi'))
  const { breaker } = { breaker: await s.agents.breaker() }
  return { kinds: kindsOf(steps), error, asked: s.server.requests.length, breaker }
}

test('a wrong key ends with model_auth, is not tried again and does not count against the service', async () => {
  const { error, asked, breaker } = await failureOf([{ text: 'never' }], { apiKey: 'another' })
  expect(error).toMatchObject({
    code: 'model_auth',
    retry: 'no',
    message: expect.stringContaining('OPENAI_API_KEY'),
  })
  expect(String(error)).not.toContain('sk-test')
  expect(asked).toBe(0)
  expect(breaker.failure_count).toBe(0)
})

test('a refused connection ends with what to check', async () => {
  const { error, breaker } = await failureOf([], {
    models: {
      settings: {
        model: 'openai/x',
        openaiApiKey: 'sk-test',
        openaiBaseUrl: `http://127.0.0.1:${await freePort()}`,
      },
    },
  })
  expect(error).toMatchObject({ code: 'model_refused', retry: 'after' })
  expect(String(error)).toMatch(/Nothing answers at http:\/\/127.0.0.1.*OPENAI_BASE_URL/)
  expect(breaker.failure_count).toBe(3)
})

test('a name that does not exist ends with what to check', async () => {
  const { error } = await failureOf([], {
    models: { settings: { model: 'openai/x', openaiBaseUrl: 'http://netra.invalid/v1' } },
  })
  expect(error).toMatchObject({ code: 'model_refused' })
  expect(String(error)).toMatch(/was not found|cannot be reached/)
})

test('429 with a long Retry-After ends at once and says when to come back', async () => {
  const { error, asked } = await failureOf([{ status: 429, headers: { 'retry-after': '30' } }])
  expect(error).toMatchObject({ code: 'model_rate_limited', retry: 'after' })
  expect(String(error)).toContain('in 30 s')
  expect(asked).toBe(1)
})

test('429 with a short Retry-After is waited for', async () => {
  const { error, asked, kinds } = await failureOf([
    { status: 429, headers: { 'retry-after': '0' } },
    { text: 'Hello.' },
  ])
  expect(error).toBeUndefined()
  expect(kinds).toEqual(['thinking', 'text', 'spoken', 'done'])
  expect(asked).toBe(2)
})

test('an exhausted quota is no matter of waiting', async () => {
  const { error, asked } = await failureOf([
    { status: 429, error: 'You exceeded your current quota', code: 'insufficient_quota' },
  ])
  expect(error).toMatchObject({ code: 'model_rate_limited', retry: 'no' })
  expect(String(error)).toContain('billing')
  expect(asked).toBe(1)
})

test('a 500 is tried three times, then ends', async () => {
  const { error, asked, breaker } = await failureOf([{ status: 500, error: 'boom' }])
  expect(error).toMatchObject({ code: 'model_refused', retry: 'after' })
  expect(String(error)).toContain('500: boom')
  expect(asked).toBe(3)
  expect(breaker.failure_count).toBe(3)
})

test('a 503 that passes is not seen', async () => {
  const { error, asked } = await failureOf([{ status: 503 }, { text: 'Hello.' }])
  expect(error).toBeUndefined()
  expect(asked).toBe(2)
})

test('an unknown model is named', async () => {
  const { error, asked } = await failureOf([{ status: 404, error: 'The model x does not exist' }])
  expect(error).toMatchObject({ code: 'model_refused', retry: 'no' })
  expect(String(error)).toContain('does not know the model of openai/test-model')
  expect(asked).toBe(1)
})

test('a conversation that is too long is told so', async () => {
  const { error } = await failureOf([
    { status: 400, error: "This model's maximum context length is 8192 tokens" },
  ])
  expect(error).toMatchObject({ code: 'model_refused', retry: 'no' })
  expect(String(error)).toContain('too long')
})

test('F58: silence before the first byte is tried once more, then ends with model_stalled', async () => {
  const { error, asked } = await failureOf([{ text: 'late', delayMs: 5_000 }], {
    models: { firstByteMs: 80 },
  })
  expect(error).toMatchObject({ code: 'model_stalled', retry: 'same' })
  expect(String(error)).toContain('did not begin to answer')
  expect(asked).toBe(2)
})

test('F58: a model that is silent once and answers then is heard', async () => {
  await using s = await stage({
    script: [{ text: 'late', delayMs: 5_000 }, { text: 'Hello.' }],
    models: { firstByteMs: 300 },
  })
  const { error } = await s.act(turnOf('Hi'))
  expect(error).toBeUndefined()
  expect(await s.metrics.text()).toContain('netra_model_stalls_total{next="repeated"} 1')
})

test('F58: a stream that lives by its pings alone is stalled all the same', async () => {
  const ping = ': still here\n\n'
  const pinging: Reply = { text: 'Hello there', raw: ping.repeat(3), after: 'stall' }
  const { error, kinds } = await failureOf([pinging], { models: { betweenTokensMs: 120 } })
  expect(kinds).toEqual(['thinking', 'text'])
  expect(error).toMatchObject({ code: 'model_stalled', retry: 'same' })
  const silent: Reply = { text: [], raw: ping, after: 'stall' }
  const first = await failureOf([silent], { models: { firstTokenMs: 120 } })
  expect(first.error).toMatchObject({ code: 'model_stalled' })
  expect(first.asked).toBe(2)
})

test('F58: silence in the middle ends with model_stalled after what was said', async () => {
  const { error, kinds } = await failureOf([{ text: 'Hello there', after: 'stall' }], {
    models: { stallMs: 120 },
  })
  expect(kinds).toEqual(['thinking', 'text'])
  expect(error).toMatchObject({ code: 'model_stalled' })
  expect(String(error)).toContain('in the middle')
})

test('a slow stream that goes on is not stalled', async () => {
  const { error } = await failureOf([{ text: ['a', 'b', 'c', 'd'], paceMs: 60 }], {
    models: { stallMs: 150 },
  })
  expect(error).toBeUndefined()
})

test('a connection that was closed between two calls is tried again at once and not counted against the model', async () => {
  await using s = await stage({ script: [{ text: 'one' }, { refuse: true }] })
  expect((await s.act(turnOf('Hi'))).error).toBeUndefined()
  // Only then is the connection free for the next call.
  for (let turn = 0; turn < 10; turn += 1) await new Promise((go) => void setImmediate(go))
  const { error } = await s.act(turnOf('Hi again'))
  expect(error).toBeDefined()
  // Tried three times in all, the first on the connection that had been used.
  expect(s.server.requests).toHaveLength(1 + 3)
  expect((await s.agents.breaker()).failure_count).toBe(2)
})

test('a socket destroyed in the middle ends with model_cut and is not tried again', async () => {
  const { error, asked, kinds } = await failureOf([{ text: 'Hello there', after: 'cut' }])
  expect(kinds).toEqual(['thinking', 'text'])
  expect(error).toMatchObject({ code: 'model_cut', retry: 'same' })
  expect(asked).toBe(1)
})

test('a stream that closes cleanly without its ending ends with model_cut', async () => {
  const { error } = await failureOf([{ text: 'Hello there', after: 'close' }])
  expect(error).toMatchObject({ code: 'model_cut' })
})

test('a stream cut before its first token is tried again', async () => {
  const { error, asked } = await failureOf([{ refuse: true }, { after: 'cut' }, { text: 'Hello.' }])
  expect(error).toBeUndefined()
  expect(asked).toBe(3)
})

test('a content filter ends with what to do', async () => {
  const { error } = await failureOf([{ text: 'I ', finish: 'content_filter' }])
  expect(error).toMatchObject({ code: 'model_refused', retry: 'no' })
  expect(String(error)).toContain('content filter')
})

test('an answer at the output limit says that it is incomplete', async () => {
  await using s = await stage({ script: [{ text: 'Half of', finish: 'length' }] })
  const { steps, error } = await s.act(turnOf('Hi'))
  expect(error).toBeUndefined()
  expect(steps.at(-1)).toMatchObject({ finalResponse: expect.stringContaining('output limit') })
})

test('an empty answer is tried again, then ends', async () => {
  const { error, asked } = await failureOf([{}])
  expect(error).toMatchObject({ code: 'model_refused' })
  expect(String(error)).toContain('without an answer')
  expect(asked).toBe(3)
})

test('an open breaker fails within a second without asking, and says so', async () => {
  await using s = await stage({
    script: [{ status: 500 }],
    models: { breaker: { failures: 3, openMs: 60_000 } },
  })
  await s.act(turnOf('Hi'))
  const asked = s.server.requests.length
  const started = performance.now()
  const { error } = await s.act(turnOf('Hi'))
  expect(performance.now() - started).toBeLessThan(1000)
  expect(error).toMatchObject({ code: 'model_refused', retry: 'after', breaker: 'OPEN' })
  expect(s.server.requests.length).toBe(asked)
  expect((await s.agents.list())[0]?.status).toBe('degraded')
  expect(s.agents.breakers()).toMatchObject([{ name: 'openai/test-model', state: 'OPEN' }])
  expect(await s.models.connections.list()).toMatchObject([
    { provider: 'openai', breaker: { state: 'OPEN' } },
  ])
})

test('a breaker closes again when its trial succeeds', async () => {
  await using s = await stage({
    script: [{ status: 500 }],
    models: { breaker: { failures: 3, openMs: 50 } },
  })
  await s.act(turnOf('Hi'))
  expect((await s.agents.breaker()).state).toBe('OPEN')
  s.server.script([{ text: 'Back.' }])
  await new Promise((resolve) => setTimeout(resolve, 70))
  const { error } = await s.act(turnOf('Hi'))
  expect(error).toBeUndefined()
  expect((await s.agents.breaker()).state).toBe('CLOSED')
})

test('a model that is not connected says how to connect it', async () => {
  await using s = await stage({ script: [], models: { settings: {}, store: memoryStore() } })
  const { error } = await s.act(turnOf('Hi', { model: 'anthropic/claude-sonnet-5' }))
  expect(error).toMatchObject({ code: 'model_auth', retry: 'no' })
  expect(String(error)).toContain('ANTHROPIC_API_KEY')
})

test('a fault of the built-in model is ours: told once, and no reason to refuse the next', async () => {
  await using s = await stage({ script: [], models: { settings: {}, store: memoryStore() } })
  for (let asked = 0; asked < 6; asked++) {
    const { error } = await s.act(turnOf('Hi'))
    expect(error).toMatchObject({ code: 'internal', retry: 'no' })
  }
  expect((await s.agents.breaker()).state).toBe('CLOSED')
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
