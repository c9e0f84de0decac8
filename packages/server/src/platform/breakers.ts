import {
  createCircuitBreaker,
  type CircuitBreaker,
  type CircuitState,
  type CircuitStatus,
} from './circuit-breaker.ts'
import type { Clock } from './clock.ts'
import type { Count, Metrics } from './metrics.ts'

export const BREAKER_KINDS = ['model', 'tool', 'mcp', 'service'] as const
export type BreakerKind = (typeof BREAKER_KINDS)[number]

export interface BreakerReport extends CircuitStatus {
  /** `<kind>:<name>`, as `model:openai/gpt-4o`. */
  id: string
  kind: BreakerKind
  name: string
  last_error: string | null
}

/** Names come from callers: neither the map nor the metrics may grow for ever. */
const MOST_OF_A_KIND = 500
const MOST_NAMED_OF_A_KIND = 100
const OTHERS = 'other'

const LEVEL: Record<CircuitState, number> = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 }

interface Entry {
  kind: BreakerKind
  name: string
  /** In the metrics. */
  label: string
  breaker: CircuitBreaker
}

/**
 * Every circuit breaker of this process: around models, tools and services of others. What one node
 * has found out about a service is not told to the other nodes.
 */
export class Breakers {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  readonly #labels: Record<BreakerKind, Set<string>> = {
    model: new Set(),
    tool: new Set(),
    mcp: new Set(),
    service: new Set(),
  }
  readonly #opened: Count | undefined

  constructor(clock: Clock, metrics?: Metrics) {
    this.#clock = clock
    this.#opened = metrics?.counter(
      'netra_breaker_opened_total',
      'How often a circuit breaker opened.',
      ['kind', 'name'],
    )
    metrics?.gauge('netra_breaker_state', 'Circuit breakers: 0 closed, 1 trying, 2 open.', {
      labels: ['kind', 'name'],
      readEach: () => this.#levels(),
    })
  }

  /**
   * The breaker of that name; the first who asks decides when it opens. One whose name somebody made
   * up (`isMadeUp`) is among the others in the metrics: names there are kept for ever.
   */
  of(
    kind: BreakerKind,
    name: string,
    {
      isMadeUp = false,
      ...options
    }: { failures?: number; openMs?: number; isMadeUp?: boolean } = {},
  ): CircuitBreaker {
    const id = `${kind}:${name}`
    const known = this.#entries.get(id)
    if (known) {
      if (known.label === OTHERS && !isMadeUp) known.label = this.#labelOf(kind, name)
      return known.breaker
    }
    this.#forgetOne(kind)
    const breaker = createCircuitBreaker({
      clock: this.#clock,
      ...options,
      onOpened: () => this.#opened?.add({ kind, name: entry.label }),
    })
    const label = isMadeUp ? OTHERS : this.#labelOf(kind, name)
    const entry: Entry = { kind, name, label, breaker }
    this.#entries.set(id, entry)
    return breaker
  }

  /** Without making one: a name that nothing was called by has none. */
  find(kind: BreakerKind, name: string): CircuitBreaker | undefined {
    return this.#entries.get(`${kind}:${name}`)?.breaker
  }

  list(kind?: BreakerKind): BreakerReport[] {
    return [...this.#entries.values()]
      .filter((entry) => kind === undefined || entry.kind === kind)
      .map(reportOf)
  }

  /** Closes it; undefined when there is none of this id. */
  reset(id: string): BreakerReport | undefined {
    const entry = this.#entries.get(id)
    entry?.breaker.reset()
    return entry && reportOf(entry)
  }

  /** How many are in which state. */
  counts(): { closed: number; half_open: number; open: number } {
    const states = [...this.#entries.values()].map(({ breaker }) => breaker.status().state)
    const of = (state: CircuitState): number => states.filter((other) => other === state).length
    return { closed: of('CLOSED'), half_open: of('HALF_OPEN'), open: of('OPEN') }
  }

  /** Several may share a label; it shows the worst of them. */
  #levels(): { labels: Record<string, string>; value: number }[] {
    const worst = new Map<string, { labels: Record<string, string>; value: number }>()
    for (const { kind, label, breaker } of this.#entries.values()) {
      const value = LEVEL[breaker.status().state]
      const shown = worst.get(`${kind}:${label}`)
      if (shown === undefined || shown.value < value) {
        worst.set(`${kind}:${label}`, { labels: { kind, name: label }, value })
      }
    }
    return [...worst.values()]
  }

  #labelOf(kind: BreakerKind, name: string): string {
    const named = this.#labels[kind]
    if (named.has(name)) return name
    if (named.size >= MOST_NAMED_OF_A_KIND) return OTHERS
    named.add(name)
    return name
  }

  /** A closed breaker holds nothing of worth. */
  #forgetOne(kind: BreakerKind): void {
    const ofKind = [...this.#entries].filter(([, entry]) => entry.kind === kind)
    if (ofKind.length < MOST_OF_A_KIND) return
    const closed = ofKind.find(([, { breaker }]) => breaker.status().state === 'CLOSED')
    // When all are open, the oldest is forgotten: it is tried anew, no more.
    this.#entries.delete((closed ?? ofKind[0])?.[0] ?? '')
  }
}

const reportOf = ({ kind, name, breaker }: Entry): BreakerReport => ({
  id: `${kind}:${name}`,
  kind,
  name,
  ...breaker.status(),
  last_error: breaker.lastError,
})
