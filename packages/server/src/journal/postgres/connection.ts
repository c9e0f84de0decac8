import pg from 'pg'

import { messageOf } from '../outcome.ts'
import { StoreLost } from './shared-store.ts'

const { Client, Pool, types } = pg

/** Enough for every number here: sequence numbers, sizes and times stay below 2^53. */
const NUMBERS = new Set<number>([types.builtins.INT8, types.builtins.NUMERIC])

const parsers: pg.CustomTypesConfig = {
  getTypeParser: ((id: Parameters<typeof types.getTypeParser>[0]) =>
    NUMBERS.has(id) ? Number : types.getTypeParser(id)) as typeof types.getTypeParser,
}

const CONNECT_MS = 5_000
/** Beyond what the server itself allows: only a network that swallows everything takes so long. */
const WRITE_ANSWER_MS = 15_000
const READ_ANSWER_MS = 40_000
const READERS = 6

/**
 * A commit is durable when it is answered, whatever the server's default. A process that is paused
 * inside a transaction loses it, and with it the locks that others wait for.
 */
const WRITER_SESSION = `
  select set_config('synchronous_commit', 'on', false)
    where current_setting('synchronous_commit') in ('off', 'local', 'remote_write');
  set idle_in_transaction_session_timeout = '5s';
  set lock_timeout = '8s';
  set statement_timeout = '12s';
  set default_transaction_isolation = 'read committed'`

const READER_SESSION = `
  set default_transaction_read_only = on;
  set default_transaction_isolation = 'read committed';
  set statement_timeout = '30s'`

const shared = (url: string) => ({
  connectionString: url,
  types: parsers,
  connectionTimeoutMillis: CONNECT_MS,
  keepAlive: true,
  fallback_application_name: 'netra',
})

/** The one connection that writes; the next statement may be sent before the last was answered. */
export async function connectWriter(
  url: string,
  onEnd: (client: pg.Client) => void,
): Promise<pg.Client> {
  const client = new Client({ ...shared(url), pipeline: true, query_timeout: WRITE_ANSWER_MS })
  // A connection that breaks while idle says so here alone; without a listener it ends the process.
  client.on('error', () => onEnd(client))
  client.on('end', () => onEnd(client))
  try {
    await client.connect()
    await client.query(WRITER_SESSION)
  } catch (error) {
    void client.end().catch(() => undefined)
    throw new StoreLost(unreachable(client, error), { cause: error })
  }
  return client
}

export function readerPool(url: string): pg.Pool {
  const pool = new Pool({
    ...shared(url),
    max: READERS,
    query_timeout: READ_ANSWER_MS,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: true,
    // The pool waits for it, whatever its type says.
    onConnect: (client) => client.query(READER_SESSION) as unknown as void,
  })
  pool.on('error', () => undefined)
  // While one is in use its own error is nobody's but this; the query it carried fails by itself.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** Says where it was looked for, never with what password. */
const unreachable = ({ host, port, database }: pg.Client, error: unknown): string =>
  `PostgreSQL (${database} at ${host}:${port}, from DATABASE_URL) cannot be used: ${messageOf(error)}`
