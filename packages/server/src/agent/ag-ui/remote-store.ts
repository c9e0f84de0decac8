import { z } from 'zod'

import { openSecret, sealSecret } from '../../platform/secret-box.ts'
import type { Rows } from '../../platform/statement.ts'
import type { RemoteAgent } from './remote-agent.ts'

/** As it is kept; `problem` when this server's key file does not open its headers. */
export interface StoredRemoteAgent extends RemoteAgent {
  problem: string | undefined
}

/** Agents elsewhere as rows, their headers sealed. */
export interface RemoteStore {
  all(): Promise<StoredRemoteAgent[]>
  put(agent: RemoteAgent): Promise<void>
  remove(id: string): Promise<void>
}

const PREFIX = 'remote_agent:'
const stored = z.object({
  name: z.string(),
  description: z.string(),
  url: z.string(),
  headers: z.string(),
  examples: z.array(z.string()),
  enabled: z.boolean(),
  created_at: z.string(),
})

/** `key`: 32 bytes, kept in a file that only the server's user can read. */
export function createRemoteStore({ rows, key }: { rows: Rows; key: Uint8Array }): RemoteStore {
  const read = (row: { key: string; value: string; updated_at: string }): StoredRemoteAgent => {
    const id = row.key.slice(PREFIX.length)
    const { created_at: createdAt, headers: sealed, ...rest } = stored.parse(JSON.parse(row.value))
    const opened = openSecret(key, sealed, row.key)
    return {
      id,
      ...rest,
      headers: opened === undefined ? {} : (JSON.parse(opened) as Record<string, string>),
      createdAt,
      updatedAt: row.updated_at,
      problem:
        opened === undefined
          ? "Its headers were sealed with another key file than this server's: enter them again."
          : undefined,
    }
  }
  return {
    async all() {
      const found = await rows.query<{ key: string; value: string; updated_at: string }>({
        sql: 'select key, value, updated_at from setting where key like ? order by key',
        parameters: [`${PREFIX}%`],
      })
      return found.map(read)
    },
    put: ({ id, name, description, url, headers, examples, enabled, createdAt, updatedAt }) =>
      rows.write([
        {
          sql: 'insert into setting (key, value, updated_at) values (?, ?, ?) on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at',
          parameters: [
            `${PREFIX}${id}`,
            JSON.stringify({
              name,
              description,
              url,
              headers: sealSecret(key, JSON.stringify(headers), `${PREFIX}${id}`),
              examples,
              enabled,
              created_at: createdAt,
            }),
            updatedAt,
          ],
        },
      ]),
    remove: (id) =>
      rows.write([{ sql: 'delete from setting where key = ?', parameters: [`${PREFIX}${id}`] }]),
  }
}
