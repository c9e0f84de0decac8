import type { FastifyRequest } from 'fastify'

import type { McpServerView } from '../../mcp/mcp.ts'
import type { Http } from './http.ts'

/** What older clients ask about MCP: the servers of whoever asks, and Netra's own tools. */
export function addMcpRoutes({ app, parts, user }: Http): void {
  async function servers(request: FastifyRequest): Promise<McpServerView[]> {
    const { userId, role } = await user(request, 'chat:read')
    return parts.mcp.list({ userId, isAdmin: role === 'admin' })
  }

  /** Netra is one as well, for whoever may use it. */
  async function itself(request: FastifyRequest) {
    await user(request, 'chat:read')
    const url = `${parts.addresses().publicUrl}/mcp`
    const capabilities = ['tools', 'resources']
    return [{ name: 'Netra', status: 'connected', version: parts.version, capabilities, url }]
  }

  app.get('/api/mcp/servers', async (request) => ({
    data: [
      ...(await itself(request)),
      ...(await servers(request)).map(({ name, state, about, url }) => ({
        name,
        status: STATUS[state],
        version: about.version ?? null,
        capabilities: about.capabilities ?? [],
        url,
      })),
    ],
    status: 'success',
  }))

  app.get('/api/mcp/config', async (request) => ({
    mcpServers: Object.fromEntries(
      (await servers(request)).map(({ slug, url, command }) => [
        slug,
        url === null ? { command: command?.[0] ?? null, args: command?.slice(1) ?? [] } : { url },
      ]),
    ),
  }))

  app.get('/api/mcp/tools', async (request) => ({
    data: [...builtIn(parts), ...(await servers(request)).flatMap(ofServer)],
    status: 'success',
  }))

  app.get('/api/mcp/status', async (request) => {
    const found = await servers(request)
    const connected = found.filter(({ state }) => STATUS[state] === 'connected').length
    const failing = found.some(({ state }) => state === 'failing' || state === 'sign_in')
    return {
      status: found.length === 0 ? 'not_configured' : failing ? 'degraded' : 'healthy',
      servers: { connected, configured: found.length },
      tools: { built_in: builtIn(parts).length, from_servers: found.flatMap(ofServer).length },
    }
  })
}

const STATUS: Record<McpServerView['state'], string> = {
  off: 'disabled',
  unknown: 'disconnected',
  failing: 'disconnected',
  sign_in: 'disconnected',
  consent: 'connected',
  ready: 'connected',
}

const builtIn = ({ agents }: Http['parts']) =>
  agents.tools().map((tool) => ({ ...tool, source: 'built_in', server: null }))

/** Those that can be called. */
const ofServer = ({ name: server, enabled, tools }: McpServerView) =>
  tools
    .filter(({ state }) => enabled && state === 'agreed')
    .map(({ tool, description, input_schema, needs_approval }) => ({
      name: tool,
      description,
      effect: needs_approval ? 'writes' : 'reads',
      asks_first: needs_approval,
      input_schema,
      agents: ['assistant'],
      source: 'mcp',
      server,
    }))
