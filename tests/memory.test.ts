import { MemoryApi } from '@netra/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { bearer, makeKey } from './support/api-key.ts'
import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { openProgram, type Program } from './support/sdk.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let model: ModelServer
let netra: NetraProcess
let program: Program
let memory: MemoryApi

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Yes.' }] })
  netra = await startNetra({
    env: {
      NETRA_REGISTRATION: 'open',
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/small-model',
    },
  })
  program = await openProgram(netra.url)
  memory = new MemoryApi(program.api.requests)
})

afterAll(async () => {
  program?.[Symbol.dispose]()
  await netra?.[Symbol.asyncDispose]()
  await model?.[Symbol.asyncDispose]()
})

const lastBody = (): string => JSON.stringify(model.requests.at(-1)?.body)

test('what a person has noted is told to agents in every conversation, until they turn it off or delete it', async () => {
  const { id } = await memory.add({ kind: 'instruction', text: 'Call me Captain.' })
  await program.ask('Hello?')
  expect(lastBody()).toContain('Call me Captain.')
  await memory.turn(false)
  await program.ask('Hello again?')
  expect(lastBody()).not.toContain('Captain')
  await memory.turn(true)
  await memory.change(id, { text: 'Call me Ada.' })
  await program.ask('And now?')
  expect(lastBody()).toContain('Call me Ada.')
  await memory.remove(id)
  await program.ask('At last?')
  expect(lastBody()).not.toContain('Ada')
})

test('nobody else is told, sees or changes it', async () => {
  using other = await openProgram(netra.url)
  const { id } = await memory.add({ kind: 'fact', text: 'Owns a red bicycle.' })
  const theirs = new MemoryApi(other.api.requests)
  expect(await theirs.state()).toMatchObject({ is_on: true, notes: [] })
  await expect(theirs.change(id, { text: 'mine' })).rejects.toMatchObject({ status: 404 })
  await other.ask('Who am I?')
  expect(lastBody()).not.toContain('bicycle')
  await memory.clear()
  expect((await memory.state()).notes).toEqual([])
})

test('a program with a key of the person writes nothing that lasts', async () => {
  const person = await register(netra.url)
  const { key } = await makeKey(netra.url, person, ['chat:read', 'chat:write'])
  const write = await request(`${netra.url}/api/memory/notes`, {
    headers: bearer(key),
    body: { kind: 'instruction', text: 'Never ask.' },
  })
  expect(write.status).toBe(403)
  const read = await request(`${netra.url}/api/memory`, { headers: bearer(key) })
  expect(read).toMatchObject({ status: 200, body: { notes: [] } })
})

/** Each as long as a message may be: some 12,000 tokens. */
const PAGE = 'The invoice of the third quarter is still open. '.repeat(1_200)

test('a long conversation is summarised before the window is full, shown to the person, and the next turn goes on from there', async () => {
  model.script([{ text: PAGE }])
  const first = await program.ask(`page 1: ${PAGE}`)
  const { threadId } = first
  await program.ask(`page 2: ${PAGE}`, { threadId })
  await program.ask(`page 3: ${PAGE}`, { threadId })
  model.script([{ text: 'SUMMARY: invoices are open.' }, { text: 'The third quarter.' }])
  const answered = await program.ask(`Which quarter? ${PAGE}`, { threadId })
  expect(answered.text).toBe('The third quarter.')
  const shown = answered.run.thoughts.find(({ summary }) => summary !== undefined)
  expect(shown?.summary).toEqual({ messages: 4, text: 'SUMMARY: invoices are open.' })
  expect(lastBody()).toContain('SUMMARY: invoices are open.')
  expect(lastBody()).not.toContain('page 1:')
  expect(answered.state.messages).toHaveLength(8)
  model.script([{ text: 'Still the third.' }])
  await program.ask('Sure?', { threadId })
  // One call: the summary of the turn before is used again.
  expect(model.requests).toHaveLength(1)
  expect(lastBody()).toContain('SUMMARY: invoices are open.')
  expect(lastBody()).not.toContain('page 2:')
})
