import type { Writable } from 'node:stream'

import { pino, type Logger as PinoLogger } from 'pino'

import { formatOf, type LogFormat, type LogRecord, type LogService } from './log-formats.ts'
import { shortened, shortenedStack, withoutSecretFields, withoutSecretText } from './log-redact.ts'
import { currentTrace } from './tracing.ts'

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>
export type { LogFormat, LogRecord }

export interface LoggerOptions {
  format?: LogFormat
  service?: LogService
}

/** Reads lines of a logger and its children, from a level on, after secrets were taken out. */
interface Tap {
  fromLevel: number
  read: (record: LogRecord) => void
}

const taps = new WeakMap<object, Set<Tap>>()

/**
 * One line a record on standard error, so that standard output stays for people. What is secret by
 * its name or its form is in none of them (S9); each says which trace, run and person it is of.
 */
export function createLogger(
  level: string,
  sink: Writable = process.stderr,
  { format = 'json', service = { name: 'netra', version: '' } }: LoggerOptions = {},
): Logger {
  const listeners = new Set<Tap>()
  const written = formatOf(format, service)
  const logger = pino(
    {
      level,
      mixin: (_record, _level, child) => traceFields(child),
      formatters: { log: withoutSecretFields },
      serializers: { err: plainError },
      hooks: {
        logMethod(inputs, method) {
          const short = inputs.map((input: unknown) =>
            typeof input === 'string' ? shortened(input) : input,
          )
          method.apply(this, short as typeof inputs)
        },
        streamWrite(line) {
          const clean = withoutSecretText(line)
          if (listeners.size > 0) tell(listeners, clean)
          return written(clean)
        },
      },
    },
    sink,
  )
  taps.set(logger, listeners)
  return logger
}

/** Tells each line from a level on (30 info, 50 error) until the answer is called. */
export function tapLogger(
  logger: Logger,
  fromLevel: number,
  read: (record: LogRecord) => void,
): () => void {
  const tap = { fromLevel, read }
  taps.get(logger)?.add(tap)
  return () => taps.get(logger)?.delete(tap)
}

const LEVEL = /^\{"level":(\d+)/

function tell(listeners: ReadonlySet<Tap>, line: string): void {
  const level = Number(LEVEL.exec(line)?.[1])
  const wanted = [...listeners].filter(({ fromLevel }) => level >= fromLevel)
  if (wanted.length === 0) return
  const record = JSON.parse(line) as LogRecord
  for (const { read } of wanted) read(record)
}

/** What the line is part of; a child that says so itself is not contradicted. */
function traceFields(child: PinoLogger): Record<string, string> {
  const trace = currentTrace()
  if (!trace) return {}
  const own = (child as unknown as Record<symbol, string>)[pino.symbols.chindingsSym] ?? ''
  const fields: Record<string, string> = {}
  const say = (name: string, value: string | undefined): void => {
    if (value !== undefined && !own.includes(`"${name}":`)) fields[name] = value
  }
  say('trace_id', trace.traceId)
  say('run_id', trace.runId)
  say('request_id', trace.requestId)
  say('user_id', trace.userId)
  return fields
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
    // Of a function there is no JSON.
    const message =
      typeof error === 'string' ? error : (JSON.stringify(error) as string | undefined)
    return {
      type: typeof error,
      message: shortened(message ?? ''),
      stack: undefined,
      code: undefined,
      cause: undefined,
    }
  }
  const quotes = QUOTES_CONTENT.test(error.name)
  return {
    type: error.name,
    message: quotes ? '(left out: it may quote what was said)' : shortened(error.message),
    stack: quotes
      ? error.stack?.replace(/^[^]*?(?=\n +at )/, error.name)
      : error.stack && shortenedStack(error.stack),
    code: 'code' in error ? error.code : undefined,
    cause: plainError(error.cause),
  }
}

/** Errors of the AI SDK carry the request or the answer they are about in their message. */
const QUOTES_CONTENT = /^AI_/

export const silentLogger: Logger = pino({ level: 'silent' })
