import { Readable } from 'node:stream'

import { createMcpHandler, McpServer, type AuthInfo } from '@modelcontextprotocol/server'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { SCOPES, type Identity, type Scope } from '../../identity/identity.ts'
import { authorizationOf } from '../http/authorization.ts'
import { HttpError } from '../http/http-error.ts'
import type { Http } from '../http/http.ts'
import type { GatewayParts } from '../parts.ts'
import type { Exchange } from './exchange.ts'
import { isSessionOf, newMcpSession } from './mcp-session.ts'
import { messageIdOf, OpenCalls, type CallName } from './open-calls.ts'
import { addRunTools } from './run-tools.ts'
import { addThreadTools } from './thread-tools.ts'

const PATH = '/mcp'
const METADATA = '/.well-known/oauth-protected-resource'
const SESSION = 'mcp-session-id'
const OFFERED: readonly Scope[] = ['chat:read', 'chat:write']
const LIST_TTL_MS = 60_000

/**
 * Netra as an MCP server: streamable HTTP at /mcp, of 2026-07-28 and of the revisions before it, for
 * whoever shows a token of ours. A cookie counts for nothing here, and a session id neither.
 */
export function addMcpServer(http: Http): void {
  const { app, parts } = http
  const calls = new OpenCalls()
  const handler = createMcpHandler(
    ({ era, authInfo }) => {
      const exchange = authInfo?.extra?.['exchange'] as Exchange | undefined
      if (!exchange) throw new Error('an MCP request without a caller')
      const isModern = era === 'modern'
      const server = newServer(parts.version)
      addRunTools(server, { parts, calls, exchange, isModern })
      addThreadTools(server, parts, exchange)
      return server
    },
    { onerror: (error) => parts.logger.debug({ err: error }, 'an MCP request was refused') },
  )
  app.addHook('preClose', () => handler.close())

  const resource = (): string => `${parts.addresses().publicUrl}${PATH}`
  const metadataUrl = (): string => `${parts.addresses().publicUrl}${METADATA}`

  for (const path of [METADATA, `${METADATA}${PATH}`]) {
    app.get(path, async () => ({
      resource: resource(),
      resource_name: 'Netra',
      scopes_supported: OFFERED,
      bearer_methods_supported: ['header'],
      resource_documentation: `${parts.addresses().webUrl}/settings/mcp`,
    }))
  }

  void app.register(async (scope) => {
    // As text: what is no JSON is answered in the words of JSON-RPC.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    )
    scope.addHook('onSend', async (request, reply) => {
      const { statusCode } = reply
      if (statusCode !== 401 || !reply.hasHeader('www-authenticate')) return
      const shown = authorizationOf(request.headers) !== undefined
      const error = shown ? ', error="invalid_token"' : ''
      const challenge = `Bearer realm="netra"${error}, scope="${OFFERED.join(' ')}", resource_metadata="${metadataUrl()}"`
      void reply.header('www-authenticate', challenge)
    })
    scope.post(PATH, async (request, reply) => {
      if (authorizationOf(request.headers) === undefined) {
        const message = 'Show an API key or an access token of Netra as a bearer token.'
        throw new HttpError(401, 'AUTH_FAILED', message)
      }
      const identity = await userOf(http, { request, reply }, metadataUrl())
      const session = sessionOf(request, identity)
      const body = typeof request.body === 'string' ? request.body : ''
      const peek = peekAt(body)
      const cancelledId = peek.method === 'notifications/cancelled' ? peek.requestId : undefined
      if (session !== undefined && cancelledId !== undefined) {
        await cancel(parts, calls, { userId: identity.userId, session, requestId: cancelledId })
      }
      const exchange = openExchange(parts, reply, { identity, session })
      const asked = webRequest(request, resource(), body, exchange.gone)
      const response = await handler.fetch(asked, { authInfo: authInfoOf(exchange, metadataUrl()) })
      if (peek.method === 'initialize' && response.ok) {
        void reply.header(SESSION, newMcpSession(identity.userId))
      }
      return send(reply, response)
    })
  })
}

function newServer(version: string): McpServer {
  return new McpServer(
    {
      name: 'netra',
      title: 'Netra',
      version,
      description: 'Agents and conversations of this Netra',
    },
    {
      instructions:
        'Ask agents with ask_agent; list_agents says which there are. What they answer is in threads, which list_threads, search_threads and read_thread show. An agent that needs a person’s permission waits; only that person can give it, in Netra.',
      cacheHints: {
        'tools/list': { ttlMs: LIST_TTL_MS, cacheScope: 'private' },
        'server/discover': { ttlMs: LIST_TTL_MS, cacheScope: 'private' },
      },
    },
  )
}

