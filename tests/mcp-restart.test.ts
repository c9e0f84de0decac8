import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test, vi } from 'vitest'

import { answerAt, askedAt, toldOf, waitsAt } from './support/asked.ts'
import { Follower } from './support/follower.ts'
import { freePort } from './support/free-port.ts'
import { startMcpServer } from './support/mcp-http.ts'
import { callOnce } from './support/mcp-world.ts'
import { startModelServer } from './support/model-server.ts'
import { startNetra } from './support/netra-process.ts'
import { register, requestsAs } from './support/people.ts'
import { setUp } from './support/sign-in.ts'

vi.setConfig({ testTimeout: 120_000 })

// oxlint-disable-next-line typescript/no-explicit-any -- bodies of many routes, read loosely on purpose
type Json = any

test.each([
  ['of today', 'desk__order'],
  ['of before, which asks in the middle of a call', 'old__order'],
])(
  'a form of a server %s waits through a kill, and its tool gets the answer once',
  async (_which, tool) => {
    const folder = await mkdtemp(join(tmpdir(), 'netra-mcp-restart-'))
    await using desk = await startMcpServer()
    await using model = await startModelServer({ script: callOnce(tool) })
    const port = await freePort()
    const start = () =>
      startNetra({
        folder,
        port,
        env: {
          OPENAI_BASE_URL: `${model.url}/v1`,
          NETRA_MODEL: 'openai/test-model',
          NETRA_REGISTRATION: 'open',
          NETRA_MCP_ALLOW_PRIVATE: '1',
        },
      })
    let netra = await start()
    try {
      const as = requestsAs(() => netra)
      const admin = await setUp(netra)
      const program = fileURLToPath(new URL('./support/mcp-stdio.ts', import.meta.url))
      for (const wish of [
        { name: 'Desk', url: desk.url },
        { name: 'Old', command: [process.execPath, program] },
      ]) {
        const all = { ...wish, for_all: true, trusted: true }
        const { body: made } = await as<Json>(admin, 'POST', '/api/mcp/connections', all)
        const tools = made.tools.map(({ name, hash }: Json) => ({ name, hash }))
        await as(admin, 'POST', `/api/mcp/connections/${made.id}/consent`, { tools })
      }
      const eve = await register(netra.url)
      const device = new Follower(eve)
      await device.connect(netra.url)
      const run = await device.ask('Order.', { agent: 'assistant' })
      const asked = await waitsAt(netra.url, eve, run.run_id)
      expect(asked.question).toMatchObject({ mode: 'form', schema: { required: ['count'] } })
      desk.requests.length = 0

      await netra.kill('SIGKILL')
      device.disconnect()
      netra = await start()
      expect(await askedAt(netra.url, eve)).toEqual([asked])
      await device.connect(netra.url)
      const answer = { action: 'accept', content: { count: 4 } }
      expect((await answerAt(netra.url, eve, asked, answer)).body).toMatchObject({
        repeated: false,
      })
      expect((await answerAt(netra.url, eve, asked, answer)).body).toMatchObject({ repeated: true })
      const { event } = await device.end(run.run_id, run.thread_id)
      expect(event.type).toBe('agent_completed')
      expect(toldOf(device, run, 'tool_completed')).toMatchObject([
        { tool_name: tool, status: 'ok', result: { text: 'ordered 4' } },
      ])
      const answered = desk.requests.filter(({ body }) => body.includes('"inputResponses"'))
      expect(answered).toHaveLength(tool === 'desk__order' ? 1 : 0)
      expect(await askedAt(netra.url, eve)).toEqual([])
      expect(device.violations).toEqual([])
      device.disconnect()
    } finally {
      await netra[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }
  },
)
