import type { Writable } from 'node:stream'

import { pino, type Logger as PinoLogger } from 'pino'

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>

/** Never logged, wherever they stand in a record (S9). */
const SECRETS = ['token', 'password', 'ticket', 'authorization', 'cookie', 'api_key', 'secret']

/** One JSON line a record on standard error, so that standard output stays for people. */
export function createLogger(level: string, sink: Writable = process.stderr): Logger {
  return pino(
    {
      level,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
      serializers: { err: plainError },
    },
    sink,
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
  const quotes = QUOTES_CONTENT.test(error.name)
  return {
    type: error.name,
    message: quotes ? '(left out: it may quote what was said)' : error.message,
    stack: quotes ? error.stack?.replace(/^[^]*?(?=\n +at )/, error.name) : error.stack,
    code: 'code' in error ? error.code : undefined,
    cause: plainError(error.cause),
  }
}

/** Errors of the AI SDK carry the request or the answer they are about in their message. */
const QUOTES_CONTENT = /^AI_/

export const silentLogger: Logger = pino({ level: 'silent' })
