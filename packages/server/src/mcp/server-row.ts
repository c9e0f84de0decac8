import { z } from 'zod'

import { openSecret, sealSecret } from '../platform/secret-box.ts'

/** A server that somebody connected, as the rest of this folder knows it. */
export interface McpServer {
  id: string
  /** Whose it is; null for all. */
  userId: string | null
  slug: string
  name: string
  transport: 'http' | 'stdio'
  /** Its endpoint; null for a program. */
  url: string | null
  /** The program and its arguments; null for an address. */
  command: readonly string[] | null
  /** Only ever sent to this server, or given to this program. */
  secrets: Secrets
  /** Its secrets were sealed with another key file. */
  unreadable: boolean
  trusted: boolean
  enabled: boolean
  timeoutMs: number
  about: About
  problem: string | null
  createdBy: string
  createdAt: string
  updatedAt: string
  lookedAt: string | null
}

export interface Secrets {
  headers: Readonly<Record<string, string>>
  variables: Readonly<Record<string, string>>
}

/** What a server last said of itself. Its own words: shown as such, believed in nothing. */
export interface About {
  name?: string | undefined
  version?: string | undefined
  protocol?: string | undefined
  capabilities?: readonly string[] | undefined
}

/** A row as the store gives it. */
export interface StoredServer extends Record<string, unknown> {
  id: string
  user_id: string
  slug: string
  name: string
  transport: string
  url: string | null
  command: string | null
  secrets: string | null
  trusted: number
  enabled: number
  timeout_ms: number
  about: string
  problem: string | null
  created_by: string
  created_at: string
  updated_at: string
  looked_at: string | null
}

const argv = z.array(z.string())
const sealed = z.object({
  headers: z.record(z.string(), z.string()),
  variables: z.record(z.string(), z.string()),
})
const about = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  protocol: z.string().optional(),
  capabilities: z.array(z.string()).optional(),
})
const NO_SECRETS: Secrets = { headers: {}, variables: {} }

const purposeOf = (id: string): string => `mcp_server:${id}`

export function readServer(row: StoredServer, key: Uint8Array): McpServer {
  const opened = row.secrets === null ? undefined : openSecret(key, row.secrets, purposeOf(row.id))
  return {
    id: row.id,
    userId: row.user_id === '' ? null : row.user_id,
    slug: row.slug,
    name: row.name,
    transport: row.transport === 'stdio' ? 'stdio' : 'http',
    url: row.url,
    command: row.command === null ? null : argv.parse(JSON.parse(row.command)),
    secrets: opened === undefined ? NO_SECRETS : sealed.parse(JSON.parse(opened)),
    unreadable: row.secrets !== null && opened === undefined,
    trusted: row.trusted === 1,
    enabled: row.enabled === 1,
    timeoutMs: row.timeout_ms,
    about: about.parse(JSON.parse(row.about)),
    problem: row.problem,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lookedAt: row.looked_at,
  }
}

/** Null when there is nothing to hide. */
export function sealSecrets(secrets: Secrets, id: string, key: Uint8Array): string | null {
  const count = Object.keys(secrets.headers).length + Object.keys(secrets.variables).length
  return count === 0 ? null : sealSecret(key, JSON.stringify(secrets), purposeOf(id))
}
