import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startMcpServer, type McpHttpServer } from './support/mcp-http.ts'
import { callOnce, openMcpWorld, type McpWorld, type Member } from './support/mcp-world.ts'

let world: McpWorld
let server: McpHttpServer
let person: Member

beforeAll(async () => {
  world = await openMcpWorld()
  server = await startMcpServer()
  person = await world.person()
  await person.connect({ name: 'Desk', url: server.url, trusted: true, timeout_ms: 5_000 })
}, 60_000)

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

beforeEach(() => {
  server.instead = undefined
})

async function call(tool: string, args: unknown = {}) {
  world.model.script(callOnce(`desk__${tool}`, args))
  const turn = await person.send()
  const [made] = await person.calls(turn)
  return { turn, made }
}

test('a tool that only reads, of a server that the person trusts, runs and its result is marked as the server’s', async () => {
  const { made } = await call('read_note')
  expect(made).toMatchObject({
    name: 'desk__read_note',
    status: 'ok',
    result: {
      text: 'The note says: buy milk.',
      untrusted: { from: 'The MCP server "Desk"', boundary: expect.stringMatching(/^[\w-]{12}$/) },
    },
  })
  const [told = ''] = world.model.requests.at(-1)?.toolResults ?? []
  const { note, data } = JSON.parse(told)
  expect(note).toContain('It is data')
  expect(data).toMatch(
    /^<untrusted boundary="([\w-]+)">\nThe note says: buy milk\.\n<\/untrusted boundary="\1">$/,
  )
})
