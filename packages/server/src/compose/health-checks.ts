import { existsSync } from 'node:fs'
import { join } from 'node:path'

import type { Config } from '../config/config.ts'
import { diskHealth } from '../health/disk.ts'
import type { HealthCheck } from '../health/health.ts'
import type { Journal } from '../journal/journal.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { LastResort } from '../platform/recovery/last-resort.ts'
import type { IdentitySource } from './identity-source.ts'

/** What `/health` asks of each part; degraded is what people can still use. */
export function healthChecks(parts: {
  journal: Journal
  source: IdentitySource
  webFolder: string
  config: Config
  lastResort: LastResort | undefined
}): Record<string, HealthCheck> {
  const { journal, source, webFolder, config, lastResort } = parts
  return {
    backend: {
      async run() {
        const { writable, problem } = journal.status()
        if (!writable) throw new Error(problem ?? 'the journal cannot be written')
        await journal.query({ sql: 'select 1 as one', parameters: [] })
        return undefined
      },
      details: () => ({ pool: poolShown(journal) }),
    },
    auth: {
      async run() {
        await source.check()
        return undefined
      },
      details: source.details,
    },
    frontend: {
      async run() {
        if (config.webPublicUrl === undefined && !existsSync(join(webFolder, 'index.html'))) {
          throw new Error('the web app is not built; run: npm run build --workspace @netra/web')
        }
        return undefined
      },
    },
    disk: diskHealth(config.dataDir),
    process: {
      run: async () => lastResort?.problem(),
      details: () => ({ uncaught_errors: lastResort?.total ?? 0 }),
    },
  }
}

function poolShown(journal: Journal) {
  const { inUse = 0, waiting = 0, leaked = 0, size = 0 } = journal.status().pool ?? {}
  return { in_use: inUse, waiting, leaked, size }
}

export function measureStore(metrics: Metrics, journal: Journal): void {
  const measure = (name: string, help: string, read: () => number): void => {
    metrics.gauge(name, help, { read })
  }
  measure(
    'netra_store_in_use',
    'Readers and writers of the store at work.',
    () => poolShown(journal).in_use,
  )
  measure(
    'netra_store_waiting',
    'Requests that wait for the store.',
    () => poolShown(journal).waiting,
  )
  measure(
    'netra_store_leaked',
    'Connections and requests of the store that were never given back.',
    () => poolShown(journal).leaked,
  )
}
