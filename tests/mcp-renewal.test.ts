import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { mcpOauthMigrations } from '../packages/server/src/journal/migrations/mcp-oauth.ts'
import { Renewals } from '../packages/server/src/mcp/oauth/renewal.ts'
import { TokenStore } from '../packages/server/src/mcp/oauth/token-store.ts'
import { Breakers } from '../packages/server/src/platform/breakers.ts'
import { systemClock, type Clock } from '../packages/server/src/platform/clock.ts'
import { silentLogger as logger } from '../packages/server/src/platform/logger.ts'
import { TestClock } from '../packages/server/src/platform/testing-clock.ts'
import { memoryRows } from './support/memory-rows.ts'

const OWNER = { userId: 'ada', serverId: 'notes' }
let asked: string[] = []
let answer: { status: number; body: object } = { status: 500, body: {} }
const there = createServer((request, response) => {
  let body = ''
  request.on('data', (piece: Buffer) => (body += piece.toString()))
  request.on('end', () => {
    asked.push(body)
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer.body))
  })
})
let issuer = ''
beforeAll(async () => {
  await new Promise<void>((listening) => there.listen(0, '127.0.0.1', listening))
  issuer = `http://127.0.0.1:${(there.address() as AddressInfo).port}`
})
afterAll(() => there.close())
beforeEach(() => {
  asked = []
})

const old = () => ({
  tokens: {
    access_token: 'old',
    token_type: 'Bearer',
    refresh_token: 'good once',
    scope: 'notes:read',
  },
  client: { client_id: 'netra', issuer },
  discovery: {
    authorizationServerUrl: issuer,
    authorizationServerMetadata: {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ['code'],
    },
  },
  expiresAt: 0,
})
const FRESH = { access_token: 'new', token_type: 'Bearer', refresh_token: 'next', expires_in: 60 }

async function nodes(count: number, clock: Clock = systemClock) {
  const rows = memoryRows(mcpOauthMigrations)
  const key = randomBytes(32)
  const tokens = new TokenStore({ rows, key, now: () => new Date(clock.now()).toISOString() })
  const grant = old()
  await tokens.save(OWNER, grant)
  const breakers = new Breakers(clock)
  const parts = { tokens, fetch, breakers, clock, logger }
  return { rows, tokens, grant, nodes: Array.from({ length: count }, () => new Renewals(parts)) }
}

test('two nodes whose calls find the token spent at once show the refresh token once (R16)', async () => {
  answer = { status: 200, body: FRESH }
  const { nodes: both, grant, tokens, rows } = await nodes(2)
  const renewed = await Promise.all(
    both.flatMap((node) => [node.renew(OWNER, grant), node.renew(OWNER, grant)]),
  )
  expect(renewed.map((each) => each?.tokens.access_token)).toEqual(['new', 'new', 'new', 'new'])
  expect(asked).toHaveLength(1)
  expect((await tokens.find(OWNER))?.grant?.tokens).toMatchObject({
    refresh_token: 'next',
    scope: 'notes:read',
  })
  // Nothing of it can be read from the rows.
  const stored = JSON.stringify(
    await rows.query({ sql: 'select * from mcp_token', parameters: [] }),
  )
  for (const secret of ['good once', '"next"', '"new"']) expect(stored).not.toContain(secret)
})

test('a token endpoint that fails is left alone after three tries, and nobody is signed out by it (R16)', async () => {
  answer = { status: 503, body: {} }
  const clock = new TestClock()
  const { nodes: one, grant, tokens } = await nodes(1, clock)
  const [node] = one
  for (let call = 0; call < 20; call += 1)
    await expect(node?.renew(OWNER, grant)).rejects.toThrow(/./)
  expect(asked).toHaveLength(3)
  expect((await tokens.find(OWNER))?.grant).toBeDefined()
  answer = { status: 200, body: FRESH }
  clock.advance(31_000)
  expect((await node?.renew(OWNER, grant))?.tokens.access_token).toBe('new')
})

test('a refresh token that is refused ends the sign-in at once, with what it was for', async () => {
  answer = { status: 400, body: { error: 'invalid_grant' } }
  const { nodes: one, grant, tokens } = await nodes(1)
  expect(await one[0]?.renew(OWNER, grant)).toBeUndefined()
  expect(asked).toHaveLength(1)
  expect(await tokens.find(OWNER)).toMatchObject({
    grant: undefined,
    wanted: { scope: 'notes:read' },
    problem: 'The server ended the sign-in.',
  })
})

test('tokens of one person and server do not open as another’s', async () => {
  const { tokens, rows, grant } = await nodes(1)
  await tokens.save({ ...OWNER, userId: 'bob' }, { ...grant, expiresAt: 1 })
  const [mine] = await rows.query<{ sealed: string }>({
    sql: "select sealed from mcp_token where user_id = 'ada'",
    parameters: [],
  })
  await rows.write([
    { sql: "update mcp_token set sealed = ? where user_id = 'bob'", parameters: [mine?.sealed] },
  ])
  expect((await tokens.find({ ...OWNER, userId: 'bob' }))?.grant).toBeUndefined()
})
