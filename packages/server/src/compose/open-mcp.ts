import type { Config } from '../config/config.ts'
import { openMcp, type Mcp } from '../mcp/mcp.ts'
import { createMcpOauth, type McpOauth } from '../mcp/oauth/oauth.ts'
import type { Breakers } from '../platform/breakers.ts'
import type { Clock } from '../platform/clock.ts'
import { createGuardedFetch } from '../platform/guarded-fetch.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Rows } from '../platform/statement.ts'
import { VERSION } from '../version.ts'

/** Of one answer, a stream of events among them. */
const MAX_ANSWER_BYTES = 12 * 1024 * 1024
/** A call may take as long before its answer begins. */
const MAX_CALL_MS = 11 * 60_000
/** Where tokens come from. */
const MAX_OAUTH_BYTES = 1024 * 1024
const OAUTH_MS = 10_000

export interface OpenedMcp extends AsyncDisposable {
  mcp: Mcp
  oauth: McpOauth
}

/** MCP servers that people connect: reached by their addresses, or as programs beside this one. */
export function openConnectedMcp(
  config: Config,
  parts: {
    rows: Rows
    key: Uint8Array
    breakers: Breakers
    clock: Clock
    logger: Logger
    metrics: Metrics
    /** Netra's own address, and that of its pages. */
    publicUrl: () => string
    webUrl: () => string
  },
): OpenedMcp {
  const stack = new AsyncDisposableStack()
  const { clock } = parts
  const allowPrivate = config.mcpAllowPrivate
  const fetchWith = (maxBytes: number, timeoutMs: number) =>
    stack.use(createGuardedFetch({ clock, allowPrivate, maxBytes, timeoutMs }))
  const oauth = createMcpOauth({ ...parts, fetch: fetchWith(MAX_OAUTH_BYTES, OAUTH_MS) })
  const mcp = stack.use(
    openMcp({
      ...parts,
      auth: oauth,
      fetch: fetchWith(MAX_ANSWER_BYTES, MAX_CALL_MS),
      allowPrivate,
      version: VERSION,
      settingsUrl: () => `${parts.webUrl()}/settings/mcp`,
    }),
  )
  return { mcp, oauth, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
