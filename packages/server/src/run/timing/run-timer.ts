import type { RunRow } from '../../journal/journal.ts'
import type { Clock } from '../../platform/clock.ts'
import {
  derivedSpanId,
  type EndedSpan,
  type SpanStatus,
  type SpanWatch,
  type Trace,
} from '../../platform/tracing.ts'
import { fewer } from './fewer-spans.ts'
import type { Facts, QueueWhy, StoredTimeline, TimelineSpan } from './timeline.ts'

/** A wait for the store that a person would notice is a span of its own. */
const SLOW_STORE_MS = 100

export interface TimerOptions {
  clock: Pick<Clock, 'now' | 'monotonic'>
  run: Pick<RunRow, 'id' | 'user_id' | 'trace_id' | 'created_at' | 'agent' | 'attempt'>
  /** What earlier attempts left. */
  earlier: StoredTimeline | undefined
  /** How long accepting the message waited for the store, where this process accepted it. */
  acceptedMs: number
  /** Why the run had to wait until now; undefined: it was taken up after an interruption. */
  waitedFor: QueueWhy | undefined
  /** Who else is told of spans. */
  watch: SpanWatch | undefined
}

/**
 * What the time of one run went to, noted while this process has it. Parts never count a moment
 * twice: what a model or tool call spends waiting for the store is the store's.
 */
export class RunTimer implements SpanWatch {
  readonly #options: TimerOptions
  readonly #spans: TimelineSpan[]
  readonly #facts: Facts
  readonly #parts: StoredTimeline['parts']
  /** Since the message, at the beginning of this attempt. */
  readonly #base: number
  readonly #from: number
  #storeMs = 0
  #storeWaits = 0
  #modelNames = new Map<string, number>()
  #toolNames = new Map<string, { ms: number; calls: number }>()
  #held = 0
  /** Calls that go on. */
  readonly #open = new Map<string, () => EndedSpan>()
  /** What the attempt's own span is called while others are made. */
  readonly trace: Trace

