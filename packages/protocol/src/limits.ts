/** The largest frame a client may send; a larger one closes the socket with 1009. */
export const MAX_CLIENT_FRAME_BYTES = 64 * 1024
/** The same before authentication. */
export const MAX_UNAUTHENTICATED_FRAME_BYTES = 4 * 1024
/** Arrays and objects within each other in a client's frame. */
export const MAX_JSON_DEPTH = 32
/** Streams that `hello` resumes; the rest is subscribed afterwards. */
export const MAX_RESUME_STREAMS = 20
/** From the upgrade to `hello`. */
export const HELLO_TIMEOUT_MS = 10_000

/** What a server sends without an `ack` before it waits. */
export const WINDOW_BYTES = 256 * 1024
export const WINDOW_EVENTS = 512
/** No progress for this long while something is unacknowledged: 4004. */
export const SLOW_CONSUMER_MS = 30_000

/** A client acknowledges at the latest after so much. */
export const ACK_EVERY_BYTES = 64 * 1024
export const ACK_EVERY_EVENTS = 128
export const ACK_EVERY_MS = 250

export const HEARTBEAT_INTERVAL_MS = 10_000
/** Silence after which either side drops the socket. */
export const HEARTBEAT_TIMEOUT_MS = 25_000

/** A reader further behind gets a snapshot instead of a replay. */
export const MAX_REPLAY_EVENTS = 500
export const SNAPSHOT_MESSAGES = 50
export const MAX_SNAPSHOT_BYTES = 200 * 1024
/** A tool result beyond this is stored once and referenced. */
export const MAX_INLINE_RESULT_BYTES = 32 * 1024

/** Errors of a client within a minute before its socket is closed with 4500. */
export const MAX_ERRORS_PER_MINUTE = 20

export const BACKOFF_MIN_MS = 500
export const BACKOFF_MAX_MS = 30_000
