import { z } from 'zod'

const detailSchema = z.object({ field: z.string(), problem: z.string() })

const errorBodySchema = z.object({
  error_code: z.string(),
  message: z.string(),
  user_message: z.string().optional(),
  details: z.unknown().optional(),
  trace_id: z.string().optional(),
})

export type FieldProblem = z.infer<typeof detailSchema>

/** An HTTP answer that is not 2xx. `user_message` may be shown as it is. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  readonly error_code: string
  readonly user_message: string
  readonly details: unknown
  readonly trace_id: string | null
  /** From `Retry-After`. */
  readonly retry_after_ms: number | null

  constructor(problem: {
    status: number
    error_code: string
    message: string
    user_message?: string | undefined
    details?: unknown
    trace_id?: string | undefined
    retry_after_ms?: number | undefined
    cause?: unknown
  }) {
    super(problem.message, { cause: problem.cause })
    this.status = problem.status
    this.error_code = problem.error_code
    this.user_message = problem.user_message ?? problem.message
    this.details = problem.details
    this.trace_id = problem.trace_id ?? null
    this.retry_after_ms = problem.retry_after_ms ?? null
  }

  /** Which fields were wrong, when the server named them. */
  get fields(): FieldProblem[] {
    const parsed = z.array(detailSchema).safeParse(this.details)
    return parsed.success ? parsed.data : []
  }
}

const waitOf = (retryAfter: string | null): number | undefined => {
  const seconds = Number(retryAfter ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}

/** What an answer that is not 2xx says; also when a proxy and not Netra gave it. */
export function apiErrorOf(status: number, body: string, retryAfter: string | null): ApiError {
  const retry_after_ms = waitOf(retryAfter)
  const parsed = errorBodySchema.safeParse(jsonOf(body))
  if (parsed.success) return new ApiError({ status, retry_after_ms, ...parsed.data })
  const message = `The server answered ${status} and did not say why.`
  return new ApiError({ status, retry_after_ms, error_code: 'UNEXPECTED_ANSWER', message })
}

export function unreachableError(cause: unknown): ApiError {
  return new ApiError({
    status: 0,
    error_code: 'UNREACHABLE',
    message: 'The server cannot be reached. Check the connection and try again.',
    cause,
  })
}

/** Undefined for text that is no JSON. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
