import { ApiError } from '@netra/client'

const RETRY_MS = 5000

/** How long to wait before asking again, as the server said or as is usual. */
export const retryAfterMs = (error: unknown): number =>
  (error instanceof ApiError ? error.retry_after_ms : null) ?? RETRY_MS

/** Whether asking again later may help: the server is away, or it says that something behind it is. */
export const isAway = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status >= 500)
