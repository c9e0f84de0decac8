import { isRecord } from '../platform/log-formats.ts'
import type { LogRecord } from '../platform/logger.ts'

const MAX_LINE = 1024 * 1024

/** The lines of a text of any size; one that is longer than a megabyte is cut there. */
export async function* linesOf(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    const lines = text.split('\n')
    for (const [index, line] of lines.entries()) {
      if (rest.length < MAX_LINE) rest += line
      if (index === lines.length - 1) break
      yield rest.replace(/\r$/, '')
      rest = ''
    }
  }
  if (rest !== '') yield rest
}

const LEVELS: Record<string, number> = {
  DEBUG: 20,
  INFO: 30,
  NOTICE: 30,
  WARNING: 40,
  ERROR: 50,
  CRITICAL: 60,
  ALERT: 60,
  EMERGENCY: 60,
}

/** A line in any of the forms that are JSON; undefined for all else. */
export function readLogLine(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined
  let record: unknown
  try {
    record = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isRecord(record)) return undefined
  const level = record['level'] ?? LEVELS[String(record['severity'])]
  const time = timeOf(record['time'])
  if (typeof level !== 'number' || time === undefined) return undefined
  const message = record['msg'] ?? record['message']
  return { ...record, level, time, ...(typeof message === 'string' && { msg: message }) }
}

function timeOf(time: unknown): number | undefined {
  if (typeof time === 'number' && Number.isFinite(time)) return time
  const parsed = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}
