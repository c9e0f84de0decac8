import type { Logger } from '../../packages/server/src/platform/logger.ts'
import type { Witness } from './witness.ts'

/** A logger whose lines belong to the trace; what is fatal is a complaint. */
export function traceLogger(witness: Witness, who: string, bound: object = {}): Logger {
  const line =
    (level: string) =>
    (first: unknown, message?: unknown): void => {
      const fields = typeof first === 'object' && first !== null ? { ...bound, ...first } : bound
      const said = typeof first === 'string' ? first : String(message)
      const text = `${level} ${said} ${JSON.stringify(fields, plain)}`
      if (level === 'fatal') witness.complain(who, text)
      else witness.note(who, text)
    }
  const logger = {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    fatal: line('fatal'),
    child: (more: object) => traceLogger(witness, who, { ...bound, ...more }),
  }
  return logger as unknown as Logger
}

/** A stack names files and lines, and those are not part of what happened. */
const plain = (_key: string, value: unknown): unknown =>
  value instanceof Error ? `${value.name}: ${value.message}` : value
