import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'

import { expect, test } from 'vitest'

import { startModelServer } from '../../../../../tests/support/model-server.ts'
import { memoryStore } from '../../../testing/agent-stage.ts'
import { systemClock } from '../../platform/clock.ts'
import { silentLogger } from '../../platform/logger.ts'
import type { Row, Rows, Statement } from '../../platform/statement.ts'
import { createConnectionStore } from './connection-store.ts'
import { createConnections } from './connections.ts'
import type { ModelSettings } from './environment.ts'

const NOBODY = 'http://127.0.0.1:9'

const connect = (settings: ModelSettings = {}, store = memoryStore(), ollamaUrl = NOBODY) =>
  createConnections({ settings, store, ollamaUrl, clock: systemClock, logger: silentLogger, fetch })

const isValue = (value: unknown): value is string | null =>
  typeof value === 'string' || value === null

/** The table of settings over a real database. */
function settingRows(): Rows & { dump(): string } {
  const db = new DatabaseSync(':memory:')
  db.exec('create table setting (key text primary key, value text not null, updated_at text)')
  return {
    query: async <R extends Row>(query: Statement) => {
      const rows: Row[] = db.prepare(query.sql).all(...query.parameters.filter(isValue))
      return rows as R[]
    },
    async write(statements) {
      for (const { sql, parameters } of statements)
        db.prepare(sql).run(...parameters.filter(isValue))
    },
    dump: () => JSON.stringify(db.prepare('select * from setting').all()),
  }
}

const storeOver = (rows: Rows, key: Uint8Array) =>
  createConnectionStore({ rows, key, now: () => '2026-01-01T00:00:00Z' })

test('a saved key is used, shown by its last four characters, and stored encrypted', async () => {
  const rows = settingRows()
  const key = randomBytes(32)
  const connections = await connect({}, storeOver(rows, key))
  await connections.put('openai', { apiKey: ' sk-very-secret-1234 ', enabledModels: ['gpt-4o'] })
  expect(await connections.list()).toMatchObject([
    {
      provider: 'openai',
      source: 'stored',
      base_url: 'https://api.openai.com/v1',
      key_hint: '1234',
      enabled_models: ['gpt-4o'],
      problem: null,
    },
  ])
  expect(rows.dump()).not.toContain('very-secret')
  const reopened = await connect({}, storeOver(rows, key))
  expect(reopened.find('openai')?.apiKey).toBe('sk-very-secret-1234')
})

test('a key that another key file sealed is told, not used', async () => {
  const rows = settingRows()
  const first = await connect({}, storeOver(rows, randomBytes(32)))
  await first.put('anthropic', { apiKey: 'secret' })
  const second = await connect({}, storeOver(rows, randomBytes(32)))
  expect(second.find('anthropic')).toBeUndefined()
  expect((await second.list())[0]?.problem).toContain('Paste the key again')
})

test('the environment wins, and only the choice of models can be stored beside it', async () => {
  const store = memoryStore([{ provider: 'openai', apiKey: 'stored', enabledModels: [] }])
  const connections = await connect({ openaiApiKey: 'from-environment' }, store)
  expect(connections.find('openai')).toMatchObject({
    apiKey: 'from-environment',
    source: 'environment',
  })
  await expect(connections.put('openai', { apiKey: 'new' })).rejects.toThrow('OPENAI_API_KEY')
  await expect(connections.remove('openai')).rejects.toThrow('OPENAI_API_KEY')
  await connections.put('openai', { enabledModels: ['gpt-4o'] })
  expect(connections.find('openai')?.enabledModels).toEqual(['gpt-4o'])
})

test('a key given for one address is not sent to another', async () => {
  const connections = await connect()
  await connections.put('my-vllm', { apiKey: 'secret', baseUrl: 'http://first.test/v1' })
  await connections.put('my-vllm', { baseUrl: 'http://second.test/v1' })
  expect(connections.find('my-vllm')).toMatchObject({
    apiKey: undefined,
    baseUrl: 'http://second.test/v1',
  })
})

