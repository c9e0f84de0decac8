import type { Clock } from '../platform/clock.ts'
import { tapLogger, type Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { SpanWatch } from '../platform/tracing.ts'
import { ErrorGroups } from './error-groups.ts'
import { Outages } from './outages.ts'

export type { ErrorGroups }

/** What leaves this process for those who watch it, and what it keeps for its administrator. */
export interface Telemetry extends AsyncDisposable {
  /** Undefined where nobody wants spans: then none is made. */
  spans: SpanWatch | undefined
  errors: Pick<ErrorGroups, 'since' | 'list'>
}

export interface TelemetryOptions {
  settings: {
    addresses: { traces?: string; metrics?: string; logs?: string }
    timeoutMs: number
    resource: Record<string, string>
    sampledShare: number
    metricIntervalMs: number
    batchDelayMs: number
    hasContent: boolean
  }
  otlpHeaders: Record<string, string>
  sentryDsn: string | undefined
  environment: string
  version: string
  revision: string
  clock: Clock
  logger: Logger
  metrics: Metrics
}

const ERROR_LEVEL = 50
/** For what is still to be exported when the process ends; a collector that hangs holds nothing up. */
const LAST_WORDS_MS = 2_000

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, deadline])
  clearTimeout(timer)
}

/** What is not wanted is not even loaded. */
export async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { settings, clock, logger, metrics } = options
  const stack = new AsyncDisposableStack()
  const errors = new ErrorGroups(clock.now())
  const outages = new Outages(logger, metrics)
  const report = await errorReporter(options, { stack, outages })
  stack.defer(
    tapLogger(logger, ERROR_LEVEL, (record) => {
      const group = errors.add(record)
      report?.(group)
    }),
  )
  let spans: SpanWatch | undefined
  if (Object.keys(settings.addresses).length > 0) {
    const { openOtlp } = await import('./otlp.ts')
    const { otlpHeaders: headers, version } = options
    const resource = resourceOf(options)
    const otlp = openOtlp({
      ...settings,
      headers,
      resource,
      version,
      clock,
      logger,
      metrics,
      outages,
    })
    stack.use(otlp)
    spans = otlp.spans
  }
  return { spans, errors, [Symbol.asyncDispose]: () => within(LAST_WORDS_MS, stack.disposeAsync()) }
}

const resourceOf = ({ settings, environment, version, revision }: TelemetryOptions) => ({
  'service.version': version,
  'service.instance.id': `${process.pid}@${revision}`,
  'deployment.environment.name': environment,
  'telemetry.sdk.language': 'nodejs',
  'telemetry.sdk.name': 'netra',
  ...settings.resource,
})

async function errorReporter(
  { sentryDsn, clock, environment, version, revision, settings }: TelemetryOptions,
  { stack, outages }: { stack: AsyncDisposableStack; outages: Outages },
): Promise<((group: ReturnType<ErrorGroups['add']>) => void) | undefined> {
  if (sentryDsn === undefined) return undefined
  const [{ envelopeAddress, Sentry }, { HttpSender }] = await Promise.all([
    import('./sentry.ts'),
    import('./http-sender.ts'),
  ])
  const sender = stack.use(new HttpSender(envelopeAddress(sentryDsn), settings.timeoutMs))
  const release = `netra@${version}${revision === '' ? '' : `+${revision}`}`
  const sentry = new Sentry({ dsn: sentryDsn, sender, clock, release, environment })
  const underWay = new Set<Promise<void>>()
  stack.defer(async () => {
    await Promise.all(underWay)
  })
  return (group) => {
    const work = sentry
      .report(group)
      .then((sent) => {
        if (sent === undefined) return
        outages.count('errors', sent === 'sent' ? 'sent' : 'failed', 1)
        if (sent === 'sent') outages.over('errors')
        else outages.began('errors', 'the error tracker refused a report')
      })
      .catch((error: unknown) => {
        outages.count('errors', 'failed', 1)
        outages.began('errors', error instanceof Error ? error.message : String(error))
      })
      .finally(() => underWay.delete(work))
    underWay.add(work)
  }
}
