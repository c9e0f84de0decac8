import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { startMcpServer, type McpHttpServer } from './support/mcp-http.ts'
import { callOnce, openMcpWorld, type McpWorld, type Member } from './support/mcp-world.ts'

let world: McpWorld
let server: McpHttpServer
let person: Member

beforeAll(async () => {
  world = await openMcpWorld()
  server = await startMcpServer()
  person = await world.person()
  await person.connect({ name: 'Desk', url: server.url, trusted: true, timeout_ms: 9_000 })
  const program = fileURLToPath(new URL('./support/mcp-stdio.ts', import.meta.url))
  await world.administrator.connect({
    name: 'Old',
    command: [process.execPath, program],
    for_all: true,
    trusted: true,
  })
}, 60_000)

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

async function ask(tool: string) {
  world.model.script(callOnce(tool))
  const turn = await person.send()
  return { turn, asked: await person.waiting(turn) }
}

test.each([
  ['of today', 'desk__order', 'The MCP server "Desk"'],
  ['of before, which asks in the middle of a call', 'old__order', 'The MCP server "Old"'],
])(
  'a question of a server %s waits for the person, and the call goes on with the answer',
  async (_which, tool, from) => {
    const { turn, asked } = await ask(tool)
    expect(asked).toMatchObject({
      tool,
      question: {
        mode: 'form',
        message: `${from} asks: How many shall it be?`,
        schema: { properties: { count: { type: 'integer', minimum: 1, maximum: 9 } } },
      },
    })
    const wrong = await person.answer(asked, { action: 'accept', content: { count: 77 } })
    expect(wrong.status).toBe(422)
    const right = await person.answer(asked, { action: 'accept', content: { count: 3 } })
    expect(right.status).toBe(200)
    const [made] = await person.calls(turn)
    expect(made).toMatchObject({ status: 'ok', result: { text: 'ordered 3' } })
  },
)

test('a question that the person declines is answered so', async () => {
  const { turn, asked } = await ask('desk__order')
  await person.answer(asked, { action: 'decline' })
  const [made] = await person.calls(turn)
  expect(made).toMatchObject({ status: 'ok', result: { text: 'nothing ordered' } })
})

test('a server that sends the person to a page has its address shown, and hears that they went', async () => {
  const { turn, asked } = await ask('desk__pay')
  expect(asked.question).toEqual({
    mode: 'url',
    message: 'The MCP server "Desk" asks: Pay there, please.',
    url: 'https://pay.example.com/7',
  })
  await person.answer(asked, { action: 'accept' })
  const [made] = await person.calls(turn)
  expect(JSON.stringify(made?.result)).toContain('{\\"page\\":{\\"action\\":\\"accept\\"}}')
})

test('a server that wants a model’s answer is refused politely', async () => {
  world.model.script(callOnce('desk__think'))
  const [made] = await person.calls(await person.send())
  expect(made?.status).toBe('error')
  expect(JSON.stringify(made?.result)).toMatch(/sampling|Netra does not give/)
})

test('what a server gave along with a question comes back with the answer', async () => {
  const { turn, asked } = await ask('desk__order')
  server.requests.length = 0
  await person.answer(asked, { action: 'accept', content: { count: 5 } })
  const [made] = await person.calls(turn)
  expect(made?.result).toMatchObject({ text: 'ordered 5' })
  expect(
    server.requests.some(({ body }) => body.includes('"requestState":"state-of-the-order"')),
  ).toBe(true)
})
