/**
 * Versions, newest last, one line each: what changed on the wire. A change of any schema is a new
 * line; `version.test.ts` holds the hash of the newest.
 */
export const VERSION_HISTORY = [
  {
    version: 1,
    change: 'first: hello to goaway, events, snapshots; branches with parent_message_id',
  },
] as const

/** The version this package speaks. */
export const PROTOCOL_VERSION = 1

/** A server serves this version and the one before. */
export const OLDEST_SERVED_VERSION = 1

/** Offered at the upgrade; any other client speaks the classic codec. */
export const SUBPROTOCOL = 'netra.v1'

export const isServedVersion = (version: number): boolean =>
  Number.isInteger(version) && version >= OLDEST_SERVED_VERSION && version <= PROTOCOL_VERSION
