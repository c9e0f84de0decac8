import { z } from 'zod'

import type { HttpRequester } from './http-request.ts'

/*
 * How a node does, as administrators see it. Answers are parsed, never taken on trust; fields that
 * this version does not know are dropped.
 */

const number = z.number()
const ms = z.number().nullable()

const spread = z.object({ count: number, p50_ms: ms, p95_ms: ms, p99_ms: ms })
const column = z.array(z.number().nullable())

const serviceLevelSchema = z.object({
  id: z.string(),
  name: z.string(),
  meaning: z.string(),
  runbook: z.string(),
  objective: number,
  within_ms: ms,
  window_days: number,
  share: z.number().nullable(),
  value_ms: ms,
  count: number,
  state: z.enum(['met', 'missed', 'unknown']),
})

export const dashboardSchema = z.object({
  at: z.string(),
  node: z.object({
    version: z.string(),
    revision: z.string(),
    environment: z.string(),
    uptime_seconds: number,
  }),
  health: z.object({
    status: z.string(),
    reasons: z.array(z.string()),
    checks: z.array(
      z.object({
        name: z.string(),
        status: z.string(),
        response_time_ms: number,
        error: z.string().nullable(),
      }),
    ),
  }),
  connections: z.object({
    sockets: number,
    people: number,
    event_requests: number,
    total: number,
    success_rate: number,
    handshakes: z.object({ welcome: number, refused: number, limited: number, failed: number }),
    welcome: spread,
    closes: z.array(z.object({ code: number, count: number })),
  }),
  delivery: z.object({
    committed: number,
    sent: number,
    acknowledged: number,
    replayed: number,
    subscribers: number,
    devices: number,
    gaps: number,
    resets: number,
    failures: number,
    sent_lag: spread,
    acknowledged_lag: spread,
    first_event: spread,
  }),
  runs: z.object({
    active: number,
    queued: number,
    completed: number,
    cancelled: number,
    failed: number,
    failures: z.array(z.object({ code: z.string(), count: number })),
    incomplete: number,
    take_overs: number,
    tokens: z.object({ in: number, out: number }),
    tools: z.array(z.object({ tool: z.string(), count: number, failed: number, p95_ms: ms })),
  }),
  responses: spread.extend({
    server_failures: number,
    slowest: z.array(spread.extend({ method: z.string(), route: z.string() })),
    upload_bytes: number,
  }),
  isolation: z.object({
    not_signed_in: number,
    not_allowed: number,
    absent_or_anothers: number,
    sockets_refused: number,
    bad_frames: number,
    limited: z.array(z.object({ limit: z.string(), count: number })),
  }),
  store: z.object({
    commit: spread,
    pending_commits: number,
    damage: number,
    in_use: z.number().nullable(),
    waiting: z.number().nullable(),
    leaked: z.number().nullable(),
    disk_free_bytes: z.number().nullable(),
    disk_size_bytes: z.number().nullable(),
  }),
  process: z.object({
    memory_bytes: z.number().nullable(),
    heap_bytes: z.number().nullable(),
    event_loop_p99_ms: ms,
    cpu_seconds: z.number().nullable(),
    open_files: z.number().nullable(),
    most_open_files: z.number().nullable(),
  }),
  service_levels: z.array(serviceLevelSchema),
  /** Of this node, since it began and at most an hour: one value each ten seconds. */
  history: z.object({
    at: z.array(z.string()),
    sockets: column,
    runs_per_minute: column,
    failures_per_minute: column,
    events_per_second: column,
    requests_per_second: column,
    delivery_p95_ms: column,
    first_event_p95_ms: column,
    api_p95_ms: column,
    event_loop_ms: column,
    memory_bytes: column,
  }),
})

export const breakerSchema = z.object({
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  state: z.enum(['CLOSED', 'OPEN', 'HALF_OPEN']),
  failure_count: number,
  success_count: number,
  last_failure_time: z.string().nullable(),
  next_attempt_time: z.string().nullable(),
  last_error: z.string().nullable(),
})

export const serviceModeSchema = z.object({
  level: z.enum(['full', 'no_tools', 'read_only', 'maintenance']),
  why: z.string().nullable(),
})

const chosenModeSchema = z.object({
  /** What holds. */
  mode: serviceModeSchema,
  /** All that keeps it from `full`, by what failed or who decided. */
  reasons: z.array(serviceModeSchema.extend({ by: z.string(), why: z.string() })),
})

const errorGroupSchema = z.object({
  fingerprint: z.string(),
  level: z.string(),
  message: z.string(),
  type: z.string().nullable(),
  code: z.string().nullable(),
  frames: z.array(z.string()),
  count: number,
  first_seen: z.string(),
  last_seen: z.string(),
  /** Of the newest one: it leads to the lines of the log. */
  sample_trace_id: z.string().nullable(),
})

const errorGroupsSchema = z.object({
  since: z.string(),
  total: number,
  /** Newest first. */
  groups: z.array(errorGroupSchema),
})

export type Dashboard = z.infer<typeof dashboardSchema>
export type ServiceLevel = z.infer<typeof serviceLevelSchema>
export type Breaker = z.infer<typeof breakerSchema>
export type ServiceMode = z.infer<typeof serviceModeSchema>
export type ChosenMode = z.infer<typeof chosenModeSchema>
export type ErrorGroups = z.infer<typeof errorGroupsSchema>

/**
 * How a node does, and what it may be told to do: for administrators.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class OperationsApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  dashboard(signal?: AbortSignal): Promise<Dashboard> {
    return this.#http.json(dashboardSchema, 'GET', '/api/admin/dashboard', { signal })
  }

  async breakers(signal?: AbortSignal): Promise<Breaker[]> {
    const schema = z.object({ breakers: z.array(breakerSchema) })
    const answer = await this.#http.json(schema, 'GET', '/api/admin/breakers', { signal })
    return answer.breakers
  }

  /** Closes it at once: the next call is tried. */
  resetBreaker(id: string): Promise<Breaker> {
    return this.#http.json(breakerSchema, 'POST', '/api/admin/breakers/reset', { body: { id } })
  }

  mode(signal?: AbortSignal): Promise<ChosenMode> {
    return this.#http.json(chosenModeSchema, 'GET', '/api/admin/mode', { signal })
  }

  /** What failures impose holds all the same. */
  setMode(mode: ServiceMode['level']): Promise<ChosenMode> {
    return this.#http.json(chosenModeSchema, 'PUT', '/api/admin/mode', { body: { mode } })
  }

  errors(signal?: AbortSignal): Promise<ErrorGroups> {
    return this.#http.json(errorGroupsSchema, 'GET', '/api/admin/errors', { signal })
  }
}
