import { SERVICE_LEVELS } from './levels.ts'
import { goodShare, quantileQuery } from './queries.ts'

type Unit = 'short' | 'ms' | 's' | 'bytes' | 'percentunit' | 'reqps'

interface Chart {
  title: string
  unit: Unit
  /** Legend → PromQL. */
  lines: Readonly<Record<string, string>>
}

const quantiles = (metric: string, by = ''): Record<string, string> =>
  Object.fromEntries(
    [0.5, 0.95, 0.99].map((quantile) => [
      `${quantile * 100} %${by === '' ? '' : ` {{${by}}}`}`,
      `histogram_quantile(${quantile}, sum by (le${by === '' ? '' : `, ${by}`}) (rate(${metric}_bucket[$__rate_interval])))`,
    ]),
  )

const rate = (metric: string, by?: string): string =>
  `sum${by === undefined ? '' : ` by (${by})`} (rate(${metric}[$__rate_interval]))`

const CHARTS: readonly Chart[] = [
  {
    title: 'Open sockets and streams',
    unit: 'short',
    lines: { sockets: 'sum(netra_sockets)', 'without a socket': 'sum(netra_event_requests)' },
  },
  {
    title: 'Handshakes by their end',
    unit: 'reqps',
    lines: { '{{end}}': rate('netra_handshakes_total', 'end') },
  },
  { title: 'Welcome', unit: 'ms', lines: quantiles('netra_welcome_ms') },
  { title: 'First event', unit: 'ms', lines: quantiles('netra_first_event_ms') },
  {
    title: 'Runs now',
    unit: 'short',
    lines: { active: 'sum(netra_runs_active)', waiting: 'sum(netra_runs_queued)' },
  },
  {
    title: 'Runs that ended',
    unit: 'reqps',
    lines: { '{{outcome}}': rate('netra_run_ended_total', 'outcome') },
  },
  {
    title: 'Events',
    unit: 'reqps',
    lines: { '{{state}}': rate('netra_delivery_events_total', 'state') },
  },
  { title: 'Delivery', unit: 'ms', lines: quantiles('netra_delivery_lag_ms', 'to') },
  { title: 'Model calls', unit: 'ms', lines: quantiles('netra_model_call_ms', 'model') },
  {
    title: 'Model calls that failed',
    unit: 'reqps',
    lines: { '{{model}} {{kind}}': rate('netra_model_failures_total', 'model, kind') },
  },
  {
    title: 'Tool calls',
    unit: 'reqps',
    lines: { '{{tool}} {{status}}': rate('netra_tool_calls_total', 'tool, status') },
  },
  {
    title: 'Tokens',
    unit: 'reqps',
    lines: { '{{direction}}': rate('netra_model_tokens_total', 'direction') },
  },
  {
    title: 'Circuit breakers (0 closed, 1 trying, 2 open)',
    unit: 'short',
    lines: { '{{kind}} {{name}}': 'max by (kind, name) (netra_breaker_state)' },
  },
  { title: 'Responses', unit: 'ms', lines: quantiles('netra_http_request_ms') },
  {
    title: 'Requests by status',
    unit: 'reqps',
    lines: { '{{status}}': rate('netra_http_request_ms_count', 'status') },
  },
  {
    title: 'Refused because there was too much',
    unit: 'reqps',
    lines: { '{{limit}}': rate('netra_limited_total', 'limit') },
  },
  { title: 'Store: commits', unit: 'ms', lines: quantiles('netra_store_commit_ms') },
  { title: 'Disk free', unit: 'bytes', lines: { free: 'netra_disk_free_bytes' } },
  {
    title: 'Memory',
    unit: 'bytes',
    lines: { resident: 'process_resident_memory_bytes', heap: 'nodejs_heap_size_used_bytes' },
  },
  {
    title: 'Event loop, 99 %',
    unit: 's',
    lines: { '{{instance}}': 'nodejs_eventloop_lag_p99_seconds' },
  },
  {
    title: 'File descriptors',
    unit: 'short',
    lines: { open: 'process_open_fds', most: 'process_max_fds' },
  },
]

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }
const WIDTH = 24

const targetsOf = (lines: Chart['lines']) =>
  Object.entries(lines).map(([legendFormat, expr], index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: DATASOURCE,
    expr,
    legendFormat,
  }))

function levelPanels(top: number) {
  const width = Math.floor(WIDTH / SERVICE_LEVELS.length)
  return SERVICE_LEVELS.map((level, index) => ({
    id: index + 1,
    type: 'stat',
    title: level.name,
    description: level.meaning,
    datasource: DATASOURCE,
    gridPos: { x: index * width, y: top, w: width, h: 5 },
    fieldConfig: {
      defaults: {
        unit: 'percentunit',
        decimals: 2,
        noValue: 'no traffic',
        thresholds: {
          mode: 'absolute',
          steps: [
            { color: 'red', value: null },
            { color: 'green', value: level.objective },
          ],
        },
      },
      overrides: [],
    },
    targets: targetsOf({ good: goodShare(level, '$__range') }),
  }))
}

function chartPanel(chart: Chart, index: number, top: number) {
  return {
    id: 100 + index,
    type: 'timeseries',
    title: chart.title,
    datasource: DATASOURCE,
    gridPos: { x: (index % 3) * 8, y: top + Math.floor(index / 3) * 8, w: 8, h: 8 },
    fieldConfig: { defaults: { unit: chart.unit, min: 0 }, overrides: [] },
    targets: targetsOf(chart.lines),
  }
}

/** Objectives of time beside what they are measured by. */
function levelCharts(): Chart[] {
  return SERVICE_LEVELS.flatMap((level) => {
    const value = quantileQuery(level, '$__rate_interval')
    if (value === undefined || level.source.kind !== 'duration') return []
    const name = `${level.name}, ${Number((level.objective * 100).toFixed(3))} %`
    return [
      {
        title: name,
        unit: 'ms' as const,
        lines: { measured: value, promised: `vector(${level.source.withinMs})` },
      },
    ]
  })
}

/** A dashboard that Grafana imports; it asks for the data source. */
export function grafanaDashboard() {
  const charts = [...levelCharts(), ...CHARTS]
  return {
    title: 'Netra',
    uid: 'netra',
    editable: true,
    schemaVersion: 39,
    version: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' }],
    },
    annotations: { list: [] },
    panels: [...levelPanels(0), ...charts.map((chart, index) => chartPanel(chart, index, 5))],
  }
}

export const grafanaFile = (): string => `${JSON.stringify(grafanaDashboard(), undefined, 2)}\n`
