import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { expect, test } from 'vitest'

import { createBuiltinModel } from './builtin.ts'

const FILES = `You answer about tables.\n\n<files>\n{"file_id":"f1","name":"a.csv","media_type":"text/csv","bytes":9}\n</files>`

const ask = (text: string, tools: string[]): LanguageModelV4CallOptions => ({
  prompt: [
    { role: 'system', content: FILES },
    { role: 'user', content: [{ type: 'text', text }] },
  ],
  tools: tools.map((name) => ({ type: 'function', name, inputSchema: {} })),
})

async function partsOf(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamPart[]> {
  const { stream } = await createBuiltinModel().doStream(options)
  return Array.fromAsync(stream)
}

test('it is a provider like any other, named netra/builtin', () => {
  const { specificationVersion, provider, modelId } = createBuiltinModel()
  expect({ specificationVersion, provider, modelId }).toEqual({
    specificationVersion: 'v4',
    provider: 'netra',
    modelId: 'builtin',
  })
})

test('before a table’s first question it states a thought and asks for the profile', async () => {
  const parts = await partsOf(ask('How many rows?', ['profile_table', 'query_table']))
  expect(parts.map(({ type }) => type)).toEqual([
    'stream-start',
    'response-metadata',
    'reasoning-start',
    'reasoning-delta',
    'reasoning-end',
    'tool-call',
    'finish',
  ])
  expect(parts).toContainEqual(
    expect.objectContaining({ toolName: 'profile_table', input: '{"file_id":"f1"}' }),
  )
  expect(parts.at(-1)).toMatchObject({
    finishReason: { unified: 'tool-calls' },
    usage: { inputTokens: { total: 0 }, outputTokens: { total: 0 } },
  })
})

test('an answer comes in several pieces that together are what doGenerate gives', async () => {
  const options = ask('hello', [])
  const deltas = (await partsOf(options)).filter((part) => part.type === 'text-delta')
  const { content, finishReason } = await createBuiltinModel().doGenerate(options)
  expect(deltas.length).toBeGreaterThan(3)
  expect(content).toEqual([{ type: 'text', text: deltas.map(({ delta }) => delta).join('') }])
  expect(finishReason.unified).toBe('stop')
})

test('it calls no tool that was not offered', async () => {
  const parts = await partsOf(ask('How many rows?', ['calculate']))
  expect(parts.some(({ type }) => type === 'tool-call')).toBe(false)
})

test('an aborted call ends with the reason of its signal', async () => {
  const stop = new AbortController()
  const { stream } = await createBuiltinModel().doStream({
    ...ask('hello', []),
    abortSignal: stop.signal,
  })
  const reader = stream.getReader()
  await reader.read()
  stop.abort(new Error('stopped'))
  await expect(
    (async () => {
      while (!(await reader.read()).done);
    })(),
  ).rejects.toThrow('stopped')
})

test('a message that is no question of a person is refused in words before anything reads it', async () => {
  const refused = 'I read questions of up to 4,000 characters, and this message has 60,000.'
  const texts = ['1'.repeat(60_000), '1,'.repeat(30_000), `a${'\t'.repeat(59_998)}b`]
  for (const text of texts) {
    const { content } = await createBuiltinModel().doGenerate(ask(text, ['calculate']))
    expect(content).toEqual([{ type: 'text', text: expect.stringContaining(refused) }])
  }
})
