import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash, randomBytes } from 'node:crypto'

import type { Clock } from './clock.ts'
import { asId, type TraceId } from './ids.ts'

/** What a span was about; the timeline of a run adds up by it. */
export type SpanKind =
  | 'request'
  | 'command'
  | 'run'
  | 'queue'
  | 'model'
  | 'tool'
  | 'store'
  | 'network'
export type SpanStatus = 'ok' | 'error' | 'cancelled'
export type Attributes = Record<string, string | number | boolean | string[]>

/** A piece of work that is over. */
export interface EndedSpan {
  traceId: string
  spanId: string
  parentId: string | null
  name: string
  kind: SpanKind
  /** Milliseconds since the Unix epoch. */
  startedAt: number
  durationMs: number
  /** From the start to the first of what it was for; undefined when that does not apply. */
  firstMs?: number | undefined
  /** Of the duration, how long it stood still because what it made was not taken. */
  heldMs: number
  status: SpanStatus
  attributes: Attributes
}

/** Who is told of spans. */
export interface SpanWatch {
  ended(span: EndedSpan): void
  /** `soFar` is the span as it would be if it ended now. */
  began?(spanId: string, soFar: () => EndedSpan): void
  /** Milliseconds that all work of this trace has stood still so far. */
  heldMs?(): number
  /** What people and models say may go into attributes: the operator has asked for it. */
  readonly takesContent: boolean
}

/** What is going on: every log line, question and span made meanwhile belongs to it. */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits: the span that new ones are part of. */
  readonly spanId: string
  readonly runId?: string | undefined
  readonly requestId?: string | undefined
  /** Once it is known who asks. */
  userId?: string | undefined
  readonly watch?: SpanWatch | undefined
}

/** W3C Trace Context; a later version may say more after the flags. Ids of only zeros are invalid. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:$|-)/
const MAX_TRACEPARENT = 256

/** Undefined for anything that is none: then it is as if nothing had been said. */
export function readTraceparent(text: unknown): { traceId: TraceId; spanId: string } | undefined {
  if (typeof text !== 'string' || text.length > MAX_TRACEPARENT) return undefined
  const [, traceId, spanId] = TRACEPARENT.exec(text) ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  if (text.startsWith('00') && text.length !== 55) return undefined
  return { traceId: asId<TraceId>(traceId), spanId }
}

export const traceparentOf = ({ traceId, spanId }: Pick<Trace, 'traceId' | 'spanId'>): string =>
  `00-${traceId}-${spanId}-01`

/** Random, so that it tells nothing of when or how often ids are made. */
const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex')

export const newTraceId = (): TraceId => asId<TraceId>(randomHex(16))
export const newSpanId = (): string => randomHex(8)

/** The same for the same parts in every process, so that a span can be named before it is written. */
export const derivedSpanId = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16)

/** Of a message that came on a socket: its client's trace, or one of its own. */
export function traceOfMessage(
  traceparent: unknown,
  from: { userId: string; watch: SpanWatch | undefined },
): Trace {
  const given = readTraceparent(traceparent)
  return {
    traceId: given?.traceId ?? newTraceId(),
    spanId: given?.spanId ?? newSpanId(),
    ...from,
  }
}

const storage = new AsyncLocalStorage<Trace>()

export const currentTrace = (): Trace | undefined => storage.getStore()

/** It turned out who asks. */
export function noteUser(userId: string): void {
  const trace = storage.getStore()
  if (trace) trace.userId = userId
}

/** Runs `work`, and all that it starts, as part of `trace`. */
export const inTrace = <Result>(trace: Trace, work: () => Result): Result =>
  storage.run(trace, work)

/** A piece of work that goes on. Ending it twice counts once. */
export interface OpenSpan {
  /** For whoever is asked meanwhile; undefined outside of a trace. */
  readonly traceparent: string | undefined
  readonly takesContent: boolean
  /** The first of what it is for has come. */
  first(): void
  end(status: SpanStatus, attributes?: Attributes): void
}

const NOBODY: OpenSpan = {
  traceparent: undefined,
  takesContent: false,
  first: () => undefined,
  end: () => undefined,
}

/** Begins a span of the current trace; costs nothing where nobody is told of it. */
export function beginSpan(
  clock: Pick<Clock, 'now' | 'monotonic'>,
  kind: SpanKind,
  name: string,
  attributes: Attributes = {},
): OpenSpan {
  const trace = storage.getStore()
  if (!trace) return NOBODY
  const { watch, traceId, spanId: parentId } = trace
  if (!watch) return { ...NOBODY, traceparent: traceparentOf(trace) }
  const spanId = newSpanId()
  const startedAt = clock.now()
  const from = clock.monotonic()
  const heldBefore = watch.heldMs?.() ?? 0
  let firstMs: number | undefined
  let isOver = false
  const asOfNow = (status: SpanStatus, more: Attributes): EndedSpan => ({
    traceId,
    spanId,
    parentId,
    name,
    kind,
    startedAt,
    durationMs: Math.max(0, clock.monotonic() - from),
    firstMs,
    heldMs: (watch.heldMs?.() ?? 0) - heldBefore,
    status,
    attributes: { ...attributes, ...more },
  })
  watch.began?.(spanId, () => asOfNow('ok', {}))
  return {
    traceparent: traceparentOf({ traceId, spanId }),
    takesContent: watch.takesContent,
    first() {
      firstMs ??= clock.monotonic() - from
    },
    end(status, more = {}) {
      if (isOver) return
      isOver = true
      watch.ended(asOfNow(status, more))
    },
  }
}
