import type { Http } from './http.ts'

/**
 * What older clients ask about MCP. No MCP server is connected, and these routes say so; the tools
 * that agents have are Netra's own.
 */
export function addMcpRoutes({ app, parts, user }: Http): void {
  app.get('/api/mcp/servers', async (request) => {
    await user(request, 'chat:read')
    return { data: [], status: 'success' }
  })

  app.get('/api/mcp/config', async (request) => {
    await user(request, 'chat:read')
    return { mcpServers: {} }
  })

  app.get('/api/mcp/tools', async (request) => {
    await user(request, 'chat:read')
    return { data: builtIn(parts), status: 'success' }
  })

  app.get('/api/mcp/status', async (request) => {
    await user(request, 'chat:read')
    return {
      status: 'not_configured',
      servers: { connected: 0, configured: 0 },
      tools: { built_in: builtIn(parts).length, from_servers: 0 },
    }
  })
}

const builtIn = ({ agents }: Http['parts']) =>
  agents.tools().map((tool) => ({ ...tool, source: 'built_in', server: null }))
