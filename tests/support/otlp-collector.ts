import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

type Json = Record<string, unknown>

export interface CollectedSpan {
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  kind: number
  startMs: number
  endMs: number
  status: number
  attributes: Json
}

export interface CollectedLine {
  body: string
  severity: string
  traceId: string | undefined
  attributes: Json
}

export interface CollectedMetric {
  name: string
  data: Json
}

/** What arrived at a collector, decoded. */
export interface Collected {
  spans: CollectedSpan[]
  lines: CollectedLine[]
  metrics: CollectedMetric[]
  resources: Json[]
  headers: Record<string, string | string[] | undefined>[]
  /** Bodies as they came. */
  raw: string
  requests: number
}

export interface OtlpCollector extends AsyncDisposable {
  url: string
  collected: Collected
  /** `answer` takes everything; `hang` never answers; a number is the status. */
  be(how: 'answer' | 'hang' | number): void
  /** Nobody listens; `reopen` listens at the same place again. */
  kill(): Promise<void>
  reopen(): Promise<void>
}

/** A collector that reads OTLP over HTTP as JSON, strictly by its rules. */
export async function startOtlpCollector(): Promise<OtlpCollector> {
  const collected: Collected = {
    spans: [],
    lines: [],
    metrics: [],
    resources: [],
    headers: [],
    raw: '',
    requests: 0,
  }
  let how: 'answer' | 'hang' | number = 'answer'
  let port = 0

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    collected.requests += 1
    if (how === 'hang') return
    if (typeof how === 'number') {
      response.writeHead(how).end()
      return
    }
    if (request.headers['content-type'] !== 'application/json') {
      response.writeHead(415).end()
      return
    }
    collected.headers.push(request.headers)
    collected.raw += body
    decode(request.url ?? '', JSON.parse(body) as Json, collected)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }

  let server = createServer()
  const open = async (): Promise<void> => {
    server = createServer((request, response) => void take(request, response))
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  }
  const kill = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await open()
  return {
    url: `http://127.0.0.1:${port}`,
    collected,
    be(next) {
      how = next
    },
    kill,
    reopen: open,
    [Symbol.asyncDispose]: kill,
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : [])

function decode(path: string, body: Json, collected: Collected): void {
  switch (path) {
    case '/v1/traces':
      for (const { resource, scopeSpans } of list(body['resourceSpans'])) {
        collected.resources.push(attributesOf((resource as Json)['attributes']))
        for (const { spans } of list(scopeSpans)) collected.spans.push(...list(spans).map(spanOf))
      }
      return
    case '/v1/logs':
      for (const { scopeLogs } of list(body['resourceLogs'])) {
        for (const { logRecords } of list(scopeLogs)) {
          collected.lines.push(...list(logRecords).map(lineOf))
        }
      }
      return
    case '/v1/metrics':
      for (const { scopeMetrics } of list(body['resourceMetrics'])) {
        for (const { metrics } of list(scopeMetrics)) {
          for (const { name, ...data } of list(metrics)) {
            collected.metrics.push({ name: String(name), data })
          }
        }
      }
      return
    default:
      throw new Error(`a collector has no ${path}`)
  }
}

function spanOf(span: Json): CollectedSpan {
  const { traceId, spanId, parentSpanId, name, kind, status, attributes } = span
  if (!/^[0-9a-f]{32}$/.test(String(traceId)) || !/^[0-9a-f]{16}$/.test(String(spanId))) {
    throw new Error(`ids of a span are lower-case hex: ${JSON.stringify(span)}`)
  }
  return {
    traceId: String(traceId),
    spanId: String(spanId),
    parentSpanId: parentSpanId === undefined ? undefined : textOf(parentSpanId),
    name: String(name),
    kind: Number(kind),
    startMs: millis(span['startTimeUnixNano']),
    endMs: millis(span['endTimeUnixNano']),
    status: Number((status as Json)['code']),
    attributes: attributesOf(attributes),
  }
}

const lineOf = ({ body, severityText, traceId, attributes }: Json): CollectedLine => ({
  body: String((body as Json)['stringValue']),
  severity: String(severityText),
  traceId: traceId === undefined ? undefined : textOf(traceId),
  attributes: attributesOf(attributes),
})

/** 64-bit numbers are text in this form. */
function millis(nanos: unknown): number {
  if (typeof nanos !== 'string' || !/^\d+$/.test(nanos))
    throw new Error(`no time: ${String(nanos)}`)
  return Number(BigInt(nanos) / 1000n) / 1000
}

export function attributesOf(given: unknown): Json {
  const pairs = Array.isArray(given) ? (given as { key: string; value: Json }[]) : []
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]))
}

function plain(value: Json): unknown {
  const [[kind, inner] = []] = Object.entries(value)
  if (kind === 'intValue') {
    // The form has both: text, which holds every int64, and numbers.
    return Number(inner)
  }
  if (kind === 'arrayValue') return list((inner as Json)['values']).map(plain)
  if (kind === 'stringValue' || kind === 'boolValue' || kind === 'doubleValue') return inner
  throw new Error(`no such value: ${JSON.stringify(value)}`)
}
