import type { Point } from '../../service-levels/service-levels.ts'
import type { GatewayParts } from '../parts.ts'
import { Numbers } from './dashboard-report.ts'
import type { Http } from './http.ts'

const SLOWEST = 8
const NAMES = [
  'netra_sockets',
  'netra_event_requests',
  'netra_handshakes_total',
  'netra_welcome_ms',
  'netra_closes_total',
  'netra_bad_frames_total',
  'netra_limited_total',
  'netra_delivery_events_total',
  'netra_delivery_replayed_events_total',
  'netra_delivery_gaps_total',
  'netra_delivery_resets_total',
  'netra_delivery_failures_total',
  'netra_delivery_unreadable_events_total',
  'netra_delivery_lag_ms',
  'netra_delivery_subscribers',
  'netra_delivery_devices',
  'netra_first_event_ms',
  'netra_runs_active',
  'netra_runs_queued',
  'netra_run_ended_total',
  'netra_run_events_total',
  'netra_run_take_overs_total',
  'netra_tool_calls_total',
  'netra_tool_call_ms',
  'netra_model_tokens_total',
  'netra_http_request_ms',
  'netra_http_failures_total',
  'netra_upload_bytes_total',
  'netra_store_commit_ms',
  'netra_store_pending_commits',
  'netra_store_in_use',
  'netra_store_waiting',
  'netra_store_leaked',
  'netra_journal_damage_total',
  'netra_disk_free_bytes',
  'netra_disk_size_bytes',
  'process_resident_memory_bytes',
  // Each of these measures what the next one tells.
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_eventloop_lag_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'process_cpu_user_seconds_total',
  'process_cpu_seconds_total',
  'process_open_fds',
  'process_max_fds',
] as const

/** How this node does, for administrators. All of it is of this process, since it began. */
export function addDashboardRoutes({ app, parts, admin }: Http): void {
  app.get('/api/admin/dashboard', async (request, reply) => {
    await admin(request)
    const [found, health, levels] = await Promise.all([
      parts.allMetrics.read(NAMES),
      parts.health.report(),
      parts.serviceLevels.report(),
    ])
    const numbers = new Numbers(found)
    return reply.header('cache-control', 'no-store').send({
      at: new Date(parts.clock.now()).toISOString(),
      node: {
        version: parts.version,
        revision: parts.revision,
        environment: parts.environment,
        uptime_seconds: health.uptimeSeconds,
      },
      health: {
        status: health.status,
        reasons: health.reasons,
        checks: Object.entries(health.checks).map(([name, check]) => ({
          name,
          status: check.status,
          response_time_ms: check.response_time_ms,
          error: check.error ?? null,
        })),
      },
      connections: connectionsOf(numbers, parts),
      delivery: deliveryOf(numbers),
      runs: runsOf(numbers),
      responses: responsesOf(numbers),
      isolation: isolationOf(numbers),
      store: storeOf(numbers),
      process: processOf(numbers),
      service_levels: levels,
      history: columnsOf(parts.serviceLevels.history()),
    })
  })
}

function connectionsOf(numbers: Numbers, { registry, metrics }: GatewayParts) {
  const handshakes = 'netra_handshakes_total'
  const people = new Set([...registry].map(({ userId }) => userId).filter(Boolean))
  return {
    sockets: numbers.sum('netra_sockets'),
    people: people.size,
    event_requests: numbers.sum('netra_event_requests'),
    total: registry.total,
    success_rate: metrics.successRate,
    handshakes: {
      welcome: numbers.sum(handshakes, { end: 'welcome' }),
      refused: numbers.sum(handshakes, { end: 'refused' }),
      limited: numbers.sum(handshakes, { end: 'limited' }),
      failed: numbers.sum(handshakes, { end: 'failed' }),
    },
    welcome: numbers.spread('netra_welcome_ms'),
    closes: numbers
      .by('netra_closes_total', 'code')
      .map(({ key, count }) => ({ code: Number(key), count })),
  }
}

function deliveryOf(numbers: Numbers) {
  const events = 'netra_delivery_events_total'
  return {
    committed: numbers.sum(events, { state: 'committed' }),
    sent: numbers.sum(events, { state: 'sent' }),
    acknowledged: numbers.sum(events, { state: 'acknowledged' }),
    replayed: numbers.sum('netra_delivery_replayed_events_total'),
    subscribers: numbers.sum('netra_delivery_subscribers'),
    devices: numbers.sum('netra_delivery_devices'),
    gaps: numbers.sum('netra_delivery_gaps_total'),
    resets: numbers.sum('netra_delivery_resets_total'),
    failures:
      numbers.sum('netra_delivery_failures_total') +
      numbers.sum('netra_delivery_unreadable_events_total'),
    sent_lag: numbers.spread('netra_delivery_lag_ms', { to: 'sent' }),
    acknowledged_lag: numbers.spread('netra_delivery_lag_ms', { to: 'acknowledged' }),
    first_event: numbers.spread('netra_first_event_ms'),
  }
}

