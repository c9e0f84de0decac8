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
    },
    process.stderr,
  )
}

export const silentLogger: Logger = pino({ level: 'silent' })
