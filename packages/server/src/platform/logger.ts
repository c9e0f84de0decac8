import { pino, type Logger as PinoLogger } from 'pino'

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>

/** Never logged, wherever they stand in a record (S9). */
const SECRETS = ['token', 'password', 'ticket', 'authorization', 'cookie', 'api_key', 'secret']

/** One JSON line a record on standard error, so that standard output stays for people. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
      serializers: { err: plainError },
    },
    process.stderr,
  )
}

interface PlainError {
  type: string
  message: string
  stack: string | undefined
  code: unknown
  cause: PlainError | undefined
}

/**
 * Where an error came from, and nothing else it carries: libraries hang whole requests on their
 * errors, and what people write does not belong in a log (S39).
 */
function plainError(error: unknown): PlainError | undefined {
  if (error === undefined || error === null) return undefined
  if (!(error instanceof Error)) {
    const message = typeof error === 'string' ? error : JSON.stringify(error)
    return { type: typeof error, message, stack: undefined, code: undefined, cause: undefined }
  }
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    code: 'code' in error ? error.code : undefined,
    cause: plainError(error.cause),
  }
}

export const silentLogger: Logger = pino({ level: 'silent' })
