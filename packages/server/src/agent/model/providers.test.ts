import { LLMock } from '@copilotkit/aimock'
import { describe, expect, test } from 'vitest'

import {
  kindsOf,
  memoryStore,
  only,
  stage,
  textOf,
  tool,
  turnOf,
} from '../../../testing/agent-stage.ts'
import { systemClock } from '../../platform/clock.ts'
import { completedMessages } from '../prompt.ts'
import { connectionsOf, splitModelId } from './environment.ts'
import {
  acceptedBy,
  callOptionsFor,
  createLanguageModel,
  normalizeBaseUrl,
  type Connection,
} from './providers.ts'
import { createWatchedFetch } from './watched-fetch.ts'

const calculate = tool('calculate', async ({ value }) => ({ double: Number(value) * 2 }))

const PROVIDERS = [
  { provider: 'openai', path: '/v1', asked: '/v1/chat/completions', dialect: 'openai-chat' },
  { provider: 'anthropic', path: '', asked: '/v1/messages', dialect: 'anthropic' },
  {
    provider: 'google',
    path: '/v1beta',
    asked: '/v1beta/models/test-model:streamGenerateContent',
    dialect: 'google',
  },
  { provider: 'ollama', path: '', asked: '/v1/chat/completions', dialect: 'openai-chat' },
  { provider: 'my-vllm', path: '/v1/', asked: '/v1/chat/completions', dialect: 'openai-chat' },
]

async function connected(provider: string, path: string) {
  const s = await stage({
    tools: [calculate],
    models: { settings: {}, store: memoryStore() },
    apiKey: 'key-of-the-test',
    script: ({ toolResults }) =>
      toolResults.length === 0
        ? {
            text: 'I will work it out.',
            toolCalls: [{ name: 'calculate', arguments: { value: 21 } }],
            usage: { input: 100, output: 10 },
          }
        : { text: `The result is ${toolResults.join()}.`, usage: { input: 120, output: 20 } },
  })
  await s.models.connections.put(provider, {
    apiKey: 'key-of-the-test',
    baseUrl: `${s.server.url}${path}`,
  })
  return s
}

describe.each(PROVIDERS)('$provider', ({ provider, path, asked, dialect }) => {
  test('answers with a tool call in between, and its usage is counted', async () => {
    await using s = await connected(provider, path)
    const { steps, error } = await s.act(turnOf('Twice 21?', { model: `${provider}/test-model` }))
    expect(error).toBeUndefined()
    expect(kindsOf(steps)).toEqual([
      'thinking',
      'text',
      'spoken',
      'tool_started',
      'tool_ended',
      'text',
      'spoken',
      'done',
    ])
    expect(textOf(steps)).toContain('42')
    expect(steps.at(-1)).toMatchObject({ usage: { inputTokens: 220, outputTokens: 30 }, steps: 3 })
    expect(s.server.requests[0]).toMatchObject({
      path: asked,
      dialect,
      model: 'test-model',
      tools: ['calculate'],
      lastUserText: 'Twice 21?',
    })
  })

  test('tells of reasoning as a thought', async () => {
    await using s = await connected(provider, path)
    s.server.script([{ reasoning: 'Twenty-one twice.', text: '42' }])
    const { steps } = await s.act(turnOf('?', { model: `${provider}/test-model` }))
    // OpenAI's chat completions have no reasoning: a compatible server adds it, OpenAI does not.
    const told = provider !== 'openai'
    expect(only(steps, 'thinking')[0]?.thought.includes('Twenty-one twice.')).toBe(told)
  })

  test('is cut, refused and limited in the same words as any other', async () => {
    await using s = await connected(provider, path)
    const codes: unknown[] = []
    for (const reply of [
      { text: 'Hello', after: 'cut' as const },
      { text: 'Hello', after: 'close' as const },
      { status: 401 },
      { status: 429, headers: { 'retry-after': '20' } },
      { text: 'I ', finish: 'content_filter' as const },
    ]) {
      s.server.script([reply])
      const { error } = await s.act(turnOf('?', { model: `${provider}/test-model` }))
      codes.push(error instanceof Error && 'code' in error ? error.code : error)
    }
    expect(codes).toEqual([
      'model_cut',
      'model_cut',
      'model_auth',
      'model_rate_limited',
      'model_refused',
    ])
  })

  test('is tested by listing its models', async () => {
    await using s = await connected(provider, path)
    expect(await s.models.connections.test(provider)).toMatchObject({
      ok: true,
      models: ['test-model'],
    })
  })
})

const IN_BAND = [
  {
    provider: 'anthropic',
    raw: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
  },
  {
    provider: 'openai',
    raw: 'data: {"error":{"message":"The server is overloaded","type":"server_error","code":null}}\n\n',
  },
  {
    provider: 'my-vllm',
    raw: 'data: {"error":{"message":"The server is overloaded","type":"server_error","code":null}}\n\n',
  },
]

test.each(IN_BAND)('$provider reports an error inside its stream', async ({ provider, raw }) => {
  await using s = await connected(provider, '')
  s.server.script([{ raw, after: 'close' }])
  const { error } = await s.act(turnOf('?', { model: `${provider}/test-model` }))
  expect(error).toMatchObject({ code: 'model_refused', retry: 'after' })
  expect(String(error)).toMatch(/overloaded/i)
  expect(s.server.requests.length).toBe(3)
})

