import type { Follower } from '../support/people.ts'

/** Events that a client is behind. */
export const BACKLOG = Number(process.env['EVENTS'] ?? 10_000)

/** `netra`, or a bare `ws` loop that gives every event to the socket at once. */
export type Variant = 'netra' | 'bare'

export interface Opened {
  ports: Record<Variant, number>
  /** Each has a thread of `BACKLOG` events that nobody has read yet. */
  late: Follower[]
  /** Each has an empty thread. */
  slow: Follower[]
}

export type ServerRequest =
  | { kind: 'open'; late: number; slow: number }
  /** Bytes alive in the server once garbage is collected. */
  | { kind: 'memory' }
  /** `BACKLOG` events for every slow reader of the variant. */
  | { kind: 'flood'; variant: Variant }
  /** The longest time in ms that the event loop stood still since this was asked last. */
  | { kind: 'standstill' }