/** @throws HttpError 404 for a session that is not the caller's: a client then begins a new one. */
function sessionOf({ headers }: FastifyRequest, { userId }: Identity): string | undefined {
  const session = headers[SESSION]
  if (session === undefined) return undefined
  if (typeof session === 'string' && isSessionOf(userId, session)) return session
  throw new HttpError(404, 'NOT_FOUND', 'There is no such MCP session. Begin a new one.')
}

/** @throws HttpError as every route; a scope that is missing is told as OAuth tells it. */
async function userOf(
  { user }: Http,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  metadataUrl: string,
): Promise<Identity> {
  try {
    return await user(request, 'chat:read')
  } catch (error) {
    if (error instanceof HttpError && error.status === 403) {
      const challenge = `Bearer error="insufficient_scope", scope="chat:read", resource_metadata="${metadataUrl}"`
      void reply.header('www-authenticate', challenge)
    }
    throw error
  }
}

/** The answer goes to nobody once the connection is closed, or the login session has ended. */
function openExchange(
  parts: GatewayParts,
  { raw }: FastifyReply,
  who: Pick<Exchange, 'identity' | 'session'>,
): Exchange {
  const { identity } = who
  const gone = new AbortController()
  const ended = new AbortController()
  let clientLeft = false
  let cancelCut: (() => void) | undefined
  const end = (): void => {
    ended.abort()
    // What only listens says nothing at its end.
    cancelCut = parts.clock.after(LAST_WORDS_MS, () => raw.destroy())
  }
  const stopHearing = parts.identities.onSessionEnded((sessionId) => {
    if (sessionId === identity.sessionId) end()
  })
  const cancelExpiry = parts.clock.after(Date.parse(identity.expiresAt) - parts.clock.now(), end)
  raw.once('close', () => {
    // When this node closes its connections, that is no wish of the client's.
    clientLeft = !raw.writableFinished && !parts.draining() && !ended.signal.aborted
    stopHearing()
    cancelExpiry()
    cancelCut?.()
    gone.abort()
  })
  return { ...who, gone: gone.signal, ended: ended.signal, clientLeft: () => clientLeft }
}

const LAST_WORDS_MS = 1_000

/** The request as the MCP library reads it: without what proves who asks, which goes no further. */
function webRequest(
  { headers }: FastifyRequest,
  url: string,
  body: string,
  signal: AbortSignal,
): Request {
  const passed = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (CREDENTIALS.has(name) || value === undefined) continue
    passed.set(name, [value].flat().join(', '))
  }
  return new Request(url, { method: 'POST', headers: passed, body, signal })
}

const CREDENTIALS = new Set(['authorization', 'cookie', 'x-api-key', 'content-length', 'host'])

const authInfoOf = (exchange: Exchange, resourceMetadataUrl: string): AuthInfo => ({
  token: '',
  clientId: exchange.identity.sessionId,
  scopes: [...(exchange.identity.scopes ?? SCOPES)],
  resourceMetadataUrl,
  extra: { exchange },
})

interface Peek {
  method?: unknown
  requestId?: string | number
}

/** What a message is, as far as this side must know; the library judges whether it is one. */
function peekAt(body: string): Peek {
  if (!body.includes('"initialize"') && !body.includes('"notifications/cancelled"')) return {}
  try {
    const { method, params } = JSON.parse(body) as {
      method?: unknown
      params?: { requestId?: unknown }
    }
    const requestId = params?.requestId
    const isId = typeof requestId === 'string' || typeof requestId === 'number'
    return { method, ...(isId && { requestId }) }
  } catch {
    return {}
  }
}

/** An older client gives up a call: here, or on the node where the call waits. */
async function cancel(parts: GatewayParts, calls: OpenCalls, name: CallName): Promise<void> {
  if (calls.cancel(name)) return
  const run = await parts.access.runOfMessage(name.userId, messageIdOf(name))
  if (run) await parts.commands.cancelRun(name.userId, run.id)
}

function send(reply: FastifyReply, response: Response): FastifyReply {
  void reply.status(response.status).header('x-accel-buffering', 'no')
  for (const [name, value] of response.headers) void reply.header(name, value)
  const { body } = response
  return reply.send(body ? Readable.fromWeb(body as never) : '')
}