test('what cannot work is refused with what is missing', async () => {
  const connections = await connect()
  await expect(connections.put('openai', {})).rejects.toThrow('needs an API key')
  await expect(connections.put('my-vllm', {})).rejects.toThrow('needs the address')
  await expect(connections.put('My VLLM', { baseUrl: 'http://h/v1' })).rejects.toThrow('named by')
  await expect(connections.put('netra', { apiKey: 'k' })).rejects.toThrow('named by')
  for (const baseUrl of ['file:///etc/passwd', 'http://user:pass@h/v1', 'nonsense'])
    await expect(connections.put('my-vllm', { baseUrl })).rejects.toThrow('http or https')
  await expect(connections.remove('openai')).rejects.toThrow('not connected')
})

test('a removed connection takes its default model along', async () => {
  const connections = await connect()
  await connections.put('openai', { apiKey: 'k' })
  await connections.setDefaultModel('openai/gpt-4o')
  expect(connections.chosenDefault()).toBe('openai/gpt-4o')
  await connections.remove('openai')
  expect(connections.chosenDefault()).toBeNull()
  expect(connections.all()).toEqual([])
})

test('NETRA_MODEL decides the default', async () => {
  const connections = await connect({ model: 'openai/gpt-4o', openaiApiKey: 'k' })
  expect(connections.chosenDefault()).toBe('openai/gpt-4o')
  await expect(connections.setDefaultModel('openai/gpt-5')).rejects.toThrow('NETRA_MODEL')
})

test('a default of a provider that is not connected is refused', async () => {
  const connections = await connect()
  await expect(connections.setDefaultModel('openai/gpt-4o')).rejects.toThrow('not connected')
  await connections.setDefaultModel('netra/builtin')
  expect(connections.chosenDefault()).toBe('netra/builtin')
})

test('a test is a real request, and its failure says what to do', async () => {
  await using server = await startModelServer({ script: [], models: ['m1', 'm2'], apiKey: 'right' })
  const connections = await connect()
  await connections.put('my-vllm', { apiKey: 'wrong', baseUrl: server.url })
  const refused = await connections.test('my-vllm')
  expect(refused).toMatchObject({ ok: false, models: [] })
  expect(refused.error).toContain('refused the API key (401)')
  await connections.put('my-vllm', { apiKey: 'right' })
  expect(await connections.test('my-vllm')).toMatchObject({ ok: true, models: ['m1', 'm2'] })
  await server.close()
  expect((await connections.test('my-vllm')).error).toContain('Nothing answers at')
  expect((await connections.test('google')).error).toContain('not connected')
})

test('a test of something else than a model server says so', async () => {
  await using server = await startModelServer({ script: [] })
  const connections = await connect()
  await connections.put('google', { apiKey: 'k', baseUrl: `${server.url}/elsewhere` })
  expect((await connections.test('google')).ok).toBe(false)
})

test('a local Ollama that answers is offered, and used once it is saved', async () => {
  await using ollama = await startModelServer({ script: [], models: ['llama3.2:latest'] })
  const connections = await connect({}, memoryStore(), ollama.url)
  expect(connections.all()).toEqual([])
  expect(await connections.list()).toMatchObject([
    { provider: 'ollama', source: 'detected', key_hint: null, models: ['llama3.2:latest'] },
  ])
  expect(await connections.test('ollama')).toMatchObject({ ok: true })
  await connections.put('ollama', { baseUrl: ollama.url })
  expect(await connections.list()).toMatchObject([{ provider: 'ollama', source: 'stored' }])
})

test('models of a server that is down for a moment stay known', async () => {
  await using server = await startModelServer({ script: [], models: ['m1'] })
  let now = 0
  const clock = { ...systemClock, now: () => now }
  const connections = await createConnections({
    settings: {},
    store: memoryStore([{ provider: 'my-vllm', baseUrl: server.url, enabledModels: [] }]),
    ollamaUrl: NOBODY,
    clock,
    logger: silentLogger,
    fetch,
  })
  const connection = connections.find('my-vllm')!
  expect(await connections.listed(connection)).toEqual(['m1'])
  await server.close()
  now += 61_000
  expect(await connections.listed(connection)).toEqual(['m1'])
})

test('an Ollama that does not answer in time is not waited for', async () => {
  await using silent = await startModelServer({ script: [], delayListingMs: 5_000 })
  const connections = await connect({}, memoryStore(), silent.url)
  const started = performance.now()
  expect(await connections.list()).toEqual([])
  expect(performance.now() - started).toBeLessThan(1_000)
})
