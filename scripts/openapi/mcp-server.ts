import { z } from 'zod'

import { media, type Area } from './route.ts'

const metadata = z.object({
  resource: z.url(),
  resource_name: z.literal('Netra'),
  scopes_supported: z.array(z.string()),
  bearer_methods_supported: z.tuple([z.literal('header')]),
  resource_documentation: z.url(),
})

export const mcpServer: Area = {
  name: 'Netra as an MCP server',
  about: 'Agents and threads for any MCP client.',
  routes: {
    'POST /mcp': {
      summary: 'Streamable HTTP of the Model Context Protocol, 2026-07-28 and the revisions before',
      who: ['chat:read'],
      headers: {
        'MCP-Protocol-Version': 'the revision that the client speaks',
        'Mcp-Session-Id': 'as initialize answered it; proves nothing',
      },
      body: media('application/json', 'one JSON-RPC message'),
      answers: { 200: media('text/event-stream', 'or one JSON-RPC message as JSON'), 202: null },
    },
    'GET /.well-known/oauth-protected-resource': {
      summary: 'What a token for /mcp must be (RFC 9728)',
      who: 'anybody',
      answers: { 200: metadata },
    },
    'GET /.well-known/oauth-protected-resource/mcp': {
      summary: 'The same, where RFC 9728 has it for /mcp',
      who: 'anybody',
      answers: { 200: metadata },
    },
  },
}
