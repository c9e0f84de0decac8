import {
  HEARTBEAT_INTERVAL_MS,
  HEARTBEAT_TIMEOUT_MS,
  HELLO_TIMEOUT_MS,
  MAX_CLIENT_FRAME_BYTES,
  MAX_ERRORS_PER_MINUTE,
  MAX_UNAUTHENTICATED_FRAME_BYTES,
  SLOW_CONSUMER_MS,
  WINDOW_BYTES,
  WINDOW_EVENTS,
} from '@netra/protocol'

/** Limits of the socket edge; bytes and milliseconds. Told to clients in `welcome` and `/api/config`. */
export const LIMITS = {
  maxFrameBytes: MAX_CLIENT_FRAME_BYTES,
  maxHelloBytes: MAX_UNAUTHENTICATED_FRAME_BYTES,
  windowBytes: WINDOW_BYTES,
  windowEvents: WINDOW_EVENTS,
  helloTimeoutMs: HELLO_TIMEOUT_MS,
  heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
  heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS,
  slowConsumerMs: SLOW_CONSUMER_MS,
  maxBadFramesPerMinute: MAX_ERRORS_PER_MINUTE,
  authenticationDueMs: 60_000,
  /** A login session is asked for at least so often. */
  sessionCheckMs: 30_000,
  maxSubscriptions: 200,
  /** A fifth of the hundred that `netra validate` opens over five accounts, beside those of a person. */
  maxConnectionsPerUser: 32,
  /** Sockets of one address that have not said who they are. */
  maxUnauthenticatedPerAddress: 200,
  maxPendingCommands: 256,
  /** Who leaves more than this unread may not ask for more. */
  maxUnreadBytes: 4 * 1024 * 1024,
} as const
