import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import type { Identity } from '../../identity/identity.ts'
import { McpRefused, type McpCaller, type McpServerView } from '../../mcp/mcp.ts'
import { absent, HttpError, parse } from './http-error.ts'
import type { Http } from './http.ts'

const byId = z.object({ id: z.string().min(1).max(128) })
const byTool = z.object({ id: z.string().min(1).max(128), tool: z.string().min(1).max(128) })
const pairs = z.record(z.string().max(128), z.string().max(8_192))
const timeoutMs = z.number().int().min(1_000).max(600_000)

export const mcpConnection = z.strictObject({
  name: z.string().min(1).max(64),
  /** An https address; or `command`. */
  url: z.string().max(2_000).optional(),
  /** A program and its arguments, run as they are, without a shell; by administrators, for all. */
  command: z.array(z.string().max(4_096)).min(1).max(64).optional(),
  for_all: z.boolean().optional(),
  /** What the server says of tools that only read is believed: they run without being asked for. */
  trusted: z.boolean().optional(),
  timeout_ms: timeoutMs.optional(),
  /** Sent with every request; kept encrypted, and never shown again. */
  headers: pairs.optional(),
  /** Variables of the program; kept encrypted, and never shown again. */
  variables: pairs.optional(),
})

export const mcpConnectionChange = z.strictObject({
  name: z.string().min(1).max(64).optional(),
  trusted: z.boolean().optional(),
  enabled: z.boolean().optional(),
  timeout_ms: timeoutMs.optional(),
  headers: pairs.optional(),
  variables: pairs.optional(),
})

export const mcpConsent = z.strictObject({
  /** Each with the hash under which its definition was shown. */
  tools: z
    .array(z.strictObject({ name: z.string().min(1).max(128), hash: z.string().length(64) }))
    .min(1)
    .max(256),
})

export const mcpToolSetting = z.strictObject({ asks: z.enum(['default', 'always', 'never']) })

/** MCP servers that a person connected, and those for all. For people: keys may only look. */
export function addMcpConnectionRoutes({ app, parts, user }: Http): void {
  const { mcp } = parts

  const record = (request: FastifyRequest, who: Identity, action: string, view: McpServerView) => {
    const { id, name, for_all: forAll, url, command } = view
    const details = {
      server: id,
      name,
      for_all: forAll,
      url,
      command: command && JSON.stringify(command),
    }
    parts.logger.info({ user_id: who.userId, ...details }, `MCP: ${action}`)
    parts.auth?.audit.record({
      actor: { kind: 'user', id: who.userId },
      action: `mcp.${action}`,
      address: request.ip,
      details,
    })
  }

  app.get('/api/mcp/connections', async (request, reply) => {
    const who = await user(request, 'chat:read')
    return fresh(reply).send({ servers: await mcp.list(caller(who)) })
  })

  app.post('/api/mcp/connections', async (request, reply) => {
    const who = await user(request)
    const { timeout_ms, for_all: forAll = false, ...wish } = parse(mcpConnection, request.body)
    const view = await granted(mcp.add(caller(who), { ...wish, forAll, timeoutMs: timeout_ms }))
    record(request, who, 'connected', view)
    return fresh(reply).status(201).send(view)
  })

  app.get('/api/mcp/connections/:id', async (request, reply) => {
    const who = await user(request, 'chat:read')
    const { id } = parse(byId, request.params)
    return fresh(reply).send(found(await mcp.get(caller(who), id)))
  })

  app.patch('/api/mcp/connections/:id', async (request, reply) => {
    const who = await user(request)
    const { id } = parse(byId, request.params)
    const { timeout_ms, ...change } = parse(mcpConnectionChange, request.body)
    const changed = mcp.change(caller(who), id, { ...change, timeoutMs: timeout_ms })
    const view = found(await granted(changed))
    record(request, who, 'changed', view)
    return fresh(reply).send(view)
  })

  app.delete('/api/mcp/connections/:id', async (request, reply) => {
    const who = await user(request)
    const { id } = parse(byId, request.params)
    const view = found(await mcp.get(caller(who), id))
    if (!(await granted(mcp.remove(caller(who), id)))) throw absent('MCP server')
    record(request, who, 'removed', view)
    return reply.status(204).send()
  })

  app.post('/api/mcp/connections/:id/look', async (request, reply) => {
    const who = await user(request)
    const { id } = parse(byId, request.params)
    return fresh(reply).send(found(await granted(mcp.look(caller(who), id))))
  })

  app.post('/api/mcp/connections/:id/consent', async (request, reply) => {
    const who = await user(request)
    const { id } = parse(byId, request.params)
    const { tools } = parse(mcpConsent, request.body)
    const named = tools.map(({ name, hash }) => ({ tool: name, hash }))
    const view = found(await granted(mcp.agree(caller(who), id, named)))
    record(request, who, 'agreed', view)
    return fresh(reply).send(view)
  })

  app.put('/api/mcp/connections/:id/tools/:tool', async (request, reply) => {
    const who = await user(request)
    const { id, tool } = parse(byTool, request.params)
    const { asks } = parse(mcpToolSetting, request.body)
    const view = found(await granted(mcp.setAsks(caller(who), id, tool, asks)))
    record(request, who, 'asking_changed', view)
    return fresh(reply).send(view)
  })
}

const caller = ({ userId, role }: Identity): McpCaller => ({ userId, isAdmin: role === 'admin' })

function found(view: McpServerView | undefined): McpServerView {
  if (!view) throw absent('MCP server')
  return view
}

const fresh = (reply: FastifyReply) => reply.header('cache-control', 'no-store')

const STATUS: Record<McpRefused['code'], [number, string]> = {
  malformed: [422, 'VALIDATION_ERROR'],
  forbidden: [403, 'AUTH_UNAUTHORIZED'],
  conflict: [409, 'DB_RECORD_EXISTS'],
  not_found: [404, 'DB_RECORD_NOT_FOUND'],
}

async function granted<Answer>(work: Promise<Answer>): Promise<Answer> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof McpRefused)) throw error
    const [status, code] = STATUS[error.code]
    throw new HttpError(status, code, error.message)
  }
}
