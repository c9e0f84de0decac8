import { z } from 'zod'

import * as signIn from '../../packages/server/src/gateway/http/mcp-sign-in.ts'
import type { Area } from './route.ts'

const document = z.object({
  client_id: z.url(),
  client_name: z.literal('Netra'),
  client_uri: z.url(),
  redirect_uris: z.array(z.url()),
  grant_types: z.array(z.string()),
  response_types: z.array(z.string()),
  token_endpoint_auth_method: z.literal('none'),
})

export const mcpSignIn: Area = {
  name: 'Signing in to MCP servers',
  about: 'Each person for themselves, by OAuth, at the server’s own page.',
  routes: {
    'GET /api/mcp/connections/:id/sign-in': {
      summary: 'Leads the browser to where the person signs in; a link that can be followed',
      who: 'person',
      query: signIn.mcpLeaving,
      answers: { 302: null },
    },
    'POST /api/mcp/connections/:id/sign-in': {
      summary: 'Where the browser has to go to sign in',
      who: 'person',
      body: signIn.mcpLeaving,
      answers: { 200: z.object({ url: z.url() }) },
    },
    'DELETE /api/mcp/connections/:id/sign-in': {
      summary: 'Sign out there: tokens are revoked and forgotten',
      who: 'person',
      answers: { 204: null },
    },
    'GET /api/mcp/connections/:id/account': {
      summary: 'Whether one is signed in there, and for what',
      who: 'person',
      answers: {
        200: z.object({
          signed_in: z.boolean(),
          scope: z.string().nullable(),
          since: z.iso.datetime().nullable(),
          problem: z.string().nullable(),
          client_id: z.string().nullable(),
        }),
      },
    },
    'PUT /api/mcp/connections/:id/client': {
      summary: 'Enter a client that was registered by hand where the server’s tokens come from',
      who: 'person',
      body: signIn.mcpClient,
      answers: { 204: null },
    },
    'DELETE /api/mcp/connections/:id/client': {
      summary: 'Forget that client',
      who: 'person',
      answers: { 204: null },
    },
    'GET /api/mcp/oauth/callback': {
      summary: 'Where the browser comes back to; leads on to a page',
      who: 'anybody',
      query: signIn.mcpCallback,
      answers: { 303: null },
    },
    'GET /api/mcp/oauth/client.json': {
      summary: 'What Netra says of itself as a client (client ID metadata document)',
      who: 'anybody',
      answers: { 200: document },
    },
  },
}
