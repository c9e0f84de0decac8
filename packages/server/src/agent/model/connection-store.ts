import { z } from 'zod'

import { openSecret, sealSecret } from '../../platform/secret-box.ts'
import type { Rows } from '../../platform/statement.ts'

/** What an administrator set for one provider. Absent fields were never set. */
export interface StoredConnection {
  provider: string
  apiKey?: string
  /** A key is stored but this server's key file does not open it. */
  unreadableKey?: true
  baseUrl?: string
  enabledModels: string[]
}

/** Connections and the default model as rows, their keys encrypted. */
export interface ConnectionStore {
  load(): Promise<{
    connections: StoredConnection[]
    defaultModel: string | null
    fallbacks?: readonly string[]
  }>
  put(connection: StoredConnection): Promise<void>
  remove(provider: string): Promise<void>
  setDefaultModel(model: string | null): Promise<void>
  setFallbacks?(models: readonly string[]): Promise<void>
}

const PREFIX = 'model_connection:'
const DEFAULT_MODEL = 'model_default'
const FALLBACKS = 'model_fallback'

const stored = z.object({
  api_key: z.string().optional(),
  base_url: z.string().optional(),
  enabled_models: z.array(z.string()),
})

/** `key`: 32 bytes, kept in a file that only the server's user can read. */
export function createConnectionStore(options: {
  rows: Rows
  key: Uint8Array
  now: () => string
}): ConnectionStore {
  const { rows, key, now } = options

  const set = (name: string, value: string) =>
    rows.write([
      {
        sql: 'insert into setting (key, value, updated_at) values (?, ?, ?) on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at',
        parameters: [name, value, now()],
      },
    ])
  const unset = (name: string) =>
    rows.write([{ sql: 'delete from setting where key = ?', parameters: [name] }])

  function read(provider: string, value: string): StoredConnection {
    const row = stored.parse(JSON.parse(value))
    const apiKey = row.api_key === undefined ? undefined : openSecret(key, row.api_key, provider)
    return {
      provider,
      enabledModels: row.enabled_models,
      ...(row.base_url === undefined ? {} : { baseUrl: row.base_url }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(row.api_key !== undefined && apiKey === undefined
        ? { unreadableKey: true as const }
        : {}),
    }
  }

  return {
    async load() {
      const found = await rows.query<{ key: string; value: string }>({
        sql: 'select key, value from setting where key in (?, ?) or key like ? order by key',
        parameters: [DEFAULT_MODEL, FALLBACKS, `${PREFIX}%`],
      })
      const connections = found
        .filter((row) => row.key.startsWith(PREFIX))
        .map((row) => read(row.key.slice(PREFIX.length), row.value))
      return {
        connections,
        defaultModel: found.find((row) => row.key === DEFAULT_MODEL)?.value ?? null,
        fallbacks: z
          .array(z.string())
          .parse(JSON.parse(found.find((row) => row.key === FALLBACKS)?.value ?? '[]')),
      }
    },
    async put({ provider, apiKey, baseUrl, enabledModels }) {
      const row = {
        ...(apiKey === undefined ? {} : { api_key: sealSecret(key, apiKey, provider) }),
        ...(baseUrl === undefined ? {} : { base_url: baseUrl }),
        enabled_models: enabledModels,
      }
      await set(`${PREFIX}${provider}`, JSON.stringify(row))
    },
    remove: (provider) => unset(`${PREFIX}${provider}`),
    setFallbacks: (models) =>
      models.length === 0 ? unset(FALLBACKS) : set(FALLBACKS, JSON.stringify(models)),
    setDefaultModel: (model) => (model === null ? unset(DEFAULT_MODEL) : set(DEFAULT_MODEL, model)),
  }
}