function runsOf(numbers: Numbers) {
  const ended = numbers.by('netra_run_ended_total', 'outcome')
  const countOf = (outcome: string): number => ended.find(({ key }) => key === outcome)?.count ?? 0
  const failures = ended.filter(({ key }) => key !== 'completed' && key !== 'cancelled')
  return {
    active: numbers.sum('netra_runs_active'),
    queued: numbers.sum('netra_runs_queued'),
    completed: countOf('completed'),
    cancelled: countOf('cancelled'),
    failed: failures.reduce((total, { count }) => total + count, 0),
    failures: failures.map(({ key, count }) => ({ code: key, count })),
    incomplete: numbers.sum('netra_run_events_total', { complete: 'no' }),
    take_overs: numbers.sum('netra_run_take_overs_total'),
    tokens: {
      in: numbers.sum('netra_model_tokens_total', { direction: 'in' }),
      out: numbers.sum('netra_model_tokens_total', { direction: 'out' }),
    },
    tools: numbers.by('netra_tool_calls_total', 'tool').map(({ key, count }) => ({
      tool: key,
      count,
      failed: count - numbers.sum('netra_tool_calls_total', { tool: key, status: 'ok' }),
      p95_ms: numbers.spread('netra_tool_call_ms', { tool: key }).p95_ms,
    })),
  }
}

function responsesOf(numbers: Numbers) {
  return {
    ...numbers.spread('netra_http_request_ms'),
    server_failures: numbers.sum('netra_http_failures_total'),
    slowest: numbers.slowest('netra_http_request_ms', SLOWEST),
    upload_bytes: numbers.sum('netra_upload_bytes_total'),
  }
}

/** What was not let through. Another's thing and no thing look alike, also here. */
function isolationOf(numbers: Numbers) {
  const withStatus = (status: string): number =>
    numbers.spread('netra_http_request_ms', { status }).count
  return {
    not_signed_in: withStatus('401'),
    not_allowed: withStatus('403'),
    absent_or_anothers: withStatus('404'),
    sockets_refused: numbers.sum('netra_handshakes_total', { end: 'refused' }),
    bad_frames: numbers.sum('netra_bad_frames_total'),
    limited: numbers
      .by('netra_limited_total', 'limit')
      .map(({ key, count }) => ({ limit: key, count })),
  }
}

function storeOf(numbers: Numbers) {
  return {
    commit: numbers.spread('netra_store_commit_ms'),
    pending_commits: numbers.sum('netra_store_pending_commits'),
    damage: numbers.sum('netra_journal_damage_total'),
    in_use: numbers.level('netra_store_in_use'),
    waiting: numbers.level('netra_store_waiting'),
    leaked: numbers.level('netra_store_leaked'),
    disk_free_bytes: numbers.level('netra_disk_free_bytes'),
    disk_size_bytes: numbers.level('netra_disk_size_bytes'),
  }
}

function processOf(numbers: Numbers) {
  const loop = numbers.level('nodejs_eventloop_lag_p99_seconds')
  return {
    memory_bytes: numbers.level('process_resident_memory_bytes'),
    heap_bytes: numbers.level('nodejs_heap_size_used_bytes'),
    event_loop_p99_ms: loop === null ? null : Math.round(loop * 10_000) / 10,
    cpu_seconds: numbers.level('process_cpu_seconds_total'),
    open_files: numbers.level('process_open_fds'),
    most_open_files: numbers.level('process_max_fds'),
  }
}

const rounded = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 10) / 10

/** One list for each line of a chart: an hour of it is asked for every other second. */
function columnsOf(points: readonly Point[]) {
  const column = (name: Exclude<keyof Point, 'at'>) => points.map((point) => rounded(point[name]))
  return {
    at: points.map(({ at }) => at),
    sockets: column('sockets'),
    runs_per_minute: column('runs_per_minute'),
    failures_per_minute: column('failures_per_minute'),
    events_per_second: column('events_per_second'),
    requests_per_second: column('requests_per_second'),
    delivery_p95_ms: column('delivery_p95_ms'),
    first_event_p95_ms: column('first_event_p95_ms'),
    api_p95_ms: column('api_p95_ms'),
    event_loop_ms: column('event_loop_ms'),
    memory_bytes: column('memory_bytes'),
  }
}
