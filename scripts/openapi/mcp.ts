import { z } from 'zod'

import * as mcp from '../../packages/server/src/gateway/http/mcp-connections.ts'
import type { Area } from './route.ts'

const tool = z.object({
  name: z.string(),
  /** As models call it. */
  tool: z.string(),
  title: z.string().nullable(),
  description: z.string(),
  input_schema: z.record(z.string(), z.unknown()),
  output_schema: z.record(z.string(), z.unknown()).nullable(),
  annotations: z.object({
    read_only: z.boolean(),
    destructive: z.boolean(),
    idempotent: z.boolean(),
    open_world: z.boolean(),
  }),
  state: z.enum(['new', 'changed', 'agreed']),
  /** Of the definition as it is shown: what consent names. */
  hash: z.string(),
  asks: z.enum(['default', 'always', 'never']),
  needs_approval: z.boolean(),
  changes: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
})

const server = z.object({
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
  timeout_ms: z.int(),
  state: z.enum(['off', 'unknown', 'failing', 'sign_in', 'consent', 'ready']),
  problem: z.string().nullable(),
  about: z.object({
    name: z.string().optional(),
    version: z.string().optional(),
    protocol: z.string().optional(),
    capabilities: z.array(z.string()).optional(),
  }),
  looked_at: z.iso.datetime().nullable(),
  signed_in: z.boolean().nullable(),
  breaker: z.record(z.string(), z.unknown()).nullable(),
  may_change: z.boolean(),
  tools: z.array(tool),
})

export const mcpServers: Area = {
  name: 'MCP servers',
  about: 'Servers that people connect, and those that an administrator connects for all.',
  routes: {
    'GET /api/mcp/connections': {
      summary: 'One’s own servers and those for all, with their tools',
      who: ['chat:read'],
      answers: { 200: z.object({ servers: z.array(server) }) },
    },
    'POST /api/mcp/connections': {
      summary: 'Connect a server and look at its tools; none can be called before somebody agrees',
      who: 'person',
      body: mcp.mcpConnection,
      answers: { 201: server },
    },
    'GET /api/mcp/connections/:id': {
      summary: 'One server',
      who: ['chat:read'],
      answers: { 200: server },
    },
    'PATCH /api/mcp/connections/:id': {
      summary: 'Change a server; those for all by administrators',
      who: 'person',
      body: mcp.mcpConnectionChange,
      answers: { 200: server },
    },
    'DELETE /api/mcp/connections/:id': {
      summary: 'Disconnect a server, and forget what was agreed to and its credentials',
      who: 'person',
      answers: { 204: null },
    },
    'POST /api/mcp/connections/:id/look': {
      summary: 'Ask the server for its tools now',
      who: 'person',
      answers: { 200: server },
    },
    'POST /api/mcp/connections/:id/consent': {
      summary: 'Agree to tools as they were shown',
      who: 'person',
      body: mcp.mcpConsent,
      answers: { 200: server },
    },
    'PUT /api/mcp/connections/:id/tools/:tool': {
      summary: 'Whether each call of a tool is asked for',
      who: 'person',
      body: mcp.mcpToolSetting,
      answers: { 200: server },
    },
  },
}
