import type { ServerMessage } from '@netra/protocol'

import type { Copy } from './copy.ts'

/** How a device reaches the server. It comes back by itself until it is stopped. */
export interface Transport {
  readonly kind: 'socket' | 'events' | 'poll'
  start(): void
  stop(): Promise<void>
  /** Leaves the stream and takes it up again, so many times, without waiting for answers. */
  storm(copy: Copy, times: number): void
  /** Drops the connection as a device does that goes offline, and comes back. */
  drop(): void
  /** Fresh credentials on the connection that is open. */
  renew(): Promise<void>
  /** From now on it acknowledges nothing, or does again. */
  slow(isSlow: boolean): void
  /** Faults have stopped: what only a ping's heads tell of is a loss from here on. */
  calm(): void
}

/** What went on, beyond what was observed on the wire. */
export interface Notes {
  /** A close code, and how often a connection ended with it. */
  closes: Map<number, number>
  /** What no correct server does, and the auditor cannot see. */
  problems: { device: string; detail: string }[]
}

/** How long to wait before the same is said again; undefined when that is of no use. */
export function waitOf({
  retry,
  after_ms,
}: Extract<ServerMessage, { type: 'error' }>): number | undefined {
  if (retry === 'after') return after_ms ?? 500
  return retry === 'same' ? 300 : undefined
}
