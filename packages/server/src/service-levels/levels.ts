/** Which samples of a metric count: all of these labels have one of these values. */
export type Only = Readonly<Record<string, readonly string[]>>

/** Where the share of good ones is read from. */
export type Source =
  /** Good is what took at most `withinMs`, which is one of the metric's buckets. */
  | { kind: 'duration'; metric: string; withinMs: number; routes?: readonly string[] }
  /** Good is what `good` lets through, of all that `of` lets through. */
  | { kind: 'share'; metric: string; good: Only; of: Only }

export type LevelId =
  | 'welcome_p99'
  | 'first_event_p99'
  | 'event_completion'
  | 'handshake_success'
  | 'api_p95'

/**
 * A promise about how well Netra serves people. All are stated alike, as a share of good ones, so
 * that one rule of arithmetic measures and alerts on each of them.
 */
export interface ServiceLevel {
  id: LevelId
  name: string
  /** 0 < objective < 1: the share that must be good. */
  objective: number
  /** Over which the objective holds; what burns faster than this window allows is alerted on. */
  windowDays: number
  source: Source
  /** What it means for people when it is missed. */
  meaning: string
  /** A page of docs/operate/runbooks/, without its ending. */
  runbook: string
}

export const SERVICE_LEVELS: readonly ServiceLevel[] = [
  {
    id: 'welcome_p99',
    name: 'Welcome',
    objective: 0.99,
    windowDays: 28,
    source: { kind: 'duration', metric: 'netra_welcome_ms', withinMs: 500 },
    meaning:
      'Whoever opens a page or comes back after a break waits longer until it is live; messages written meanwhile wait too.',
    runbook: 'welcome',
  },
  {
    id: 'first_event_p99',
    name: 'First event',
    objective: 0.99,
    windowDays: 28,
    source: { kind: 'duration', metric: 'netra_first_event_ms', withinMs: 1_000 },
    meaning:
      'After “Send” nothing seems to happen: the agent begins late, or its first sign arrives late.',
    runbook: 'first-event',
  },
  {
    id: 'event_completion',
    name: 'Event completion',
    objective: 0.999,
    windowDays: 28,
    source: {
      kind: 'share',
      metric: 'netra_run_events_total',
      good: { complete: ['yes'] },
      of: { complete: ['yes', 'no'] },
    },
    meaning:
      'An answer hangs without an end, a tool seems to run for ever, or a run ends twice: people cannot trust what they see.',
    runbook: 'event-completion',
  },
  {
    id: 'handshake_success',
    name: 'Handshake success',
    objective: 0.999,
    windowDays: 28,
    source: {
      kind: 'share',
      metric: 'netra_handshakes_total',
      good: { end: ['welcome'] },
      of: { end: ['welcome', 'limited', 'failed'] },
    },
    meaning:
      'People who may come in are turned away: pages keep saying “Connecting”, or fall back to slower requests.',
    runbook: 'handshake-success',
  },
  {
    id: 'api_p95',
    name: 'API response',
    objective: 0.95,
    windowDays: 28,
    source: {
      kind: 'duration',
      metric: 'netra_http_request_ms',
      withinMs: 250,
      routes: ['/api/', '/auth/'],
    },
    meaning:
      'Lists, settings, searches and uploads feel slow; programs that use the API run into their time limits.',
    runbook: 'api-latency',
  },
]
