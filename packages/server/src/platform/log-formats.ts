import { unreachable } from './unreachable.ts'

/** `json`: a line as it is; `google`: as Cloud Logging and Error Reporting read it; `pretty`: for people. */
export type LogFormat = 'json' | 'google' | 'pretty'

/** A line, read. */
export type LogRecord = Record<string, unknown> & { level: number; time: number; msg?: string }

export interface LogService {
  name: string
  version: string
  /** Google Cloud's; without it traces have no page there. */
  project?: string | undefined
}

export function formatOf(format: LogFormat, service: LogService): (line: string) => string {
  switch (format) {
    case 'json':
      return (line) => line
    case 'google':
      return (line) => `${JSON.stringify(asGoogle(JSON.parse(line) as LogRecord, service))}\n`
    case 'pretty':
      return (line) => asText(JSON.parse(line) as LogRecord)
    default:
      return unreachable(format)
  }
}

const SEVERITY: readonly [number, string][] = [
  [60, 'CRITICAL'],
  [50, 'ERROR'],
  [40, 'WARNING'],
  [30, 'INFO'],
]

const severityOf = (level: number): string =>
  SEVERITY.find(([from]) => level >= from)?.[1] ?? 'DEBUG'

const REPORTED =
  'type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent'

/** https://cloud.google.com/logging/docs/structured-logging and /error-reporting/docs/formatting-error-messages */
function asGoogle(record: LogRecord, { name, version, project }: LogService): object {
  const {
    level,
    time,
    msg = '',
    trace_id,
    span_id,
    err,
    pid: _pid,
    hostname: _host,
    ...rest
  } = record
  const stack = isRecord(err) ? err['stack'] : undefined
  const trace = typeof trace_id === 'string' ? trace_id : undefined
  return {
    severity: severityOf(level),
    message: msg,
    time: new Date(time).toISOString(),
    ...rest,
    ...(err !== undefined && { err }),
    ...(trace !== undefined && {
      trace_id: trace,
      'logging.googleapis.com/trace':
        project === undefined ? trace : `projects/${project}/traces/${trace}`,
      'logging.googleapis.com/trace_sampled': true,
    }),
    ...(typeof span_id === 'string' && { 'logging.googleapis.com/spanId': span_id }),
    ...httpRequestOf(record),
    ...(level >= 50 && {
      '@type': REPORTED,
      serviceContext: { service: name, version },
      ...(typeof stack === 'string' && { stack_trace: stack }),
      ...(typeof record['user_id'] === 'string' && { context: { user: record['user_id'] } }),
    }),
  }
}

function httpRequestOf({ method, url, status, ip }: LogRecord): object {
  if (typeof method !== 'string' || typeof url !== 'string') return {}
  return {
    httpRequest: {
      requestMethod: method,
      requestUrl: url,
      ...(typeof status === 'number' && { status }),
      ...(typeof ip === 'string' && { remoteIp: ip }),
    },
  }
}

/** What moves the cursor of a terminal, colours it, or turns the order of letters round. */
const UNSEEN = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

const seen = (text: string): string =>
  text.replaceAll(
    UNSEEN,
    (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0')}`,
  )

/** Whatever it was given, each line of it is one line, and a terminal only shows it. */
function asText(record: LogRecord): string {
  const { level, time, msg = '', err, pid: _pid, hostname: _host, ...rest } = record
  const at = new Date(time).toISOString().slice(11, 23)
  const fields = Object.entries(rest).map(
    ([name, value]) =>
      `${seen(name)}=${seen(typeof value === 'string' ? value : JSON.stringify(value))}`,
  )
  const head = `${at} ${severityOf(level).padEnd(8)} ${seen(msg)}`
  const tail = fields.length === 0 ? '' : `  ${fields.join(' ')}`
  return `${head}${tail}\n${errorText(err)}`
}

function errorText(error: unknown): string {
  if (!isRecord(error)) return ''
  const { stack, type, message, cause } = error
  const own = typeof stack === 'string' ? stack : `${String(type)}: ${String(message)}`
  const indented = own.split('\n').map((line) => `    ${seen(line)}\n`)
  return `${indented.join('')}${cause === undefined ? '' : `    because:\n${errorText(cause)}`}`
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
