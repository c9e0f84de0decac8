import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { EMPTY, quantileOf, since, tallyOf, type Tally } from './distribution.ts'
import { History, type Point } from './history.ts'
import { SERVICE_LEVELS, type LevelId, type ServiceLevel } from './levels.ts'

export { quantileOf, tallyOf, type Tally } from './distribution.ts'
export { measureModelCalls } from './model-calls.ts'
export { RunWatch } from './run-watch.ts'
export type { Point } from './history.ts'

const SAMPLE_EVERY_MS = 10_000
const WINDOW_MS = 60 * 60_000
/** One more than fits, so that a whole window lies between the first and the last. */
const MOST_SAMPLES = WINDOW_MS / SAMPLE_EVERY_MS + 1

export interface MeasuredLevel {
  id: LevelId
  name: string
  meaning: string
  /** A page of docs/operate/runbooks/. */
  runbook: string
  /** The share that must be good. */
  objective: number
  /** Of a duration: what counts as good. */
  within_ms: number | null
  window_days: number
  /** Of the last hour, or of the time since this process began; null when there was nothing. */
  share: number | null
  /** Of a duration: what the objective's share stayed below. */
  value_ms: number | null
  /** How many were measured. */
  count: number
  state: 'met' | 'missed' | 'unknown'
}

export interface ServiceLevels extends Disposable {
  report(): Promise<MeasuredLevel[]>
  /** Oldest first: at most one hour, one point each ten seconds. */
  history(): readonly Point[]
}

type Tallies = ReadonlyMap<LevelId, Tally>

/**
 * Measures this process against the service levels, over the last hour. It holds a bounded number of
 * samples and reads the same metrics as Prometheus does, so that page and alerts cannot disagree.
 */
export function createServiceLevels(parts: {
  clock: Clock
  logger: Logger
  metrics: Metrics
}): ServiceLevels {
  const { clock, logger, metrics } = parts
  const samples: Tallies[] = []
  const history = new History(clock, MOST_SAMPLES)
  const names = [
    ...new Set([...SERVICE_LEVELS.map(({ source }) => source.metric), ...History.NAMES]),
  ]
  const targets = metrics.gauge('netra_service_level_target', 'The share that must be good.', {
    labels: ['level'],
  })
  const shares = metrics.gauge(
    'netra_service_level_ratio',
    'The share that was good in the last hour of this process; absent while there was nothing.',
    { labels: ['level'] },
  )
  for (const { id, objective } of SERVICE_LEVELS) targets.set(objective, { level: id })
  let cancel: (() => void) | undefined
  let closed = false

  const measured = (now: Tallies): MeasuredLevel[] =>
    SERVICE_LEVELS.map((level) => {
      const tally = now.get(level.id) ?? EMPTY
      return measure(level, since(tally, samples[0]?.get(level.id) ?? EMPTY))
    })

  async function sample(): Promise<void> {
    const found = await metrics.read(names)
    const now = talliesOf(found)
    // Of the first hour all counts, from the start of the process on.
    if (samples.length === 0) samples.push(new Map())
    samples.push(now)
    if (samples.length > MOST_SAMPLES) samples.shift()
    history.add(found)
    for (const { id, share } of measured(now)) if (share !== null) shares.set(share, { level: id })
  }

  function later(): void {
    cancel = clock.after(SAMPLE_EVERY_MS, () => {
      sample()
        .catch((error: unknown) => logger.warn({ err: error }, 'service levels were not measured'))
        .finally(() => {
          if (!closed) later()
        })
    })
  }

  later()
  return {
    report: async () => measured(talliesOf(await metrics.read(names))),
    history: () => history.points,
    [Symbol.dispose]() {
      closed = true
      cancel?.()
    },
  }
}

const talliesOf = (found: Awaited<ReturnType<Metrics['read']>>): Tallies =>
  new Map(
    SERVICE_LEVELS.map((level) => [level.id, tallyOf(level, found.get(level.source.metric) ?? [])]),
  )

function measure(level: ServiceLevel, tally: Tally): MeasuredLevel {
  const { id, name, meaning, runbook, objective, windowDays, source } = level
  const share = tally.all === 0 ? null : tally.good / tally.all
  return {
    id,
    name,
    meaning,
    runbook,
    objective,
    within_ms: source.kind === 'duration' ? source.withinMs : null,
    window_days: windowDays,
    share,
    value_ms: source.kind === 'duration' ? quantileOf(tally, objective) : null,
    count: tally.all,
    state: stateOf(level, tally),
  }
}

/**
 * A slow one of five says nothing about one in a hundred: a duration is judged once there are so many
 * that one slow one alone is allowed. What must never fail is missed with the first that does.
 */
function stateOf(
  { objective, source }: ServiceLevel,
  { good, all }: Tally,
): MeasuredLevel['state'] {
  const least = source.kind === 'duration' ? Math.round(1 / (1 - objective)) : 1
  if (all < least) return 'unknown'
  return good / all >= objective ? 'met' : 'missed'
}
