import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Count, Metrics } from '../platform/metrics.ts'

export interface HeardEvent {
  type: string
  /** The whole event as one JSON object. */
  payload: string
}

interface WatchedRun {
  /** Heard from its acceptance on, so that nothing of it can have been missed. */
  isWhole: boolean
  begun: boolean
  thought: boolean
  tools: Set<string>
  heardAt: number
  waits: boolean
}

const ENDS: ReadonlySet<string> = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])
const HEARD: ReadonlySet<string> = new Set([
  ...ENDS,
  'run_accepted',
  'run_attempt',
  'agent_started',
  'agent_thinking',
  'message_completed',
  'tool_executing',
  'tool_completed',
  'approval_requested',
  'approval_decided',
])
/** Longer than any tool or model may be silent. */
const SILENT_MS = 30 * 60_000
const LOOK_EVERY_MS = 60_000
const MOST_RUNS = 10_000
const MOST_ENDED = 2_000
const TOOL_BUCKETS_MS = [10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000]

interface Fields {
  run_id?: string
  tool_call_id?: string
  tool_name?: string
  status?: string
  duration_ms?: number
  usage?: { input_tokens?: number; output_tokens?: number }
  interrupted?: string[]
}

export interface RunWatchParts {
  clock: Clock
  logger: Logger
  metrics: Metrics
  /** Names that may be a label; a model may ask for any other. */
  tools: readonly string[]
  /** How many of these runs have no end yet, whichever process they are in. */
  countOpen: (runIds: readonly string[]) => Promise<number>
}

/**
 * Follows what the journal takes down about runs, and judges each run by it: whether it began before
 * it ended, whether each tool that began has ended, and whether it has exactly one end. What a run is
 * due is judged from outside, so that a fault in what executes runs cannot also be one in the count.
 */
export class RunWatch implements Disposable {
  readonly #clock: Clock
  readonly #tools: ReadonlySet<string>
  readonly #runs = new Map<string, WatchedRun>()
  readonly #ended = new Set<string>()
  readonly #judged: Count
  readonly #toolCalls: Count
  readonly #toolMs: ReturnType<Metrics['histogram']>
  readonly #tokens: Count
  readonly #countOpen: RunWatchParts['countOpen']
  readonly #logger: Logger
  #cancel = (): void => undefined

  constructor({ clock, logger, metrics, tools, countOpen }: RunWatchParts) {
    this.#logger = logger
    this.#countOpen = countOpen
    this.#clock = clock
    this.#tools = new Set(tools)
    this.#judged = metrics.counter(
      'netra_run_events_total',
      'Runs that ended, by whether all events that were due came and exactly one of them was an end.',
      ['complete'],
    )
    this.#toolCalls = metrics.counter('netra_tool_calls_total', 'Tool calls by how they ended.', [
      'tool',
      'status',
    ])
    this.#toolMs = metrics.histogram(
      'netra_tool_call_ms',
      'How long tool calls took.',
      TOOL_BUCKETS_MS,
      ['tool'],
    )
    this.#tokens = metrics.counter(
      'netra_model_tokens_total',
      'Tokens that models read and wrote.',
      ['direction'],
    )
    this.#lookLater()
  }

  /** To be told of every commit. */
  committed(events: readonly HeardEvent[]): void {
    for (const event of events) {
      if (HEARD.has(event.type)) this.#hear(event)
    }
  }

  [Symbol.dispose](): void {
    this.#cancel()
  }

  #hear({ type, payload }: HeardEvent): void {
    const fields = JSON.parse(payload) as Fields
    const id = fields.run_id
    if (typeof id !== 'string') return
    if (ENDS.has(type)) return this.#end(id)
    const run = this.#of(id)
    run.heardAt = this.#clock.monotonic()
    if (type === 'run_accepted') run.isWhole = true
    if (type === 'agent_started') run.begun = true
    if (type === 'agent_thinking') run.thought = true
    if (type === 'run_attempt') for (const call of fields.interrupted ?? []) run.tools.delete(call)
    if (type === 'approval_requested') run.waits = true
    if (type === 'approval_decided') run.waits = false
    if (type === 'tool_executing' && fields.tool_call_id) run.tools.add(fields.tool_call_id)
    if (type === 'tool_completed') this.#toolEnded(run, fields)
    if (type === 'message_completed') this.#used(fields)
  }

  #of(id: string): WatchedRun {
    const known = this.#runs.get(id)
    if (known) return known
    const run = {
      isWhole: false,
      begun: false,
      thought: false,
      tools: new Set<string>(),
      heardAt: 0,
      waits: false,
    }
    this.#runs.set(id, run)
    const [oldest] = this.#runs.keys()
    if (this.#runs.size > MOST_RUNS && oldest !== undefined) this.#runs.delete(oldest)
    return run
  }

  #toolEnded(run: WatchedRun, fields: Fields): void {
    if (fields.tool_call_id) run.tools.delete(fields.tool_call_id)
    const name = fields.tool_name ?? ''
    const tool = this.#tools.has(name) ? name : 'other'
    this.#toolCalls.add({ tool, status: fields.status ?? 'unknown' })
    if (fields.duration_ms !== undefined) this.#toolMs.observe(fields.duration_ms, { tool })
  }

  #used({ usage }: Fields): void {
    this.#tokens.add({ direction: 'in' }, usage?.input_tokens ?? 0)
    this.#tokens.add({ direction: 'out' }, usage?.output_tokens ?? 0)
  }

  #end(id: string): void {
    const run = this.#runs.get(id)
    this.#runs.delete(id)
    const isFirst = !this.#ended.has(id)
    this.#judged.add({ complete: isFirst && isComplete(run) ? 'yes' : 'no' })
    this.#ended.add(id)
    const [oldest] = this.#ended
    if (this.#ended.size > MOST_ENDED && oldest !== undefined) this.#ended.delete(oldest)
  }

  /** A run of which nothing was heard for so long has no end, unless another process ended it. */
  async #look(): Promise<void> {
    const now = this.#clock.monotonic()
    const silent = [...this.#runs].filter(
      ([, { waits, heardAt }]) => !waits && now - heardAt >= SILENT_MS,
    )
    for (const [id] of silent) this.#runs.delete(id)
    const open = silent.length === 0 ? 0 : await this.#countOpen(silent.map(([id]) => id))
    if (open > 0) this.#judged.add({ complete: 'no' }, open)
  }

  #lookLater(): void {
    this.#cancel = this.#clock.after(LOOK_EVERY_MS, () => {
      this.#look().then(
        () => this.#lookLater(),
        (error: unknown) => {
          this.#logger.warn({ err: error }, 'silent runs could not be looked at')
          this.#lookLater()
        },
      )
    })
  }
}

/** Of one that began in another process only what was heard here can be asked for. */
const isComplete = (run: WatchedRun | undefined): boolean =>
  run === undefined || (run.tools.size === 0 && (!run.isWhole || (run.begun && run.thought)))
