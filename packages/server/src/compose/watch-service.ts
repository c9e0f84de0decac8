import type { Config } from '../config/config.ts'
import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import { asId, type RunId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Runs } from '../run/run.ts'
import { addNodeNumbers } from '../service-levels/node-numbers.ts'
import {
  createServiceLevels,
  RunWatch,
  type ServiceLevels,
} from '../service-levels/service-levels.ts'

/** What is counted about this node as a whole, and how that compares with what was promised. */
export function watchService(
  stack: AsyncDisposableStack,
  parts: {
    config: Config
    clock: Clock
    logger: Logger
    metrics: Metrics
    journal: Journal
    runs: Runs
    tools: readonly { name: string }[]
  },
): ServiceLevels {
  const { config, metrics, journal, runs } = parts
  addNodeNumbers({
    metrics,
    dataDir: config.dataDir,
    runs: () => runs.status(),
    pendingCommits: () => journal.status().pendingCommits,
  })
  const watch = stack.use(
    new RunWatch({
      ...parts,
      tools: parts.tools.map(({ name }) => name),
      countOpen: async (heard) => {
        const runIds = heard.map((id) => asId<RunId>(id))
        const open = await journal.db
          .selectFrom('run')
          .select('id')
          .where('id', 'in', runIds)
          .where('state', 'in', ['queued', 'running'])
          .execute()
        return open.length
      },
    }),
  )
  stack.defer(journal.onCommitted((_stream, _first, events) => watch.committed(events)))
  return stack.use(createServiceLevels(parts))
}
