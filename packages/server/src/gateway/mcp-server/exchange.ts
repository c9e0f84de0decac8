import type { Identity } from '../../identity/identity.ts'

/** One request at the MCP endpoint: who asks, and what becomes of it when they go. */
export interface Exchange {
  identity: Identity
  /** Of an older client; undefined for clients of 2026-07-28, which have none. */
  session: string | undefined
  /** Aborts when nobody reads the answer any more. */
  gone: AbortSignal
  /** Aborts when the caller's right to ask has ended: what is still to be said is that. */
  ended: AbortSignal
  /** The client went, and not this node or the caller's right to ask. */
  clientLeft: () => boolean
}
