import { fileURLToPath } from 'node:url'

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
  await person.connect({ name: 'Desk', url: server.url, trusted: true, timeout_ms: 9_000 })
  const program = fileURLToPath(new URL('./support/mcp-stdio.ts', import.meta.url))
  const command = [process.execPath, program]
  await world.administrator.connect({ name: 'Old', command, for_all: true, trusted: true })
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

test('a tool that writes waits for the person, who reads server, tool and the whole arguments', async () => {
  world.model.script(callOnce('desk__write_note', { text: 'sell milk' }))
  const turn = await person.send()
  const asked = await person.waiting(turn)
  expect(asked).toMatchObject({
    tool: 'desk__write_note',
    arguments: { text: 'sell milk' },
    server: expect.stringMatching(/^Desk \(127\.0\.0\.1:\d+\)$/),
    change: {
      summary: expect.stringContaining('Calls write_note of the MCP server "Desk"'),
      after: { text: 'sell milk' },
    },
  })
  expect(server.bench.written).toEqual([])
  expect((await person.answer(asked, { approved: true })).status).toBe(200)
  const [made] = await person.calls(turn)
  expect(made).toMatchObject({ status: 'ok', result: { text: 'written' } })
  expect(server.bench.written.splice(0)).toEqual(['sell milk'])
})

test('about a tool that may destroy a person is asked each time, whatever they chose', async () => {
  world.model.script(callOnce('desk__write_note', { text: 'again' }))
  const first = await person.waiting(await person.send())
  const { run_id, tool_call_id } = first
  await person.api('PUT', '/api/approvals/unasked', { run_id, tool_call_id })
  await person.answer(first, { approved: false })
  const second = await person.waiting(await person.send())
  expect(second.tool).toBe('desk__write_note')
  await person.answer(second, { approved: false })
  expect(server.bench.written).toEqual([])
})

test('a call that the person refuses never reaches the server', async () => {
  world.model.script(callOnce('desk__write_note', { text: 'no' }))
  const turn = await person.send()
  await person.answer(await person.waiting(turn), { approved: false })
  const [made] = await person.calls(turn)
  expect(made?.status).toBe('denied')
  expect(server.bench.written).toEqual([])
})

test('arguments that the server did not describe are refused before anybody is asked', async () => {
  const { made } = await call('write_note', { text: 'x', bcc: 'evil@example.com' })
  expect(made).toMatchObject({ status: 'error' })
  expect(JSON.stringify(made?.result)).toContain('must NOT have additional properties')
  expect(server.bench.written).toEqual([])
})

test('a result of five megabytes is stored once; the model reads its beginning between marks', async () => {
  const { made } = await call('big')
  expect(made).toMatchObject({
    status: 'ok',
    result: { truncated: true, untrusted: { from: 'The MCP server "Desk"' } },
    result_ref: expect.any(String),
  })
  const [told = ''] = world.model.requests.at(-1)?.toolResults ?? []
  expect(told.length).toBeLessThan(20_000)
  expect(JSON.parse(told)).toMatchObject({ truncated: true, data: expect.stringMatching(/>$/) })
  const stored = await person.api('GET', `/api/files/${made?.result_ref}/content`)
  expect(JSON.stringify(stored.body).length).toBeGreaterThan(5_000_000)
})

test('what a tool says of its failure is marked too, and cannot end the marks', async () => {
  const { made } = await call('fail')
  expect(made).toMatchObject({ status: 'error', result: { is_error: true } })
  const [told = ''] = world.model.requests.at(-1)?.toolResults ?? []
  expect(told).toContain('the disk is on fire')
  expect(told.match(/<\/untrusted/g)).toHaveLength(1)
})

test('pictures and links are named to the model and kept for the person; nothing is fetched', async () => {
  const { made } = await call('picture')
  expect(made?.result).toMatchObject({
    text: '[image: image/png, about 1 KB]\n\n[link: more https://example.com/more]\n\n[resource: note://1]\ninside the resource',
    attachments: [
      { kind: 'image', media_type: 'image/png', data: expect.stringMatching(/^iVBOR/) },
      { kind: 'link', uri: 'https://example.com/more' },
      { kind: 'resource', uri: 'note://1' },
    ],
  })
  const [told = ''] = world.model.requests.at(-1)?.toolResults ?? []
  expect(told).not.toContain('iVBOR')
})

test('a structured result is held to the form that the server announced', async () => {
  const { made } = await call('measure')
  expect(made?.result).toMatchObject({ structured: { degrees: 21 }, text: '{"degrees":21}' })
})

test('progress is told while the tool runs, and Stop reaches the server', async () => {
  world.model.script(callOnce('desk__slow'))
  const turn = await person.send()
  await expect
    .poll(() => person.stateOf(turn).tool_calls[0]?.progress, { timeout: 10_000 })
    .toMatchObject({ progress: 1, total: 10, note: 'step 1' })
  await person.client.cancelRun(turn.runId)
  expect((await person.ended(turn)).outcome?.kind).toBe('cancelled')
  await expect.poll(() => server.bench.cancelled, { timeout: 10_000 }).toBe(1)
})

test('a call that hangs is given up in time, its server hears of it, and the run goes on', async () => {
  await person.connect({ name: 'Hasty', url: server.url, trusted: true, timeout_ms: 2_000 })
  const before = server.bench.cancelled
  world.model.script(callOnce('hasty__slow'))
  const turn = await person.send()
  const [made] = await person.calls(turn)
  expect(made).toMatchObject({ status: 'error' })
  expect(JSON.stringify(made?.result)).toContain('did not answer in time')
  expect((await person.ended(turn)).outcome?.kind).toBe('completed')
  await expect.poll(() => server.bench.cancelled - before, { timeout: 10_000 }).toBe(1)
})

test('a flood of progress is cut off: few of it are stored, and the run goes on', async () => {
  const { turn, made } = await call('flood')
  expect(made).toMatchObject({
    status: 'error',
    result: { error: expect.stringContaining('sent more messages than anybody reads') },
  })
  expect((await person.ended(turn)).outcome?.kind).toBe('completed')
})

test('a server that dies in the middle of a call is told of, and works again at the next', async () => {
  const { made } = await call('die')
  expect(made).toMatchObject({ status: 'error' })
  expect(JSON.stringify(made?.result)).toMatch(/The MCP server \\"Desk\\"/)
  expect((await call('read_note')).made?.status).toBe('ok')
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
