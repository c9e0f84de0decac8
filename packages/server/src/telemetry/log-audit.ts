import { createHash } from 'node:crypto'

import { isRecord } from '../platform/log-formats.ts'
import { withoutSecretText } from '../platform/log-redact.ts'
import type { LogRecord } from '../platform/logger.ts'
import { generalized, kindOf } from './error-groups.ts'
import { causeOf, knownCause, type Said } from './log-causes.ts'
import { linesOf, readLogLine } from './log-lines.ts'

/** Lines of one kind. */
export interface LogPattern {
  fingerprint: string
  level: 'warning' | 'error' | 'fatal'
  message: string
  code: string | null
  type: string | null
  count: number
  /** Null for lines that say no time. */
  first: string | null
  last: string | null
  cause: string
  remedy: string
  sample_trace_id: string | null
  /** Words of the newest error behind it. */
  detail: string | null
}

export interface LogAudit {
  lines: number
  /** Neither JSON of Netra's nor words that are known. */
  unknown: number
  unknown_samples: string[]
  errors: number
  warnings: number
  from: string | null
  until: string | null
  /** The one with most errors; the first of several. */
  worst_minute: { at: string; errors: number } | null
  /** Most frequent errors first, then warnings. */
  patterns: LogPattern[]
  /** Kinds that were not kept, because there are too many. */
  patterns_left_out: number
}

const MAX_PATTERNS = 1_000
const MAX_SAMPLES = 3
const MAX_SHOWN = 300
const ERROR = 50
const WARNING = 40

/** Reads a log of any size once, and keeps only counts. */
export async function auditLog(chunks: AsyncIterable<Buffer | string>): Promise<LogAudit> {
  const counts = new Counts()
  for await (const line of linesOf(chunks)) counts.take(line)
  return counts.result()
}

class Counts {
  #lines = 0
  #unknown = 0
  readonly #samples: string[] = []
  #errors = 0
  #warnings = 0
  #from = Infinity
  #until = -Infinity
  readonly #minutes = new Map<number, number>()
  readonly #patterns = new Map<string, LogPattern>()
  #leftOut = 0

  take(line: string): void {
    if (line.trim() === '') return
    this.#lines += 1
    const record = readLogLine(line)
    if (!record) return this.#takeText(line)
    const { time, level } = record
    this.#from = Math.min(this.#from, time)
    this.#until = Math.max(this.#until, time)
    if (level < WARNING) return
    if (level >= ERROR) {
      const minute = Math.floor(time / 60_000)
      this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + 1)
    }
    this.#count(patternOf(record), new Date(time).toISOString())
  }

  result(): LogAudit {
    const rank = { fatal: 0, error: 0, warning: 1 }
    const patterns = [...this.#patterns.values()].toSorted(
      (a, b) => rank[a.level] - rank[b.level] || b.count - a.count,
    )
    const [worst] = [...this.#minutes].toSorted((a, b) => b[1] - a[1] || a[0] - b[0])
    const isTimed = this.#from <= this.#until
    return {
      lines: this.#lines,
      unknown: this.#unknown,
      unknown_samples: this.#samples,
      errors: this.#errors,
      warnings: this.#warnings,
      from: isTimed ? new Date(this.#from).toISOString() : null,
      until: isTimed ? new Date(this.#until).toISOString() : null,
      worst_minute: worst
        ? { at: new Date(worst[0] * 60_000).toISOString(), errors: worst[1] }
        : null,
      patterns,
      patterns_left_out: this.#leftOut,
    }
  }

  /** What Node.js, or the command line, says in words of its own. */
  #takeText(line: string): void {
    const said: Said = { message: line.slice(0, MAX_SHOWN), code: null, error: '' }
    if (isJsonLike(line) || !knownCause(said)) {
      this.#unknown += 1
      if (this.#samples.length < MAX_SAMPLES) this.#samples.push(shown(line))
      return
    }
    const message = shown(line)
    const fingerprint = hashOf(['text', generalized(message)])
    this.#count({ fingerprint, level: 'fatal', message, said, type: null, record: undefined }, null)
  }

  #count(found: Found, at: string | null): void {
    if (found.level === 'warning') this.#warnings += 1
    else this.#errors += 1
    const { fingerprint, level, message, said, type, record } = found
    const before = this.#patterns.get(fingerprint)
    if (!before && this.#patterns.size >= MAX_PATTERNS) {
      this.#leftOut += 1
      return
    }
    const trace = record?.['trace_id']
    this.#patterns.set(fingerprint, {
      fingerprint,
      level,
      message,
      code: said.code,
      type,
      count: (before?.count ?? 0) + 1,
      first: earlier(before?.first, at),
      last: later(before?.last, at),
      ...causeOf(said),
      sample_trace_id: typeof trace === 'string' ? trace : (before?.sample_trace_id ?? null),
      detail: said.error === '' ? (before?.detail ?? null) : shown(said.error),
    })
  }
}

