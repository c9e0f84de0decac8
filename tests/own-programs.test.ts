import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { startMcpServer, type McpHttpServer } from './support/mcp-http.ts'
import { openMcpWorld, type McpWorld, type Member } from './support/mcp-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'netra-programs-'))
let world: McpWorld
let server: McpHttpServer
let person: Member

const write = (id: string, body: string, mcp: string): void =>
  writeFileSync(
    join(folder, `${id}.ts`),
    `import { defineAgent, ToolError, ToolRefused, type Untrusted } from '@netra/agent-kit'
export default defineAgent({
  description: 'Works with Desk.', mcp: ['desk__${mcp}'],
  async program({ call }) { ${body} },
})`,
  )

beforeAll(async () => {
  write(
    'writes',
    `await call('desk__write_note', { text: 'paid' }); return 'Written.'`,
    'write_note',
  )
  write(
    'catches',
    `try { await call('desk__write_note', { text: 'paid' }) } catch (error) {
      if (!(error instanceof ToolRefused)) throw error
      return JSON.stringify({ name: error.name, tool: error.tool, reason: error.reason, mayHaveRun: error.mayHaveRun })
    }
    return 'Written.'`,
    'write_note',
  )
  write(
    'reads',
    `const note = (await call('desk__read_note', {})) as Untrusted
    return note.untrusted.from + ' says ' + note.text`,
    'read_note',
  )
  write('fails', `await call('desk__fail', {}); return 'Well.'`, 'fail')
  write(
    'catches-failure',
    `return call('desk__fail', {}).then(() => 'Well.', (error) =>
      String(error instanceof ToolError && (error.result as Untrusted).text))`,
    'fail',
  )
  world = await openMcpWorld({ env: { NETRA_AGENTS_DIR: folder } })
  server = await startMcpServer()
  person = await world.person()
  await person.connect({ name: 'Desk', url: server.url, trusted: true })
}, 60_000)

afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const execute = async (type: string) =>
  (await person.api('POST', '/api/agents/execute', { type, message: 'Go.' })).body

async function refused(agent: string, reason?: string) {
  const { body } = await person.api('POST', '/api/agents/start', { agent, message: 'Go.' })
  const turn = { threadId: body.thread_id, runId: body.run_id }
  const asked = await person.waiting(turn)
  await person.answer(asked, { approved: false, ...(reason !== undefined && { reason }) })
  const { outcome } = await person.client.runEnded(turn.threadId, turn.runId)
  const { body: read } = await person.api('GET', `/api/threads/${turn.threadId}/messages`)
  return { outcome, answer: read.messages.at(-1).text as string }
}

const failedRuns = async () => {
  const { body } = await world.administrator.api('GET', '/api/admin/dashboard')
  return body.runs.failed as number
}

test('a program that does not foresee a refusal ends in order, with what the person said', async () => {
  const before = await failedRuns()
  expect(await refused('writes', 'not this month')).toEqual({
    outcome: expect.objectContaining({ kind: 'completed' }) as object,
    answer: 'You refused `desk__write_note`: not this month',
  })
  expect(await refused('writes')).toEqual({
    outcome: expect.objectContaining({ kind: 'completed' }) as object,
    answer: 'You did not allow `desk__write_note` to run.',
  })
  expect(server.bench.written).toEqual([])
  expect(await failedRuns()).toBe(before)
  expect(world.netra.log()).not.toMatch(/"level":50|run failed/)
})

test('a program can catch a refusal and read its reason', async () => {
  const { answer } = await refused('catches', 'not this month')
  expect(JSON.parse(answer)).toEqual({
    name: 'ToolRefused',
    tool: 'desk__write_note',
    reason: 'not this month',
    mayHaveRun: false,
  })
})

test('a program is given what an MCP server answered, with who wrote it', async () => {
  expect(await execute('reads')).toMatchObject({
    response: 'The MCP server "Desk" says The note says: buy milk.',
  })
})

test('a program that does not foresee a failure ends with what the tool said of it', async () => {
  expect(await execute('catches-failure')).toMatchObject({
    response: expect.stringContaining('the disk is on fire') as string,
  })
  const failed = await execute('fails')
  expect(failed).toMatchObject({
    error: expect.stringContaining(
      'The MCP server "Desk" says that it failed: the disk is on fire',
    ) as string,
  })
  expect(world.netra.log()).not.toMatch(/"level":50/)
})
