import type { Config } from '../config/config.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { openTelemetry, type Telemetry } from '../telemetry/telemetry.ts'
import { REVISION, VERSION } from '../version.ts'

/** Telemetry of a process, as the settings say. */
export const openConfiguredTelemetry = (
  config: Config,
  parts: { clock: Clock; logger: Logger; metrics: Metrics },
): Promise<Telemetry> =>
  openTelemetry({
    settings: config.telemetry,
    otlpHeaders: config.secrets.otlpHeaders,
    sentryDsn: config.secrets.sentryDsn,
    environment: config.environment,
    version: VERSION,
    revision: REVISION,
    ...parts,
  })