  constructor(options: TimerOptions) {
    this.#options = options
    const { clock, run, earlier, watch, acceptedMs } = options
    this.#from = clock.monotonic()
    this.#base = Math.max(earlier?.total ?? 0, clock.now() - Date.parse(run.created_at))
    this.#spans = earlier ? [...earlier.spans] : []
    this.#facts = earlier ? structuredClone(earlier.facts) : {}
    this.#parts = earlier
      ? { ...earlier.parts }
      : { queue_ms: 0, model_ms: 0, tool_ms: 0, store_ms: 0, other_ms: 0 }
    this.trace = {
      traceId: run.trace_id,
      spanId: derivedSpanId(run.id, run.attempt + 1),
      runId: run.id,
      userId: run.user_id,
      watch: this,
    }
    const accepting = earlier ? 0 : Math.min(acceptedMs, this.#base)
    if (accepting > 0) this.#stored(0, accepting, 'Storing the message')
    this.#waited(earlier?.total ?? accepting, this.#base, options.waitedFor)
    if (watch) this.#tellOfWait(watch)
  }

  get takesContent(): boolean {
    return this.#options.watch?.takesContent ?? false
  }

  /** Milliseconds since the message. */
  now(): number {
    return this.#base + this.#options.clock.monotonic() - this.#from
  }

  /** Waits for what goes into the store; the time is the store's, whatever goes on beside it. */
  async storing<Result>(work: Promise<Result>): Promise<Result> {
    const from = this.now()
    try {
      return await work
    } finally {
      this.stood(from)
    }
  }

  /** As `storing`, of a wait that began at `from`: once a piece of text, so without a promise more. */
  stood(from: number): void {
    const ms = this.now() - from
    this.#held += ms
    this.#stored(from, ms, 'Storing the answer')
  }

  began(spanId: string, soFar: () => EndedSpan): void {
    this.#open.set(spanId, soFar)
    this.#options.watch?.began?.(spanId, soFar)
  }

  ended(span: EndedSpan): void {
    this.#open.delete(span.spanId)
    this.#options.watch?.ended(span)
    if (span.kind !== 'model' && span.kind !== 'tool') return
    const end = this.now()
    const start = Math.max(0, end - span.durationMs)
    const own = Math.max(0, span.durationMs - span.heldMs)
    this.#parts[`${span.kind}_ms`] += own
    if (span.kind === 'tool') this.#noteTool(span, own)
    else if (!isWait(span)) this.#noteModel(span, own)
    this.#spans.push({
      id: span.spanId,
      parent_id: 'run',
      name: labelOf(span),
      kind: span.kind,
      start_ms: Math.round(start),
      duration_ms: Math.round(span.durationMs),
      status: span.status,
      detail: detailOf(span),
    })
  }

  heldMs(): number {
    return this.#held
  }

  /** As it is kept with the run. */
  stored(status: SpanStatus = 'ok'): StoredTimeline {
    const total = this.now()
    const { queue_ms, model_ms, tool_ms, store_ms } = this.#parts
    const other = Math.max(0, total - queue_ms - model_ms - tool_ms - store_ms)
    const agent = this.#options.run.agent ?? 'an agent'
    const spans: TimelineSpan[] = [
      {
        id: 'run',
        parent_id: null,
        name: `Answer of ${agent}`,
        kind: 'run',
        start_ms: 0,
        duration_ms: Math.round(total),
        status,
        detail: null,
      },
      ...this.#spans.filter(({ id }) => id !== 'run' && id !== 'store'),
    ]
    if (this.#storeWaits > 0) {
      spans.push({
        id: 'store',
        parent_id: 'run',
        name: 'Storing, in short waits',
        kind: 'store',
        start_ms: Math.round(total - this.#storeMs),
        duration_ms: Math.round(this.#storeMs),
        status: 'ok',
        detail: `${this.#storeWaits} waits, added up`,
      })
    }
    return {
      v: 1,
      total: rounded(total),
      parts: {
        queue_ms: rounded(queue_ms),
        model_ms: rounded(model_ms),
        tool_ms: rounded(tool_ms),
        store_ms: rounded(store_ms),
        other_ms: rounded(other),
      },
      facts: this.#facts,
      spans: fewer(spans),
    }
  }

  /** As `stored`, for somebody who asks meanwhile: what goes on counts as far as it has got. */
  soFar(): StoredTimeline {
    const stored = this.stored()
    const { parts } = stored
    const facts = structuredClone(stored.facts)
    const spans = [...stored.spans]
    for (const asOfNow of this.#open.values()) {
      const span = asOfNow()
      const { kind } = span
      if (kind !== 'model' && kind !== 'tool') continue
      const own = Math.max(0, span.durationMs - span.heldMs)
      const name = labelOf(span)
      // What was the longest so far may well be this one's before.
      if (kind === 'tool' && own >= parts.tool_ms) facts.tool = { name, calls: 1 }
      if (kind === 'model' && !isWait(span)) {
        const { calls = 0, firstMs = null, failed = 0, name: known = name } = facts.model ?? {}
        facts.model = { name: calls === 0 ? name : known, calls: calls + 1, firstMs, failed }
      }
      parts[`${kind}_ms`] = rounded(parts[`${kind}_ms`] + own)
      parts.other_ms = rounded(Math.max(0, parts.other_ms - own))
      spans.push({
        id: span.spanId,
        parent_id: 'run',
        name,
        kind,
        start_ms: Math.round(Math.max(0, stored.total - span.durationMs)),
        duration_ms: Math.round(span.durationMs),
        status: 'ok',
        detail: 'goes on',
      })
    }
    return { ...stored, parts, facts, spans }
  }

  /** As `stored`, after a last wait for the store that no call of `storing` was about. */
  storedWith(storeMs: number, status: SpanStatus): StoredTimeline {
    this.#stored(this.now() - storeMs, storeMs, 'Storing the end')
    return this.stored(status)
  }

  /** The attempt is over: its span is told of. */
  finished(status: SpanStatus): void {
    const { watch, run, clock } = this.#options
    if (!watch) return
    const durationMs = clock.monotonic() - this.#from
    watch.ended({
      traceId: this.trace.traceId,
      spanId: this.trace.spanId,
      parentId: derivedSpanId('accept', run.id),
      name: `invoke_agent ${run.agent ?? ''}`.trim(),
      kind: 'run',
      startedAt: clock.now() - durationMs,
      durationMs,
      heldMs: this.#held,
      status,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        ...(run.agent !== null && { 'gen_ai.agent.name': run.agent }),
        'netra.run.id': run.id,
        'netra.run.attempt': run.attempt + 1,
        'netra.run.store_ms': rounded(this.#parts.store_ms),
        'netra.run.queue_ms': rounded(this.#parts.queue_ms),
      },
    })
  }

  #waited(from: number, until: number, why: QueueWhy | undefined): void {
    const ms = Math.max(0, until - from)
    if (ms < 1) return
    if (why === undefined) {
      this.#facts.interrupted = (this.#facts.interrupted ?? 0) + ms
    } else {
      this.#parts.queue_ms += ms
      if (ms > (this.#facts.queue?.ms ?? 0)) this.#facts.queue = { why, ms: rounded(ms) }
    }
    this.#spans.push({
      id: `wait${this.#spans.length}`,
      parent_id: 'run',
      name: why === undefined ? 'Interrupted' : why === 'decision' ? 'Waiting for you' : 'Waiting',
      kind: why === undefined ? 'run' : 'queue',
      start_ms: Math.round(from),
      duration_ms: Math.round(ms),
      status: 'ok',
      detail: why === undefined ? 'the server that made this answer stopped' : DETAIL[why],
    })
  }

  #stored(from: number, ms: number, name: string): void {
    this.#parts.store_ms += ms
    if (ms < SLOW_STORE_MS) {
      this.#storeMs += ms
      if (ms >= 0.5) this.#storeWaits += 1
      return
    }
    this.#spans.push({
      id: `store${this.#spans.length}`,
      parent_id: 'run',
      name,
      kind: 'store',
      start_ms: Math.round(from),
      duration_ms: Math.round(ms),
      status: 'ok',
      detail: null,
    })
  }

  #noteModel(span: EndedSpan, ms: number): void {
    const name = String(span.attributes['netra.model'] ?? span.name)
    const all = (this.#modelNames.get(name) ?? 0) + ms
    this.#modelNames.set(name, all)
    const before = this.#facts.model
    const firstMs = span.firstMs ?? null
    const most = Math.max(...this.#modelNames.values())
    this.#facts.model = {
      name: all >= most ? name : (before?.name ?? name),
      calls: (before?.calls ?? 0) + 1,
      firstMs:
        firstMs === null ? (before?.firstMs ?? null) : rounded((before?.firstMs ?? 0) + firstMs),
      failed: (before?.failed ?? 0) + (span.status === 'error' ? 1 : 0),
    }
  }

  #noteTool(span: EndedSpan, ms: number): void {
    const name = String(span.attributes['gen_ai.tool.name'] ?? span.name)
    const before = this.#toolNames.get(name) ?? { ms: 0, calls: 0 }
    const now = { ms: before.ms + ms, calls: before.calls + 1 }
    this.#toolNames.set(name, now)
    const most = Math.max(...[...this.#toolNames.values()].map((each) => each.ms))
    if (now.ms >= most) this.#facts.tool = { name, calls: now.calls }
  }

  #tellOfWait(watch: SpanWatch): void {
    const { clock, run, waitedFor } = this.#options
    const ms = this.#parts.queue_ms
    if (waitedFor === undefined || ms < 1) return
    watch.ended({
      traceId: run.trace_id,
      spanId: derivedSpanId(run.id, run.attempt + 1, 'queue'),
      parentId: derivedSpanId('accept', run.id),
      name: 'wait for a turn',
      kind: 'queue',
      startedAt: clock.now() - ms,
      durationMs: ms,
      heldMs: 0,
      status: 'ok',
      attributes: { 'netra.run.id': run.id, 'netra.wait.why': waitedFor },
    })
  }
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10

