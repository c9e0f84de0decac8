import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { Socket } from 'node:net'

import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'

import type { Clock } from '../platform/clock.ts'
import { isRecord } from '../platform/log-formats.ts'
import { tapLogger, type Logger, type LogRecord } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Attributes, EndedSpan, SpanWatch } from '../platform/tracing.ts'
import { Batch, type Sent } from './batch.ts'
import { kindOf } from './error-groups.ts'
import {
  readableLine,
  readableSpan,
  resourceMetrics,
  type ExportedLine,
  type Origin,
} from './otlp-forms.ts'
import type { Outages } from './outages.ts'

export interface OtlpOptions {
  addresses: { traces?: string; metrics?: string; logs?: string }
  headers: Record<string, string>
  timeoutMs: number
  batchDelayMs: number
  metricIntervalMs: number
  sampledShare: number
  hasContent: boolean
  resource: Attributes
  version: string
  clock: Clock
  logger: Logger
  metrics: Metrics
  outages: Outages
}

/** Info and above, whatever level the log itself has: it cannot tap what is not written. */
const EXPORTED_FROM = 20

/** Exports to a collector; loaded only where one is named. */
export function openOtlp(options: OtlpOptions): { spans: SpanWatch | undefined } & AsyncDisposable {
  const stack = new AsyncDisposableStack()
  const { addresses, resource, version } = options
  const origin = {
    resource: resourceFromAttributes(resource),
    scope: { name: 'netra', version },
  }
  const parts = { ...options, origin, stack }
  const spans = addresses.traces === undefined ? undefined : exportSpans(parts, addresses.traces)
  if (addresses.logs !== undefined) exportLogs(parts, addresses.logs)
  if (addresses.metrics !== undefined) exportMetrics(parts, addresses.metrics)
  return { spans, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

interface Parts extends OtlpOptions {
  origin: Origin
  stack: AsyncDisposableStack
}

interface Exporter<Items> {
  export(items: Items, done: (result: ExportResult) => void): void
  shutdown(): Promise<void>
}

/** Hands items to an exporter; what goes wrong is told once and never thrown. */
function sender<Items>(
  { outages, stack }: Parts,
  signal: 'traces' | 'metrics' | 'logs',
  exporter: Exporter<Items>,
): (items: Items) => Promise<Sent> {
  stack.defer(() => exporter.shutdown())
  return (items) =>
    new Promise((resolve) => {
      exporter.export(items, ({ code, error }) => {
        const isSent = code === ExportResultCode.SUCCESS
        if (isSent) outages.over(signal)
        else outages.began(signal, error?.message ?? 'the collector refused it')
        resolve(isSent ? 'sent' : 'failed')
      })
    })
}

const to = ({ headers, timeoutMs: timeoutMillis }: OtlpOptions, url: string) => ({
  url,
  headers,
  timeoutMillis,
  httpAgentOptions: agentFor,
})

/** What is on its way to a collector keeps no process that wants to end. */
function agentFor(protocol: string): HttpAgent {
  const agent = new (protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: true })
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, done) => {
    const socket = connect(options, done)
    if (socket instanceof Socket) socket.unref()
    return socket
  }
  return agent
}

function exportSpans(parts: Parts, url: string): SpanWatch {
  const { clock, batchDelayMs, origin, outages, sampledShare, hasContent, stack } = parts
  const send = sender(parts, 'traces', new OTLPTraceExporter(to(parts, url)))
  const batch = stack.use(
    new Batch<EndedSpan>({
      clock,
      delayMs: batchDelayMs,
      send: (items) => send(items.map((span) => readableSpan(span, origin))),
      count: (what, items) => outages.count('traces', what, items),
    }),
  )
  return {
    takesContent: hasContent,
    ended(span) {
      if (isSampled(span.traceId, sampledShare)) batch.add(span)
    },
  }
}

/** By the id alone, so that every process decides alike about one trace. */
export function isSampled(traceId: string, share: number): boolean {
  if (share >= 1) return true
  if (share <= 0) return false
  // As the specification has it: the last 56 bits are the random ones.
  return Number.parseInt(traceId.slice(18), 16) / 2 ** 56 >= 1 - share
}

function exportLogs(parts: Parts, url: string): void {
  const { clock, batchDelayMs, origin, outages, logger, stack } = parts
  const send = sender(parts, 'logs', new OTLPLogExporter(to(parts, url)))
  const batch = stack.use(
    new Batch<ExportedLine>({
      clock,
      delayMs: batchDelayMs,
      send: (items) => send(items.map((line) => readableLine(line, origin))),
      count: (what, items) => outages.count('logs', what, items),
    }),
  )
  stack.defer(
    tapLogger(logger, EXPORTED_FROM, (record) => {
      // What is said about the exports themselves would feed them.
      if (record['part'] !== 'telemetry') batch.add(lineOf(record))
    }),
  )
}

/** Fields of each line that OTLP has places of its own for, or that say nothing. */
const PLACED = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'trace_id', 'err'])

function lineOf(record: LogRecord): ExportedLine {
  const attributes: Attributes = {}
  for (const [name, value] of Object.entries(record)) {
    if (PLACED.has(name) || value === undefined || value === null) continue
    attributes[name] = isPlain(value) ? value : JSON.stringify(value)
  }
  const { err } = record
  if (isRecord(err)) {
    for (const [name, key] of EXCEPTION) {
      const value = err[key]
      if (typeof value === 'string') attributes[name] = value
    }
  }
  if (record.level >= 50) attributes['netra.error.fingerprint'] = kindOf(record).fingerprint
  const trace = record['trace_id']
  return {
    time: record.time,
    level: record.level,
    message: record.msg ?? '',
    traceId: typeof trace === 'string' && /^[0-9a-f]{32}$/.test(trace) ? trace : undefined,
    attributes,
  }
}

const EXCEPTION = [
  ['exception.type', 'type'],
  ['exception.message', 'message'],
  ['exception.stacktrace', 'stack'],
] as const

const isPlain = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)

/** The numbers of /metrics, as they stand every so often. */
function exportMetrics(parts: Parts, url: string): void {
  const { clock, metrics, origin, metricIntervalMs, outages, stack } = parts
  const hand = sender(parts, 'metrics', new OTLPMetricExporter(to(parts, url)))
  const since = clock.now()
  let cancel: (() => void) | undefined
  let isClosed = false
  const send = async (): Promise<void> => {
    const measured = await metrics.all()
    const sent = await hand(resourceMetrics(measured, { since, now: clock.now() }, origin))
    outages.count('metrics', sent === 'sent' ? 'sent' : 'failed', measured.length)
  }
  const again = (): void => {
    if (isClosed) return
    cancel = clock.after(metricIntervalMs, () => {
      send().then(again, (error: unknown) => {
        outages.began('metrics', error instanceof Error ? error.message : String(error))
        again()
      })
    })
  }
  again()
  stack.defer(async () => {
    isClosed = true
    cancel?.()
    await send().catch(() => undefined)
  })
}
