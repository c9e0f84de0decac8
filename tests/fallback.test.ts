import { HttpApi, NetraClient, TokenSession, whenStore } from '@netra/client'
import { nodeTransport } from '@netra/client/node'
import { textOf } from '@netra/protocol'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD } from './support/people.ts'
import { startUpgradeProxy, type UpgradeProxy } from './support/upgrade-proxy.ts'

const WORDS = Array.from({ length: 60 }, (_, index) => `word${index} `)

let model: ModelServer
let netra: NetraProcess
let proxy: UpgradeProxy
let clients: NetraClient[] = []

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: WORDS, paceMs: 40 }] })
  netra = await startNetra({
    env: { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' },
  })
  proxy = await startUpgradeProxy(netra.url)
}, 60_000)

beforeEach(() => {
  proxy.mode = 'refuse'
  proxy.holdsBack = false
})

afterEach(() => {
  for (const client of clients) client.close()
  clients = []
})

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await netra[Symbol.asyncDispose]()
  await model.close()
})

let people = 0

/** A program behind the proxy. */
async function program(): Promise<NetraClient> {
  const open = new HttpApi({ baseUrl: proxy.address })
  const email = `fallback${++people}@example.com`
  const session = new TokenSession(open, await open.register({ email, password: PASSWORD }))
  const client = await NetraClient.fromConfig({
    baseUrl: proxy.address,
    credentials: session.credentials,
    transport: nodeTransport(),
  })
  clients.push(client)
  await client.connect()
  return client
}

/** Every event of a thread as one reader saw it, up to the end of its run. */
async function readToEnd(client: NetraClient, threadId: string): Promise<string[]> {
  const seen: string[] = []
  for await (const item of client.events(`thread:${threadId}`)) {
    if (item.kind === 'event') seen.push(`${item.seq} ${item.event.type}`)
    else if (item.kind !== 'live') seen.push(item.kind)
    if (item.kind === 'event' && item.event.type === 'agent_completed') return seen
  }
  return seen
}

const contiguous = (seen: readonly string[]): boolean =>
  seen.every((line, index) => line.startsWith(`${index + 1} `))

test('behind a proxy that refuses upgrades a question is asked and its answer streams', async () => {
  const client = await program()
  expect(client.status.getSnapshot().kind).toBe('fallback')
  const { threadId, runId } = await client.sendMessage({ threadId: null, text: 'hello' })
  const seen = await readToEnd(client, threadId)
  expect(contiguous(seen)).toBe(true)
  expect(seen.filter((line) => line.includes('message_delta')).length).toBeGreaterThan(10)
  const run = await client.runEnded(threadId, runId)
  expect(run.outcome).toMatchObject({ kind: 'completed', final_response: WORDS.join('') })
  expect(proxy.open).toBe(0)
})

test('once upgrades pass again the client moves to a socket, and loses and doubles nothing', async () => {
  const client = await program()
  const { threadId } = await client.sendMessage({ threadId: null, text: 'hello' })
  const reading = readToEnd(client, threadId)
  proxy.mode = 'pass'
  const { threadId: other } = await client.sendMessage({ threadId: null, text: 'another' })
  const [seen, seenOfOther] = await Promise.all([reading, readToEnd(client, other)])
  expect(contiguous(seen)).toBe(true)
  expect(contiguous(seenOfOther)).toBe(true)
  await whenStore(client.status, ({ kind }) => kind === 'open')
  const thread = client.thread(threadId)
  thread.subscribe(() => undefined)
  const view = await whenStore(thread, ({ phase }) => phase === 'live')
  expect(view.state.messages.map((message) => textOf(message.content))).toEqual([
    'hello',
    WORDS.join(''),
  ])
  expect(proxy.open).toBe(1)
})

test('a message whose answer was lost with the request is one message all the same', async () => {
  const client = await program()
  const clientMessageId = crypto.randomUUID()
  const wish = { threadId: null, text: 'once', clientMessageId }
  const first = await client.sendMessage(wish)
  const second = await client.sendMessage(wish)
  expect(second).toEqual({ ...first, duplicate: true })
})

test(
  'where streamed answers are held back, long polls bring all of it',
  { timeout: 120_000 },
  async () => {
    proxy.holdsBack = true
    const client = await program()
    const { threadId } = await client.sendMessage({ threadId: null, text: 'hello' })
    expect(contiguous(await readToEnd(client, threadId))).toBe(true)
    expect(client.status.getSnapshot().kind).toBe('fallback')
  },
)