const DETAIL: Record<QueueWhy, string> = {
  thread: 'an answer before it in this conversation',
  user: 'other answers of the same person',
  node: 'the server was busy',
  decision: 'a decision about a tool call',
  turn: 'its turn',
}

/** Between two tries of a model: its time, and no call of its own. */
const isWait = ({ attributes }: EndedSpan): boolean => attributes['netra.wait'] === true

const labelOf = ({ kind, name, attributes }: EndedSpan): string =>
  String((kind === 'model' ? attributes['netra.model'] : attributes['gen_ai.tool.name']) ?? name)

function detailOf({ kind, attributes, firstMs }: EndedSpan): string | null {
  if (kind === 'tool') return textOf(attributes['netra.tool.status'])
  const words = []
  if (firstMs !== undefined) words.push(`first word after ${Math.round(firstMs)} ms`)
  const [read, written] = [
    attributes['gen_ai.usage.input_tokens'],
    attributes['gen_ai.usage.output_tokens'],
  ]
  if (read !== undefined) words.push(`${String(read)} tokens read`)
  if (written !== undefined) words.push(`${String(written)} written`)
  const problem = attributes['error.type']
  if (problem !== undefined) words.push(`failed: ${String(problem)}`)
  return words.length === 0 ? null : words.join(', ')
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
