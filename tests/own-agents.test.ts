import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { Follower } from './support/follower.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { requestsAs, type Person } from './support/people.ts'
import { setUp } from './support/sign-in.ts'

interface Files {
  own: {
    files: {
      file: string
      status: string
      problems: { line: number | null; field: string | null; message: string }[]
    }[]
  }
}

/** On a busy machine; on a quiet one all of it takes a second. */
const PATIENT = { timeout: 30_000, interval: 50 }
vi.setConfig({ testTimeout: 90_000 })

const folder = mkdtempSync(join(tmpdir(), 'netra-own-'))
let netra: NetraProcess
let model: ModelServer
let admin: Person

const markdown = (description: string, more = '', body = 'Be brief.'): string =>
  `---\ndescription: ${description}\n${more}---\n${body}\n`
const write = (file: string, text: string): void => writeFileSync(join(folder, file), text)

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Good.' }] })
  write('clerk.md', markdown('Keeps books.', 'tools: [calculate]\napprovals: [calculate]\n'))
  write('assistant.md', markdown('Not the assistant.'))
  write(
    'broken.md',
    '---\ndescription: x\ntols: [calculate]\nmcp: perhaps\nmodel: gpt-4o\n---\nHello\n',
  )
  write('unknown.md', markdown('x', 'tools:\n  - calculate\n  - calculator\napprovals: [look]\n'))
  write('no-front.md', 'Hello')
  write('syntax.ts', 'export default { description: }')
  write('enum.ts', 'enum A { B }\nexport default { description: String(A.B) }')
  write('empty.ts', 'export const agent = {}')
  write('Bad Name.md', markdown('x'))
  write(
    'dice.ts',
    `import { defineAgent, defineTool, z } from '@netra/agent-kit'
import { sides } from './_sides.ts'
const roll = defineTool({
  name: 'roll', description: 'Rolls.', effect: 'none',
  input: z.object({ dice: z.number() }), run: ({ dice }) => ({ sum: dice * sides }),
})
export default defineAgent({
  description: 'Rolls dice.', tools: [roll],
  program: async ({ call }) => \`\${((await call('roll', { dice: 2 })) as { sum: number }).sum} eyes\`,
})`,
  )
  write('_sides.ts', 'export const sides: number = 6')
  netra = await startNetra({
    env: {
      NETRA_AGENTS_DIR: folder,
      OPENAI_API_KEY: 'sk-test-1234567890',
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/test-model',
    },
  })
  admin = await setUp(netra)
}, 60_000)
afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const ask = requestsAs(() => netra)
const agents = async (): Promise<Record<string, string>> => {
  const { body } = await ask<{ agents: { id: string; description: string; origin: string }[] }>(
    admin,
    'GET',
    '/api/agents',
  )
  const own = body.agents.filter(({ origin }) => origin === 'own')
  return Object.fromEntries(own.map(({ id, description }) => [id, description]))
}
const problems = async (): Promise<Record<string, string[]>> => {
  const { body } = await ask<Files>(admin, 'GET', '/api/admin/agents')
  const told = body.own.files.filter(({ status }) => status !== 'ready')
  return Object.fromEntries(
    told.map((file) => [
      file.file,
      file.problems.map(({ line, field, message }) => [line, field, message].join(' ')),
    ]),
  )
}
const execute = async (type: string, message: string) =>
  (
    await ask<{ response: string; error: string }>(admin, 'POST', '/api/agents/execute', {
      type,
      message,
    })
  ).body

