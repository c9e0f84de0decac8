import { SERVICE_LEVELS, type ServiceLevel } from './levels.ts'
import { goodShare } from './queries.ts'

export interface Alert {
  name: string
  expr: string
  /** How long it must hold, as `2m`. */
  for: string
  severity: 'page' | 'ticket'
  summary: string
  description: string
  /** A page of docs/operate/runbooks/, without its ending. */
  runbook: string
}

interface Burn {
  name: string
  /** So many times faster than the objective allows. */
  factor: number
  long: string
  short: string
  for: string
  severity: Alert['severity']
  words: string
}

/**
 * Two windows each, as in the SRE workbook: the long one says that it matters, the short one that it
 * still goes on. 14.4 times too fast uses up 2 % of 28 days' allowance in an hour.
 */
const BURNS: readonly Burn[] = [
  {
    name: 'Fast',
    factor: 14.4,
    long: '1h',
    short: '5m',
    for: '2m',
    severity: 'page',
    words: '14 times too fast',
  },
  {
    name: 'Slow',
    factor: 6,
    long: '6h',
    short: '30m',
    for: '15m',
    severity: 'page',
    words: '6 times too fast',
  },
  {
    name: 'Creeping',
    factor: 1,
    long: '3d',
    short: '6h',
    for: '1h',
    severity: 'ticket',
    words: 'faster than it may be',
  },
]

const camel = (id: string): string =>
  id.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

const plain = (value: number): string => String(Number(value.toPrecision(6)))

function burning(level: ServiceLevel): Alert[] {
  return BURNS.map((burn) => {
    // More than everything cannot go wrong: at 5 % allowed, 14.4 times is 72 %, and no more.
    const bad = plain(Math.min(0.99, burn.factor * (1 - level.objective)))
    const tooMany = (window: string): string => `(1 - ${goodShare(level, window)}) > ${bad}`
    return {
      name: `Netra${camel(level.id)}${burn.name}`,
      expr: `${tooMany(burn.long)} and ${tooMany(burn.short)}`,
      for: burn.for,
      severity: burn.severity,
      summary: `${level.name}: what may go wrong is used up ${burn.words}`,
      description: level.meaning,
      runbook: level.runbook,
    }
  })
}

/** What is wrong before people notice. */
const CONDITIONS: readonly Alert[] = [
  {
    name: 'NetraDiskLow',
    expr: 'netra_disk_free_bytes / netra_disk_size_bytes < 0.1',
    for: '10m',
    severity: 'ticket',
    summary: 'Less than 10 % of the data folder’s disk is free',
    description: 'When it is full, nothing new is accepted.',
    runbook: 'disk',
  },
  {
    name: 'NetraDiskAlmostFull',
    expr: 'netra_disk_free_bytes / netra_disk_size_bytes < 0.02 or netra_disk_free_bytes < 2e8',
    for: '1m',
    severity: 'page',
    summary: 'The disk of the data folder is almost full',
    description: 'Within minutes nothing new will be accepted.',
    runbook: 'disk',
  },
  {
    name: 'NetraBreakerOpen',
    expr: 'max by (kind, name) (netra_breaker_state) == 2',
    for: '5m',
    severity: 'ticket',
    summary: 'The circuit breaker of {{ $labels.kind }} {{ $labels.name }} is open',
    description: 'Calls are refused at once, or another model answers.',
    runbook: 'breaker-open',
  },
  {
    name: 'NetraEventLoopBusy',
    expr: 'nodejs_eventloop_lag_p99_seconds > 0.25',
    for: '5m',
    severity: 'ticket',
    summary: 'A node’s event loop waits longer than 250 ms',
    description: 'Everything on this node is slow, for everybody.',
    runbook: 'process',
  },
  {
    name: 'NetraOutOfDescriptors',
    expr: 'process_open_fds / process_max_fds > 0.9',
    for: '2m',
    severity: 'page',
    summary: 'More than 90 % of a node’s file descriptors are in use',
    description: 'Soon nobody can connect any more.',
    runbook: 'process',
  },
  {
    name: 'NetraJournalDamaged',
    expr: 'increase(netra_journal_damage_total[1h]) > 0',
    for: '0m',
    severity: 'page',
    summary: 'The journal holds less than it acknowledged',
    description: 'Something that people were told is stored is gone; all readers were told so.',
    runbook: 'journal-damage',
  },
  {
    name: 'NetraDeliveryFaults',
    expr: 'increase(netra_delivery_gaps_total[1h]) + increase(netra_delivery_failures_total[1h]) > 0',
    for: '0m',
    severity: 'ticket',
    summary: 'Events could not be delivered as they were stored',
    description: 'Readers were caught up, but something is wrong with a stream or the store.',
    runbook: 'event-completion',
  },
]

export const ALERTS: readonly Alert[] = [...SERVICE_LEVELS.flatMap(burning), ...CONDITIONS]

const text = (value: string): string => JSON.stringify(value)

/** The rules as Prometheus reads them. */
export function alertsFile(alerts: readonly Alert[] = ALERTS): string {
  const rules = alerts.map(
    (alert) => `      - alert: ${alert.name}
        expr: ${text(alert.expr)}
        for: ${alert.for}
        labels:
          severity: ${alert.severity}
        annotations:
          summary: ${text(alert.summary)}
          description: ${text(alert.description)}
          runbook: docs/operate/runbooks/${alert.runbook}.md`,
  )
  return `# Made by scripts/service-levels.ts from packages/server/src/service-levels/: change it there.
groups:
  - name: netra
    rules:
${rules.join('\n')}
`
}
