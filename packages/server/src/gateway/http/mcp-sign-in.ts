import { randomBytes } from 'node:crypto'

import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import type { Identity } from '../../identity/identity.ts'
import { SignInFailed, type McpAuthServer } from '../../mcp/mcp.ts'
import { absent, HttpError, parse } from './http-error.ts'
import type { Http } from './http.ts'

const byId = z.object({ id: z.string().min(1).max(128) })
const word = z.string().max(4_096)
export const mcpCallback = z.object({
  state: word.min(1),
  code: word.optional(),
  iss: word.optional(),
  error: word.optional(),
  error_description: z.string().optional(),
  error_uri: z.string().optional(),
  session_state: z.string().optional(),
  scope: z.string().optional(),
})
export const mcpLeaving = z.object({ return_to: z.string().max(300).optional() })
export const mcpClient = z.strictObject({
  client_id: z.string().min(1).max(2_000),
  client_secret: z.string().max(2_000).optional(),
  issuer: z.url({ protocol: /^https?$/ }).max(2_000),
})

const SECRET = /^[\w-]{43}$/
const LEAVING_SECONDS = 600
/** Pages of ours to come back to. */
const RETURNS = /^\/(?:settings\/mcp|t\/[\w-]{1,64})$/
const PAGE = '/settings/mcp'

/**
 * Signing in to MCP servers. People only, each for themselves; what is got there belongs to the
 * person who left from this browser, and to no other that comes back (S32).
 */
export function addMcpSignInRoutes({ app, parts, user }: Http): void {
  const { mcp, mcpOauth } = parts

  const asked = async (
    request: FastifyRequest,
  ): Promise<{ who: Identity; server: McpAuthServer }> => {
    const who = await user(request)
    const server = await mcp.signInServer(who.userId, parse(byId, request.params).id)
    if (!server) throw absent('MCP server')
    return { who, server }
  }

  const leave = async (request: FastifyRequest, reply: FastifyReply): Promise<URL> => {
    const { who, server } = await asked(request)
    const { return_to: wish = PAGE } = parse(mcpLeaving, request.body ?? request.query)
    const browser = browserOf(request, parts.https) ?? randomBytes(32).toString('base64url')
    try {
      const returnTo = RETURNS.test(wish) ? wish : PAGE
      const url = await mcpOauth.begin(server, who.userId, { browser, returnTo })
      void reply.header('set-cookie', cookie(browser, parts.https, LEAVING_SECONDS))
      return url
    } catch (error) {
      if (!(error instanceof SignInFailed)) throw error
      throw new HttpError(502, 'SERVICE_UNAVAILABLE', error.message, { isToldElsewhere: true })
    }
  }

  const record = (request: FastifyRequest, userId: string, action: string, server: string) => {
    parts.logger.info({ user_id: userId, server }, `MCP: ${action}`)
    parts.auth?.audit.record({
      actor: { kind: 'user', id: userId },
      action: `mcp.${action}`,
      address: request.ip,
      details: { server },
    })
  }

  /** By a link, as in a chat. */
  app.get('/api/mcp/connections/:id/sign-in', async (request, reply) => {
    const url = await leave(request, reply)
    return reply.redirect(url.href, 302)
  })

  /** By a page that goes there itself. */
  app.post('/api/mcp/connections/:id/sign-in', async (request, reply) => {
    const url = await leave(request, reply)
    return { url: url.href }
  })

  app.delete('/api/mcp/connections/:id/sign-in', async (request, reply) => {
    const { who, server } = await asked(request)
    await mcpOauth.forget(server.id, who.userId)
    await mcp.endSessions(server.id, who.userId)
    record(request, who.userId, 'signed_out', server.id)
    return reply.status(204).send()
  })

  app.get('/api/mcp/connections/:id/account', async (request) => {
    const { who, server } = await asked(request)
    return (await mcpOauth.view(server.id, who.userId)) ?? NOBODY
  })

  const changeable = async (request: FastifyRequest) => {
    const { who, server } = await asked(request)
    const view = await mcp.get({ userId: who.userId, isAdmin: who.role === 'admin' }, server.id)
    if (view?.may_change) return { who, server }
    throw new HttpError(403, 'AUTH_UNAUTHORIZED', 'Only an administrator may change this server.')
  }

  app.put('/api/mcp/connections/:id/client', async (request, reply) => {
    const { who, server } = await changeable(request)
    await mcpOauth.setClient(server.id, parse(mcpClient, request.body))
    record(request, who.userId, 'client_set', server.id)
    return reply.status(204).send()
  })

  app.delete('/api/mcp/connections/:id/client', async (request, reply) => {
    const { who, server } = await changeable(request)
    await mcpOauth.setClient(server.id, null)
    record(request, who.userId, 'client_removed', server.id)
    return reply.status(204).send()
  })

  app.get('/api/mcp/oauth/callback', async (request, reply) => {
    const { state, code, iss, error } = parse(mcpCallback, request.query)
    const browser = browserOf(request, parts.https) ?? ''
    const end = await mcpOauth.complete(
      {
        state,
        browser,
        ...(code !== undefined && { code }),
        ...(iss !== undefined && { iss }),
        ...(error !== undefined && { error }),
      },
      ({ userId, serverId }) => mcp.signInServer(userId, serverId),
    )
    const { webUrl } = parts.addresses()
    const to = new URL(`${webUrl}${end.returnTo ?? PAGE}`)
    if (end.owner) to.searchParams.set('server', end.owner.serverId)
    if (end.ok) {
      await mcp.endSessions(end.owner.serverId, end.owner.userId)
      record(request, end.owner.userId, 'signed_in', end.owner.serverId)
      to.searchParams.set('mcp', 'signed_in')
    } else {
      to.searchParams.set('mcp', 'failed')
      to.searchParams.set('why', end.why)
    }
    return reply.redirect(to.href, 303)
  })

  app.get('/api/mcp/oauth/client.json', async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=3600').send(mcpOauth.clientDocument()),
  )
}

const NOBODY = { signed_in: false, scope: null, since: null, problem: null, client_id: null }

const nameOf = (https: boolean): string => (https ? '__Host-netra_mcp' : 'netra_mcp')

const cookie = (value: string, https: boolean, seconds: number): string =>
  `${nameOf(https)}=${value}; Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Lax${https ? '; Secure' : ''}`

/** What only the browser has that left for a sign-in. */
function browserOf({ headers }: FastifyRequest, https: boolean): string | undefined {
  const start = `${nameOf(https)}=`
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  const value = pairs.find((pair) => pair.startsWith(start))?.slice(start.length)
  return value !== undefined && SECRET.test(value) ? value : undefined
}
