import { ApiError } from '@netra/client'

const RETRY_MS = 5000

/** How long to wait before asking again, as the server said or as is usual. */
export const retryAfterMs = (error: unknown): number =>
  (error instanceof ApiError ? error.retry_after_ms : null) ?? RETRY_MS

/** The server is there and says that it cannot do this for now: nothing has been done. */
export const isRefusedForNow = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 503

/** As that, or no answer came, of Netra or of a proxy before it: perhaps it has been done. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof ApiError && [0, 502, 503, 504].includes(error.status)

/** Whether asking again later may help: the server is away, or it says that something behind it is. */
export const isAway = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status >= 500)
