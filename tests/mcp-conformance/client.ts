import { randomBytes } from 'node:crypto'

import { discoverOAuthProtectedResourceMetadata } from '@modelcontextprotocol/client'

import { mcpOauthMigrations } from '../../packages/server/src/journal/migrations/mcp-oauth.ts'
import { SignInNeeded } from '../../packages/server/src/mcp/auth-port.ts'
import { createMcpOauth } from '../../packages/server/src/mcp/oauth/oauth.ts'
import type { McpServer } from '../../packages/server/src/mcp/server-row.ts'
import { Session } from '../../packages/server/src/mcp/session.ts'
import { Breakers } from '../../packages/server/src/platform/breakers.ts'
import { systemClock as clock } from '../../packages/server/src/platform/clock.ts'
import { createGuardedFetch } from '../../packages/server/src/platform/guarded-fetch.ts'
import { silentLogger as logger } from '../../packages/server/src/platform/logger.ts'
import { memoryRows } from '../support/memory-rows.ts'

/**
 * What a conformance scenario asks of a client, done by Netra's own: connect, sign in when asked,
 * list the tools, call each of them, answer what is asked in between. Started by the conformance
 * runner with the server's address.
 */
const url = process.argv[2] ?? ''
const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? ''
const context = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as {
  client_id?: string
  client_secret?: string
  toolCalls?: { name: string; arguments: Record<string, unknown> }[]
}
const isOlder = (process.env['MCP_CONFORMANCE_PROTOCOL_VERSION'] ?? '') < '2026'
const USER = 'ada'
const BROWSER = 'the browser that leaves'
const MOST_SIGN_INS = 3
/** Tens of these run at once, also where the machine is busy. */
const SECONDS = 60

const fetchIt = createGuardedFetch({
  clock,
  allowPrivate: true,
  maxBytes: 4_000_000,
  timeoutMs: SECONDS * 1_000,
})
const auth = createMcpOauth({
  rows: memoryRows(mcpOauthMigrations),
  key: randomBytes(32),
  fetch: fetchIt,
  breakers: new Breakers(clock),
  clock,
  logger,
  publicUrl: () => 'https://netra.example',
  clientDocumentUrl: 'https://conformance-test.local/client-metadata.json',
})
const server: McpServer = {
  id: 'server',
  userId: USER,
  slug: 'server',
  name: 'The server',
  transport: 'http',
  url,
  command: null,
  secrets: { headers: {}, variables: {} },
  unreadable: false,
  trusted: false,
  enabled: true,
  timeoutMs: SECONDS * 1_000,
  about: {},
  problem: null,
  createdBy: USER,
  createdAt: '',
  updatedAt: '',
  lookedAt: null,
}
const authServer = { id: server.id, name: server.name, url, isForAll: false }
const signal = AbortSignal.timeout(SECONDS * 1_000)

/** The person at the browser: goes where Netra sends them, agrees, comes back. */
async function signIn(): Promise<void> {
  const leave = await auth.begin(authServer, USER, { browser: BROWSER, returnTo: '/' })
  const agreed = await fetch(leave, { redirect: 'manual' })
  const back = new URL(agreed.headers.get('location') ?? '')
  const given = back.searchParams
  const [code, iss, error] = [given.get('code'), given.get('iss'), given.get('error')]
  const end = await auth.complete(
    {
      state: given.get('state') ?? '',
      browser: BROWSER,
      ...(code !== null && { code }),
      ...(iss !== null && { iss }),
      ...(error !== null && { error }),
    },
    () => Promise.resolve(authServer),
  )
  if (!end.ok) throw new Error(end.why)
}

/** As in a chat: where a sign-in is needed, the person signs in, and it is done again. */
async function signedIn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (let signIns = 0; ; signIns += 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof SignInNeeded) || signIns === MOST_SIGN_INS) throw error
      await signIn()
    }
  }
}

const open = () =>
  Session.open(
    { server, userId: USER, auth, fetch: fetchIt, clock, logger, version: '0', isOlder },
    signal,
  )

type Tool = Awaited<ReturnType<Session['tools']>>['tools'][number]

/** A person who fills in what they must and agrees to it. */
const answered = (question: unknown): Record<string, unknown> => {
  const { requestedSchema = {} } = (question ?? {}) as {
    requestedSchema?: { properties?: Record<string, { type?: string; default?: unknown }> }
  }
  const content = Object.entries(requestedSchema.properties ?? {}).map(
    ([name, { type, default: usual }]) => [name, usual ?? VALUE[type ?? 'string'] ?? 'text'],
  )
  return { action: 'accept', content: Object.fromEntries(content) }
}
const VALUE: Record<string, unknown> = { string: 'text', number: 1, integer: 1, boolean: true }

const argumentsFor = ({ inputSchema }: Tool): Record<string, unknown> => {
  const properties = (inputSchema as { properties?: Record<string, { type?: string }> }).properties
  return Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, { type }]) => [
      name,
      VALUE[type ?? 'string'] ?? {},
    ]),
  )
}

async function call(session: Session, tool: Tool, given: Record<string, unknown>): Promise<void> {
  let more: { inputResponses?: Record<string, unknown>; requestState?: string } = {}
  for (let round = 0; round < 5; round += 1) {
    const result = await session.call({
      tool,
      arguments: given,
      ...more,
      signal,
      timeoutMs: SECONDS * 1_000,
      onProgress: () => undefined,
      onElicit: (params) => Promise.resolve(answered(params) as never),
    })
    if (!('inputRequests' in result)) return
    const { inputRequests, requestState } = result as {
      inputRequests?: Record<string, { params?: unknown }>
      requestState?: string
    }
    const answers = Object.entries(inputRequests ?? {}).map(([name, { params }]) => [
      name,
      answered(params),
    ])
    more = {
      inputResponses: Object.fromEntries(answers),
      ...(requestState !== undefined && { requestState }),
    }
  }
}

/** Where whoever enters a client has registered it: here, the place that the server names. */
async function issuerOf(address: string): Promise<string> {
  const { authorization_servers: [issuer = ''] = [] } =
    await discoverOAuthProtectedResourceMetadata(address)
  return issuer
}

async function main(): Promise<void> {
  const { client_id, client_secret } = context
  if (client_id !== undefined) {
    const issuer = await issuerOf(url)
    await auth.setClient(server.id, { client_id, client_secret, issuer })
  }
  let session = await signedIn(open)
  const again = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    let isFirst = true
    return signedIn(async () => {
      // What somebody shows as who they are has changed: the session begins anew.
      if (!isFirst) {
        await session.close()
        session = await open()
      }
      isFirst = false
      return work()
    })
  }
  const { tools } = await again(() => session.tools(signal, 0))
  for (const tool of tools) {
    const planned = context.toolCalls?.filter(({ name }) => name === tool.name)
    const focal = tools.find(({ name }) => name !== tool.name)
    const usual =
      scenario === 'json-schema-2020-12-preservation' && 'schema' in argumentsFor(tool)
        ? { schema: focal?.inputSchema }
        : argumentsFor(tool)
    for (const given of planned?.map((one) => one.arguments) ?? [usual]) {
      await again(() => call(session, tool, given)).catch((error: unknown) => {
        if (error instanceof SignInNeeded) throw error
        process.stderr.write(`${tool.name}: ${String(error)}\n`)
      })
    }
  }
  await session.close()
}

await main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`)
  process.exitCode = 1
})
fetchIt[Symbol.dispose]()
