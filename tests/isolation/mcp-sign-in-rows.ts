import { connectedServer, oneServer } from './mcp-rows.ts'
import { get, put, remove, type OwnedRow, type Row, type Thing } from './row.ts'

const at = (thing: Thing, more: string): string => `/api/mcp/connections/${thing['server']}${more}`

/** It has no body; that the server is the owner's is seen in their list. */
const silent = (ask: OwnedRow['ask']): OwnedRow =>
  oneServer({ ask, shownBy: () => get('/api/mcp/connections') })

const NEEDS_A_SERVER =
  'asks a server elsewhere; tests/mcp-sign-in.test.ts has it answer and tries somebody else'

export const MCP_SIGN_IN_ROWS: Record<string, Row | Row[]> = {
  'GET /api/mcp/connections/:id/sign-in': { open: NEEDS_A_SERVER },
  'POST /api/mcp/connections/:id/sign-in': { open: NEEDS_A_SERVER },
  'DELETE /api/mcp/connections/:id/sign-in': silent((thing) => remove(at(thing, '/sign-in'))),
  'GET /api/mcp/connections/:id/account': oneServer({
    make: connectedServer,
    ask: (thing) => get(at(thing, '/account')),
    shownBy: () => get('/api/mcp/connections'),
  }),
  'PUT /api/mcp/connections/:id/client': silent((thing) =>
    put(at(thing, '/client'), {
      client_id: `client-${thing.marker}`,
      issuer: 'https://login.example',
    }),
  ),
  'DELETE /api/mcp/connections/:id/client': silent((thing) => remove(at(thing, '/client'))),
  'GET /api/mcp/oauth/callback': {
    open: 'a sign-in of the browser that left, bound to it by its own cookie',
  },
  'GET /api/mcp/oauth/client.json': { open: 'what Netra says of itself where it registers' },
}