interface Found {
  fingerprint: string
  level: LogPattern['level']
  message: string
  said: Said
  type: string | null
  record: LogRecord | undefined
}

function patternOf(record: LogRecord): Found {
  const kind = kindOf(record)
  const isError = record.level >= ERROR
  const message = shown(record.msg ?? '(no message)')
  const { code } = record
  const said: Said = {
    message,
    code: typeof code === 'string' ? code : kind.code,
    error: errorWords(record['err']) || textOf(record['why']) || textOf(record['problem']),
  }
  // Errors by where they come from; of warnings the words are enough.
  const parts = isError
    ? [kind.fingerprint, said.code, generalized(message)]
    : ['warning', generalized(message), said.code]
  return {
    fingerprint: hashOf(parts),
    level: isError ? kind.level : 'warning',
    message,
    said,
    type: kind.type,
    record,
  }
}

/** Of an error and what caused it: class, code, words. */
function errorWords(error: unknown, depth = 0): string {
  if (!isRecord(error) || depth > 4) return ''
  const { type, code, message, cause } = error
  const own = [type, code, message].filter((part) => ['string', 'number'].includes(typeof part))
  const below = errorWords(cause, depth + 1)
  return `${own.join(' ')}${below === '' ? '' : ` < ${below}`}`
}

const hashOf = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)

/** Without secrets, not endless, and without what would move the cursor of who reads it. */
const shown = (text: string): string =>
  withoutSecretText(text)
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, MAX_SHOWN)

const isJsonLike = (line: string): boolean => line.startsWith('{')
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const earlier = (a: string | null | undefined, b: string | null): string | null =>
  a == null || b == null ? (a ?? b) : a < b ? a : b
const later = (a: string | null | undefined, b: string | null): string | null =>
  a == null || b == null ? (a ?? b) : a > b ? a : b

/** For people. */
export function auditText(audit: LogAudit): string[] {
  const { lines, unknown, errors, warnings, from, until, worst_minute: worst, patterns } = audit
  const told = [
    `${counted(lines, 'line')}${from === null ? '' : `, ${from} to ${String(until)}`}`,
    `${counted(errors, 'error')}, ${counted(warnings, 'warning')}, ${counted(unknown, 'line')} not understood`,
    ...(worst
      ? [`worst minute: ${worst.at.slice(0, 16)}Z with ${counted(worst.errors, 'error')}`]
      : []),
  ]
  for (const pattern of patterns) {
    const { level, count, message, code, type, cause, remedy, first, last, detail } = pattern
    const kind = [type, code].filter((part) => part !== null).join(' ')
    told.push(
      '',
      `${String(count).padStart(6)} × ${level}: ${message}${kind === '' ? '' : ` (${kind})`}`,
      ...(first === null ? [] : [`         ${first} to ${String(last)}`]),
      ...(detail === null ? [] : [`         said:    ${detail}`]),
      `         cause:   ${cause}`,
      `         remedy:  ${remedy}`,
      `         find it: fingerprint ${pattern.fingerprint}${pattern.sample_trace_id === null ? '' : `, trace ${pattern.sample_trace_id}`}`,
    )
  }
  if (audit.patterns_left_out > 0) {
    told.push(
      '',
      `${audit.patterns_left_out} more lines are of kinds beyond the first ${MAX_PATTERNS}.`,
    )
  }
  for (const sample of audit.unknown_samples) told.push('', `not understood: ${sample}`)
  return told
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
