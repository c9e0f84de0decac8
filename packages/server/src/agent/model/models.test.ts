import { expect, test } from 'vitest'

import { memoryStore, stage, turnOf } from '../../../testing/agent-stage.ts'
import { Breakers } from '../../platform/breakers.ts'
import { systemClock } from '../../platform/clock.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { pricingFor } from './pricing.ts'
import type { Connection } from './providers.ts'

const bare = () =>
  stage({ script: [{ text: 'ok' }], models: { settings: {}, store: memoryStore() } })

test('without a connection the built-in model is all there is, and data answers', async () => {
  await using s = await bare()
  expect(s.agents.resolve(null, await s.models.defaultId())).toBe('data')
  expect(await s.models.list()).toEqual({
    default: 'netra/builtin',
    models: [
      {
        id: 'netra/builtin',
        provider: 'netra',
        name: 'builtin',
        label: 'built-in, no language model',
        built_in: true,
      },
    ],
  })
})

test('with a connection assistant answers, by its first model', async () => {
  await using s = await bare()
  await s.models.connections.put('anthropic', { apiKey: 'k' })
  expect(s.agents.resolve(null, await s.models.defaultId())).toBe('assistant')
  const { default: byDefault, models } = await s.models.list()
  expect(byDefault).toMatch(/^anthropic\/claude-/)
  expect(models.map((model) => model.id)).toContain(byDefault)
  expect(models.at(-1)?.id).toBe('netra/builtin')
})

test('a server of models lists its own, and the first of them answers by default', async () => {
  await using s = await bare()
  await s.models.connections.put('my-vllm', { baseUrl: s.server.url })
  expect((await s.models.list()).default).toBe('my-vllm/test-model')
  const { error } = await s.act(turnOf('Hi'))
  expect(error).toBeUndefined()
  expect(s.server.requests[0]?.model).toBe('test-model')
})

test('models that the administrator did not enable are refused', async () => {
  await using s = await bare()
  await s.models.connections.put('my-vllm', { baseUrl: s.server.url, enabledModels: ['a', 'b'] })
  expect((await s.models.list()).models.map((model) => model.id)).toEqual([
    'my-vllm/a',
    'my-vllm/b',
    'netra/builtin',
  ])
  const { error } = await s.act(turnOf('Hi', { model: 'my-vllm/c' }))
  expect(error).toMatchObject({ code: 'model_refused', retry: 'no' })
  expect((await s.act(turnOf('Hi', { model: 'my-vllm/b' }))).error).toBeUndefined()
})

test('the built-in model may be chosen although another is connected', async () => {
  await using s = await bare()
  await s.models.connections.put('openai', { apiKey: 'k' })
  await s.models.connections.setDefaultModel('netra/builtin')
  expect(s.agents.resolve(null, await s.models.defaultId())).toBe('data')
})

test('agents are known by name, and no other is', async () => {
  await using s = await bare()
  expect(s.agents.resolve('data', 'netra/builtin')).toBe('data')
  expect(s.agents.resolve('assistant', 'netra/builtin')).toBe('assistant')
  expect(s.agents.resolve('triage', 'netra/builtin')).toBe('triage')
  expect(s.agents.resolve('nobody', 'netra/builtin')).toBeUndefined()
  const agents = await s.agents.list()
  expect(agents.map(({ id, status, examples }) => [id, status, examples.length])).toEqual([
    ['supervisor', 'ready', 3],
    ['assistant', 'ready', 3],
    ['data', 'ready', 3],
    ['triage', 'ready', 3],
    ['optimization', 'ready', 3],
    ['actions', 'ready', 3],
    ['reporting', 'ready', 3],
    ['data_helper', 'ready', 3],
  ])
})

const usage = (input: number, output: number) => ({
  inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: output, text: output, reasoning: 0 },
})
const at = (provider: string, baseUrl: string): Connection => ({
  provider,
  source: 'stored',
  baseUrl,
  apiKey: undefined,
  enabledModels: [],
  setAt: '',
})

test('a known model of its own provider has a price and a context', async () => {
  const connection = at('openai', 'https://api.openai.com/v1')
  const pricing = await pricingFor(connection, 'gpt-4o', new Date())
  expect(pricing.costUsd(usage(1_000_000, 100_000))).toBeCloseTo(3.5, 6)
  expect(pricing.contextTokens).toBe(128_000)
})

test('what nobody knows the price of costs null, never nothing', async () => {
  const local = await pricingFor(at('openai', 'http://127.0.0.1:1/v1'), 'gpt-4o', new Date())
  expect(local.costUsd(usage(10, 10))).toBeNull()
  const unknown = await pricingFor(at('openai', 'https://api.openai.com/v1'), 'no-such', new Date())
  expect(unknown.costUsd(usage(10, 10))).toBeNull()
})

test('metrics name the models that a service has, and none that somebody made up', async () => {
  const metrics = createMetrics()
  const breakers = new Breakers(systemClock, metrics)
  const models = { settings: {}, store: memoryStore(), breakers }
  await using s = await stage({ script: [{ text: 'ok' }], models })
  await s.models.connections.put('my-vllm', { baseUrl: s.server.url })
  await s.models.open('my-vllm/evil-1')
  await s.models.open('my-vllm/test-model')
  const text = await metrics.text()
  expect(text).not.toContain('evil')
  expect(text).toContain('name="my-vllm/test-model"')
})
