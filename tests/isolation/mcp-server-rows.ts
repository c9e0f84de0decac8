import { get, type OwnedRow, type Row, type Thing } from './row.ts'
import { lastingRun, talkOf } from './things.ts'

const CALLED = 'whoever is let in may call tools, which show nothing but what is the caller’s'

const rpc = (method: string, params: object) => ({
  method: 'POST',
  path: '/mcp',
  headers: { accept: 'application/json, text/event-stream' },
  body: { jsonrpc: '2.0', id: 1, method, params },
})

const tool = (name: string, args: (thing: Thing) => object, row: Partial<OwnedRow>): OwnedRow => ({
  case: name,
  make: talkOf,
  everybodysOwn: CALLED,
  ask: (thing) => rpc('tools/call', { name, arguments: args(thing) }),
  ...row,
})

const thread = { names: ['thread'] }
const run = { names: ['run'] }

export const MCP_SERVER_ROWS: Record<string, Row | Row[]> = {
  'POST /mcp': [
    tool('list_threads', () => ({}), {}),
    tool('search_threads', ({ marker }) => ({ query: marker }), {}),
    tool('read_thread', ({ thread: id }) => ({ thread_id: id }), thread),
    tool(
      'ask_agent',
      (thing) => ({ thread_id: thing['thread'], message: `more ${thing.marker}`, wait_seconds: 0 }),
      { ...thread, shownBy: ({ thread: id }) => rpc('tools/call', readOf(id)) },
    ),
    tool('wait_for_run', (thing) => ({ run_id: thing['run'], wait_seconds: 0 }), run),
    tool('stop_run', (thing) => ({ run_id: thing['run'] }), {
      ...run,
      make: lastingRun,
      once: true,
      shownBy: ({ thread: id }) => get(`/api/threads/${id}`),
    }),
    {
      case: 'resources/read',
      make: talkOf,
      everybodysOwn: CALLED,
      names: ['thread'],
      ask: (thing) => rpc('resources/read', { uri: `netra://threads/${thing['thread']}` }),
    },
    {
      case: 'resources/list',
      make: talkOf,
      everybodysOwn: CALLED,
      ask: () => rpc('resources/list', {}),
    },
  ],
  'GET /.well-known/oauth-protected-resource': { open: 'where to ask, the same for everybody' },
  'GET /.well-known/oauth-protected-resource/mcp': { open: 'where to ask, the same for everybody' },
}

const readOf = (id: string | undefined) => ({ name: 'read_thread', arguments: { thread_id: id } })
