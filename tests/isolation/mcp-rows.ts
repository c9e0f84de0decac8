import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { get, patch, post, put, remove, type OwnedRow, type Row, type Thing } from './row.ts'
import type { Stage } from './stage-shape.ts'

const OWN = 'their own MCP servers and those for all'
const ADDRESS = 'https://mcp.invalid/'

/** One of somebody's that nobody needs to reach, with a tool that they agreed to. */
export function connectedServer(stage: Stage): Thing {
  const marker = stage.mark()
  const server = `server-${marker}`
  const hash = createHash('sha256').update(marker).digest('hex')
  const now = new Date().toISOString()
  const definition = JSON.stringify({
    name: 'look',
    description: marker,
    inputSchema: { type: 'object' },
    annotations: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  })
  const store = new DatabaseSync(join(stage.netra.folder, 'journal.db'), { timeout: 10_000 })
  try {
    store
      .prepare(
        `INSERT INTO mcp_server (id, user_id, slug, name, transport, url, trusted, enabled, timeout_ms,
           about, created_by, created_at, updated_at, looked_at)
         VALUES (?, ?, ?, ?, 'http', ?, 0, 1, 1000, '{}', ?, ?, ?, ?)`,
      )
      .run(
        server,
        stage.ada.userId,
        `slug-${marker}`,
        marker,
        `${ADDRESS}${marker}`,
        stage.ada.userId,
        now,
        now,
        now,
      )
    store
      .prepare(
        `INSERT INTO mcp_consent (server_id, tool, seen_hash, seen, seen_at, pinned_hash, pinned,
           pinned_by, pinned_at, asks)
         VALUES (?, 'look', ?, ?, ?, ?, ?, ?, ?, 'default')`,
      )
      .run(server, hash, definition, now, hash, definition, stage.ada.userId, now)
  } finally {
    store.close()
  }
  const thing = { marker, server, hash }
  for (const value of Object.values(thing)) stage.secrets.add(value)
  return thing
}

const at = (thing: Thing, more = ''): string => `/api/mcp/connections/${thing['server']}${more}`
export const oneServer = (row: Partial<OwnedRow> & Pick<OwnedRow, 'ask'>): OwnedRow => ({
  make: connectedServer,
  names: ['server'],
  ...row,
})
const listed = (path: string): OwnedRow => ({
  make: connectedServer,
  ask: () => get(path),
  everybodysOwn: OWN,
})

export const MCP_ROWS: Record<string, Row | Row[]> = {
  'GET /api/mcp/servers': listed('/api/mcp/servers'),
  'GET /api/mcp/config': listed('/api/mcp/config'),
  'GET /api/mcp/tools': listed('/api/mcp/tools'),
  'GET /api/mcp/status': { open: 'how many of their own servers and tools there are' },
  'GET /api/mcp/connections': listed('/api/mcp/connections'),
  'POST /api/mcp/connections': {
    make: (stage) => ({ marker: stage.mark() }),
    ask: ({ marker }) => post('/api/mcp/connections', { name: marker, url: ADDRESS }),
    everybodysOwn: 'a server of their own',
  },
  'GET /api/mcp/connections/:id': oneServer({ ask: (thing) => get(at(thing)) }),
  'PATCH /api/mcp/connections/:id': oneServer({
    ask: (thing) => patch(at(thing), { trusted: true }),
  }),
  'DELETE /api/mcp/connections/:id': oneServer({
    once: true,
    ask: (thing) => remove(at(thing)),
    shownBy: () => get('/api/mcp/connections'),
  }),
  'POST /api/mcp/connections/:id/look': oneServer({ ask: (thing) => post(at(thing, '/look')) }),
  'POST /api/mcp/connections/:id/consent': oneServer({
    ask: (thing) => post(at(thing, '/consent'), { tools: [{ name: 'look', hash: thing['hash'] }] }),
  }),
  'PUT /api/mcp/connections/:id/tools/:tool': oneServer({
    ask: (thing) => put(at(thing, '/tools/look'), { asks: 'always' }),
  }),
}