/** An independent implementation of the same APIs, so that both ends are not ours. */
describe('aimock', () => {
  const cases: [string, string][] = [
    ['openai', '/v1'],
    ['anthropic', '/v1'],
    ['google', '/v1beta'],
    ['my-vllm', '/v1'],
  ]
  test.each(cases)('%s streams text and a tool call', async (provider, path) => {
    const mock = new LLMock({ port: 0 })
    mock.onMessage('hello', { content: 'Hello from the other side.' })
    mock.onMessage('double', { toolCalls: [{ name: 'calculate', arguments: '{"value":4}' }] })
    await mock.start()
    try {
      const connection: Connection = {
        provider,
        source: 'stored',
        baseUrl: normalizeBaseUrl(provider, `${mock.url}${path}`),
        apiKey: 'mock',
        enabledModels: [],
        setAt: 'a test',
      }
      const fetch = createWatchedFetch({ clock: systemClock, firstByteMs: 5_000, stallMs: 5_000 })
      const model = await createLanguageModel(connection, 'gpt-4o', fetch)
      const parts = async (text: string) => {
        const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text }] }]
        const { stream } = await model.doStream({
          prompt,
          tools: [{ type: 'function', name: 'calculate', inputSchema: { type: 'object' } }],
        })
        return Array.fromAsync(stream)
      }
      const spoken = await parts('hello')
      const said = spoken.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')
      expect(said).toBe('Hello from the other side.')
      expect(await parts('double')).toContainEqual(
        expect.objectContaining({ type: 'tool-call', toolName: 'calculate', input: '{"value":4}' }),
      )
    } finally {
      await mock.stop()
    }
  })
})

const NOTHING = { inputTokens: 0, outputTokens: 0 }
const CALL = { callId: 'c1', toolName: 'calculate', arguments: { value: 21 } }

test("OpenAI's own address is spoken to by its newer API", async () => {
  await using s = await stage({ script: [{ text: 'Hello.', toolCalls: [] }] })
  const connection: Connection = {
    provider: 'openai',
    source: 'environment',
    baseUrl: 'https://api.openai.com/v1',
    apiKey: 'key',
    enabledModels: [],
    setAt: 'a test',
  }
  const redirected: typeof fetch = (input, init) => {
    const url = String(input instanceof Request ? input.url : input)
    return fetch(url.replace('https://api.openai.com', s.server.url), init)
  }
  const model = await createLanguageModel(connection, 'gpt-5.4-mini', redirected)
  const { stream } = await model.doStream({
    ...callOptionsFor(connection),
    prompt: [
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      ...completedMessages([
        { kind: 'spoken', text: 'Let me see.', usage: NOTHING, costUsd: 0, calls: [CALL] },
        { kind: 'tool', call: CALL, outcome: { ...CALL, status: 'ok', result: { double: 42 } } },
      ]),
    ],
  })
  const parts = await Array.fromAsync(stream)
  expect(parts[0]).toEqual({ type: 'stream-start', warnings: [] })
  expect(parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')).toBe(
    'Hello.',
  )
  expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'stop' } })
  expect(s.server.requests[0]?.toolResults).toEqual(['{"double":42}'])
  expect(s.server.requests[0]?.body).toMatchObject({ store: false })
  expect(s.server.requests[0]?.dialect).toBe('openai-responses')
})

test('an address without a path gets the version it needs', () => {
  expect(normalizeBaseUrl('openai', 'http://127.0.0.1:11434')).toBe('http://127.0.0.1:11434/v1')
  expect(normalizeBaseUrl('anthropic', 'https://api.anthropic.com/')).toBe(
    'https://api.anthropic.com/v1',
  )
  expect(normalizeBaseUrl('google', 'http://h:1')).toBe('http://h:1/v1beta')
  expect(normalizeBaseUrl('x', 'http://h:1/api/v3/')).toBe('http://h:1/api/v3')
})

const providers = (settings: Parameters<typeof connectionsOf>[0]) =>
  connectionsOf(settings).map(({ provider, baseUrl }) => `${provider} ${baseUrl}`)

test('the environment connects what its variables name', () => {
  expect(providers({})).toEqual([])
  expect(providers({ openaiApiKey: 'k', anthropicApiKey: 'k', googleApiKey: 'k' })).toEqual([
    'openai https://api.openai.com/v1',
    'anthropic https://api.anthropic.com/v1',
    'google https://generativelanguage.googleapis.com/v1beta',
  ])
  expect(providers({ openaiBaseUrl: 'http://127.0.0.1:8080' })).toEqual([
    'openai http://127.0.0.1:8080/v1',
  ])
  expect(providers({ model: 'ollama/llama3.2' })).toEqual(['ollama http://127.0.0.1:11434/v1'])
  expect(
    providers({ model: 'openai-compatible/m', openaiBaseUrl: 'http://127.0.0.1:8080/v1' }),
  ).toEqual(['openai http://127.0.0.1:8080/v1', 'openai-compatible http://127.0.0.1:8080/v1'])
})

test("a model's name may hold slashes", () => {
  expect(splitModelId('my-vllm/meta-llama/Llama-3')).toEqual({
    provider: 'my-vllm',
    model: 'meta-llama/Llama-3',
  })
})

const at = (provider: string, baseUrl: string): Connection => ({
  provider,
  source: 'stored',
  baseUrl,
  apiKey: undefined,
  enabledModels: [],
  setAt: '',
})

test('what a model reads is known by its provider, or by its name', () => {
  const own = at('openai', 'https://api.openai.com/v1')
  const local = at('ollama', 'http://127.0.0.1:11434/v1')
  expect(acceptedBy(own, 'gpt-5.4')).toEqual({ images: true, pdf: true })
  expect(acceptedBy(local, 'llama3.2')).toEqual({ images: false, pdf: false })
  expect(acceptedBy(local, 'qwen2.5vl:7b')).toEqual({ images: true, pdf: false })
  expect(acceptedBy(local, 'llava:13b')).toEqual({ images: true, pdf: false })
})
