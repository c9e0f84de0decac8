import type { Settings } from './settings.ts'

/** What leaves this process for those who watch it. */
export interface TelemetryConfig {
  logFormat: NonNullable<Settings['logFormat']>
  service: string
  googleProject: string | undefined
  /** Of an OpenTelemetry collector; a kind of data without an address is not exported. */
  addresses: { traces?: string; metrics?: string; logs?: string }
  timeoutMs: number
  /** Of all that is exported. */
  resource: Record<string, string>
  /** 0 to 1. */
  sampledShare: number
  metricIntervalMs: number
  batchDelayMs: number
  /** What people and models say goes with the spans. */
  hasContent: boolean
}

export function telemetryOf(settings: Settings): TelemetryConfig {
  const { googleService } = settings
  const service = settings.otelServiceName ?? googleService ?? 'netra'
  return {
    logFormat: settings.logFormat ?? (googleService === undefined ? 'json' : 'google'),
    service,
    googleProject: settings.googleProject,
    addresses: settings.otelDisabled ? {} : addressesOf(settings),
    timeoutMs: settings.otlpTimeoutMs,
    resource: { ...pairsOf(settings.otelResourceAttributes), 'service.name': service },
    sampledShare: shareOf(settings),
    metricIntervalMs: settings.otelMetricInterval,
    batchDelayMs: settings.otelBatchDelay,
    hasContent: settings.otelContent,
  }
}

function addressesOf({
  otlpEndpoint,
  otlpTracesEndpoint,
  otlpMetricsEndpoint,
  otlpLogsEndpoint,
}: Settings): TelemetryConfig['addresses'] {
  const at = (path: string): string | undefined => otlpEndpoint && below(otlpEndpoint, path)
  const traces = otlpTracesEndpoint ?? at('v1/traces')
  const metrics = otlpMetricsEndpoint ?? at('v1/metrics')
  const logs = otlpLogsEndpoint ?? at('v1/logs')
  return {
    ...(traces !== undefined && { traces }),
    ...(metrics !== undefined && { metrics }),
    ...(logs !== undefined && { logs }),
  }
}

function below(base: string, path: string): string {
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${path}`
  return url.href
}

function shareOf({ otelTracesSampler, otelTracesSamplerArg }: Settings): number {
  if (otelTracesSampler.endsWith('always_off')) return 0
  return otelTracesSampler.endsWith('traceidratio') ? otelTracesSamplerArg : 1
}

/** `name=value,name=value`, values percent-encoded, as OpenTelemetry's variables are written. */
export function pairsOf(text = ''): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, at)).trim()
    return name === '' ? [] : [[name, decoded(pair.slice(at + 1).trim())] as const]
  })
  return Object.fromEntries(pairs)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
