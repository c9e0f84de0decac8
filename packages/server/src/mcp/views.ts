import type { CircuitStatus } from '../platform/circuit-breaker.ts'
import type { About } from './server-row.ts'

/** Who asks. An administrator may also change servers that are for all. */
export interface McpCaller {
  userId: string
  isAdmin: boolean
}

export interface McpWish {
  name: string
  forAll: boolean
  /** One of both: an https address, or a program with its arguments. */
  url?: string | undefined
  command?: readonly string[] | undefined
  headers?: Readonly<Record<string, string>> | undefined
  variables?: Readonly<Record<string, string>> | undefined
  trusted?: boolean | undefined
  timeoutMs?: number | undefined
}

export interface McpChange {
  name?: string | undefined
  trusted?: boolean | undefined
  enabled?: boolean | undefined
  timeoutMs?: number | undefined
  /** Replace those that there are. */
  headers?: Readonly<Record<string, string>> | undefined
  variables?: Readonly<Record<string, string>> | undefined
}

export type Asks = 'default' | 'always' | 'never'

export interface McpToolView {
  /** As the server calls it. */
  name: string
  /** As models call it. */
  tool: string
  title: string | null
  description: string
  input_schema: object
  output_schema: object | null
  annotations: {
    read_only: boolean
    destructive: boolean
    idempotent: boolean
    open_world: boolean
  }
  /** Only `agreed` ones can be called. */
  state: 'new' | 'changed' | 'agreed'
  /** Of the definition as it is shown here: what consent names. */
  hash: string
  asks: Asks
  /** Whether a call waits for a person. */
  needs_approval: boolean
  /** Since somebody agreed; empty unless it changed. */
  changes: { field: string; before: unknown; after: unknown }[]
}

export interface McpServerView {
  id: string
  name: string
  /** Begins the names of its tools. */
  slug: string
  for_all: boolean
  transport: 'http' | 'stdio'
  url: string | null
  /** The exact program and arguments; for administrators. */
  command: readonly string[] | null
  /** Names alone. */
  headers: string[]
  variables: string[]
  trusted: boolean
  enabled: boolean
  timeout_ms: number
  /** `consent`: tools wait for somebody to agree; `sign_in`: the person has to sign in there. */
  state: 'off' | 'unknown' | 'failing' | 'sign_in' | 'consent' | 'ready'
  problem: string | null
  /** What it says of itself. */
  about: About
  looked_at: string | null
  signed_in: boolean | null
  breaker: CircuitStatus | null
  may_change: boolean
  tools: McpToolView[]
}