test('a file makes an agent appear; those that are wrong are named, each mistake with its place', async () => {
  expect(await agents()).toEqual({ clerk: 'Keeps books.', dice: 'Rolls dice.' })
  const told = await problems()
  expect(told).toEqual({
    'Bad Name.md': [expect.stringContaining("file's name is the agent's")],
    'assistant.md': [expect.stringContaining("an agent of Netra's own")],
    'broken.md': [
      expect.stringMatching(/^5 model is not of the form/),
      expect.stringMatching(/^4 mcp is neither true, false/),
      expect.stringMatching(/^3 tols is no field of an agent; there are name, desc/),
    ],
    'empty.ts': [expect.stringContaining('export default defineAgent')],
    'enum.ts': [expect.stringContaining('Types are taken out and nothing else')],
    'no-front.md': [expect.stringMatching(/^1 {2}has no front matter/)],
    'syntax.ts': [expect.stringMatching(/is not TypeScript/)],
    'unknown.md': [
      expect.stringMatching(/tools\[1\] names no tool: calculator\. There are profile_table/),
      expect.stringMatching(/approvals\[0\] names none of this agent's tools: look/),
    ],
  })
  expect(netra.log()).toContain('an agent is broken')
})

test('its instructions reach the model, and what waits for a yes waits', async () => {
  model.script([{ toolCalls: [{ name: 'calculate', arguments: { expression: '6 * 7' } }] }])
  const { body } = await ask<{ thread_id: string; run_id: string }>(
    admin,
    'POST',
    '/api/agents/start',
    { agent: 'clerk', message: 'What is 6 * 7?' },
  )
  await expect
    .poll(async () => {
      const status = await ask<{ runs: { status: string }[] }>(
        admin,
        'GET',
        `/api/agents/status?run_id=${body.run_id}`,
      )
      return status.body.runs[0]?.status
    }, PATIENT)
    .toBe('waiting')
  expect(JSON.stringify(model.requests[0]?.body)).toContain('Be brief.')
})

test('what a program answers without a model is said to be of none, and in nobody’s stead', async () => {
  const { body } = await ask<{ thread_id: string; model: string | null }>(
    admin,
    'POST',
    '/api/agents/execute',
    { type: 'dice', message: 'Roll' },
  )
  expect(body).toMatchObject({ response: '12 eyes', model: null, instead_of: null })
  const { body: listed } = await ask<{ agents: { id: string; asks_model: boolean }[] }>(
    admin,
    'GET',
    '/api/agents',
  )
  const askNone = listed.agents.filter(({ asks_model: asks }) => !asks).map(({ id }) => id)
  expect(askNone).toContain('dice')
  expect(askNone).not.toContain('supervisor')
  const device = new Follower(admin)
  await device.connect(netra.url)
  await device.follow(`thread:${body.thread_id}`)
  const events = device.events.get(`thread:${body.thread_id}`) ?? []
  const said = events.map(({ event }) => event)
  expect(said.find(({ type }) => type === 'run_accepted')).toMatchObject({ model: null })
  const end = said.find(({ type }) => type === 'agent_completed')
  expect([end?.['model'], end?.['instead_of']]).toEqual([undefined, undefined])
  device.disconnect()
  const { body: spent } = await ask<{ by_agent: { agent: string }[] }>(
    admin,
    'GET',
    '/api/spending',
  )
  expect(spent.by_agent.map(({ agent }) => agent)).not.toContain('dice')
})

test('a changed file and a changed helper are the next answer; a broken edit keeps the last whole one', async () => {
  expect((await execute('dice', 'Roll')).response).toBe('12 eyes')
  write('_sides.ts', 'export const sides: number = 8')
  await expect.poll(async () => (await execute('dice', 'Roll')).response, PATIENT).toBe('16 eyes')
  write('clerk.md', markdown('Keeps better books.'))
  await expect.poll(agents, PATIENT).toMatchObject({ clerk: 'Keeps better books.' })
  write('clerk.md', '---\ndescription: [\n---\nx')
  await expect
    .poll(problems, PATIENT)
    .toMatchObject({ 'clerk.md': [expect.stringContaining('is not YAML')] })
  expect(await agents()).toMatchObject({ clerk: 'Keeps better books.' })
  write('.new', markdown('Comes later.'))
  renameSync(join(folder, '.new'), join(folder, 'later.md'))
  rmSync(join(folder, 'dice.ts'))
  await expect
    .poll(agents, PATIENT)
    .toEqual({ clerk: 'Keeps better books.', later: 'Comes later.' })
})
