/** A login session ends when unused for this long, and at the latest after `MAX_SESSION_MS`. */
export const IDLE_SESSION_SECONDS = 7 * 24 * 3600
export const MAX_SESSION_MS = 30 * 24 * 3600 * 1000
export const EXTEND_SESSION_AFTER_SECONDS = 3600
