import type { Config } from '../config/config.ts'
import { createLogger, type Logger } from '../platform/logger.ts'
import { VERSION } from '../version.ts'

/** The log of a process, as the settings say. */
export const openLogger = ({ logLevel, telemetry }: Config): Logger =>
  createLogger(logLevel, process.stderr, {
    format: telemetry.logFormat,
    service: {
      name: telemetry.service,
      version: VERSION,
      project: telemetry.googleProject,
    },
  })
