import { z } from 'zod'

import type { HttpRequester } from './http-request.ts'

const toolSchema = z.object({
  name: z.string(),
  tool: z.string(),
  title: z.string().nullable(),
  description: z.string(),
  input_schema: z.record(z.string(), z.unknown()),
  annotations: z.object({
    read_only: z.boolean(),
    destructive: z.boolean(),
    idempotent: z.boolean(),
    open_world: z.boolean(),
  }),
  state: z.enum(['new', 'changed', 'agreed']),
  hash: z.string(),
  asks: z.enum(['default', 'always', 'never']),
  needs_approval: z.boolean(),
  changes: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
})

const serverSchema = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  for_all: z.boolean(),
  transport: z.enum(['http', 'stdio']),
  url: z.string().nullable(),
  command: z.array(z.string()).nullable(),
  headers: z.array(z.string()),
  variables: z.array(z.string()),
  trusted: z.boolean(),
  enabled: z.boolean(),
  state: z.enum(['off', 'unknown', 'failing', 'sign_in', 'consent', 'ready']),
  problem: z.string().nullable(),
  about: z.object({
    name: z.string().optional(),
    version: z.string().optional(),
    protocol: z.string().optional(),
  }),
  looked_at: z.string().nullable(),
  /** Null where the server never asked for it. */
  signed_in: z.boolean().nullable(),
  breaker: z
    .object({
      state: z.enum(['CLOSED', 'OPEN', 'HALF_OPEN']),
      failure_count: z.number(),
      next_attempt_time: z.string().nullable(),
    })
    .nullable(),
  may_change: z.boolean(),
  tools: z.array(toolSchema),
})

const signInSchema = z.object({
  signed_in: z.boolean(),
  scope: z.string().nullable(),
  since: z.string().nullable(),
  problem: z.string().nullable(),
  client_id: z.string().nullable(),
})

export type McpServerTool = z.infer<typeof toolSchema>
export type McpServer = z.infer<typeof serverSchema>
export type McpSignIn = z.infer<typeof signInSchema>

/** One of `url` and `command`. */
export interface McpServerWish {
  name: string
  url?: string
  command?: string[]
  for_all?: boolean
  trusted?: boolean
  headers?: Record<string, string>
  variables?: Record<string, string>
}

const pathOf = (id: string, more = ''): string =>
  `/api/mcp/connections/${encodeURIComponent(id)}${more}`

/**
 * The MCP servers that the person who is signed in may use.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class McpApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  async servers(signal?: AbortSignal): Promise<McpServer[]> {
    const list = z.object({ servers: z.array(serverSchema) })
    return (await this.#http.json(list, 'GET', '/api/mcp/connections', { signal })).servers
  }

  add(wish: McpServerWish): Promise<McpServer> {
    return this.#http.json(serverSchema, 'POST', '/api/mcp/connections', { body: wish })
  }

  change(
    id: string,
    change: { name?: string; trusted?: boolean; enabled?: boolean },
  ): Promise<McpServer> {
    return this.#http.json(serverSchema, 'PATCH', pathOf(id), { body: change })
  }

  remove(id: string): Promise<void> {
    return this.#http.nothing('DELETE', pathOf(id))
  }

  /** Asks the server for its tools now. */
  look(id: string): Promise<McpServer> {
    return this.#http.json(serverSchema, 'POST', pathOf(id, '/look'), { body: {} })
  }

  /** To exactly these definitions. */
  agree(id: string, tools: readonly Pick<McpServerTool, 'name' | 'hash'>[]): Promise<McpServer> {
    const body = { tools: tools.map(({ name, hash }) => ({ name, hash })) }
    return this.#http.json(serverSchema, 'POST', pathOf(id, '/consent'), { body })
  }

  setAsks(id: string, tool: string, asks: McpServerTool['asks']): Promise<McpServer> {
    const path = pathOf(id, `/tools/${encodeURIComponent(tool)}`)
    return this.#http.json(serverSchema, 'PUT', path, { body: { asks } })
  }

  account(id: string, signal?: AbortSignal): Promise<McpSignIn> {
    return this.#http.json(signInSchema, 'GET', pathOf(id, '/account'), { signal })
  }

  /** Where the browser has to go to sign in. */
  async beginSignIn(id: string): Promise<string> {
    const answer = z.object({ url: z.url() })
    return (await this.#http.json(answer, 'POST', pathOf(id, '/sign-in'), { body: {} })).url
  }

  signOut(id: string): Promise<void> {
    return this.#http.nothing('DELETE', pathOf(id, '/sign-in'))
  }

  /**
   * A client that somebody registered by hand where the server's tokens come from. `issuer`: the
   * address of that place, as it calls itself; the client is shown to no other.
   */
  setClient(
    id: string,
    client: { client_id: string; client_secret?: string; issuer: string },
  ): Promise<void> {
    return this.#http.nothing('PUT', pathOf(id, '/client'), { body: client })
  }
}
