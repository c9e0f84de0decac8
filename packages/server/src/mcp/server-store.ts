import type { Rows } from '../platform/statement.ts'
import {
  readServer,
  sealSecrets,
  type About,
  type McpServer,
  type StoredServer,
} from './server-row.ts'

/** Servers as rows. What it finds is of one person and of all; nobody else's. */
export interface ServerStore {
  /** Those for all first, each by its slug. */
  visibleTo(userId: string): Promise<McpServer[]>
  /** Undefined also for a server of somebody else. */
  find(userId: string, id: string): Promise<McpServer | undefined>
  insert(server: McpServer): Promise<void>
  update(server: McpServer): Promise<void>
  /** With everything agreed to about it. */
  remove(id: string): Promise<void>
  noteLook(id: string, look: { about?: About; problem: string | null }): Promise<void>
}

export function createServerStore(options: {
  rows: Rows
  key: Uint8Array
  now: () => string
}): ServerStore {
  const { rows, key, now } = options
  const read = (row: StoredServer): McpServer => readServer(row, key)

  return {
    async visibleTo(userId) {
      const found = await rows.query<StoredServer>({
        sql: "select * from mcp_server where user_id in ('', ?) order by user_id, slug",
        parameters: [userId],
      })
      return found.map(read)
    },
    async find(userId, id) {
      const [row] = await rows.query<StoredServer>({
        sql: "select * from mcp_server where id = ? and user_id in ('', ?)",
        parameters: [id, userId],
      })
      return row && read(row)
    },
    insert: (server) =>
      rows.write([
        {
          sql: `insert into mcp_server (id, user_id, slug, name, transport, url, command, secrets,
            trusted, enabled, timeout_ms, about, problem, created_by, created_at, updated_at, looked_at)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          parameters: [
            server.id,
            server.userId ?? '',
            server.slug,
            server.name,
            server.transport,
            server.url,
            server.command === null ? null : JSON.stringify(server.command),
            sealSecrets(server.secrets, server.id, key),
            server.trusted ? 1 : 0,
            server.enabled ? 1 : 0,
            server.timeoutMs,
            JSON.stringify(server.about),
            server.problem,
            server.createdBy,
            server.createdAt,
            server.updatedAt,
            server.lookedAt,
          ],
        },
      ]),
    update: (server) =>
      rows.write([
        {
          sql: `update mcp_server set name = ?, secrets = ?, trusted = ?, enabled = ?, timeout_ms = ?,
            updated_at = ? where id = ?`,
          parameters: [
            server.name,
            sealSecrets(server.secrets, server.id, key),
            server.trusted ? 1 : 0,
            server.enabled ? 1 : 0,
            server.timeoutMs,
            now(),
            server.id,
          ],
        },
      ]),
    remove: (id) =>
      rows.write([
        { sql: 'delete from mcp_consent where server_id = ?', parameters: [id] },
        { sql: 'delete from mcp_server where id = ?', parameters: [id] },
      ]),
    noteLook: (id, { about, problem }) =>
      rows.write([
        {
          sql: 'update mcp_server set about = coalesce(?, about), problem = ?, looked_at = ? where id = ?',
          parameters: [about === undefined ? null : JSON.stringify(about), problem, now(), id],
        },
      ]),
  }
}
