import type { Config } from './config/config.ts'
import type { Journal, JournalStatus } from './journal/journal.ts'
import type { Breakers } from './platform/breakers.ts'
import type { Clock } from './platform/clock.ts'
import type { Logger } from './platform/logger.ts'
import type { Metrics } from './platform/metrics.ts'
import { ChosenLevel } from './platform/recovery/chosen-level.ts'
import { RECOVERY } from './platform/recovery/recovery-table.ts'
import { ServiceMode, type Reason } from './platform/recovery/service-mode.ts'

/** What an administrator decided, and what failures make of it for as long as they last. */
export function openServiceMode(
  config: Config,
  parts: { journal: Journal; breakers: Breakers; clock: Clock; logger: Logger; metrics: Metrics },
): ServiceMode {
  const { journal, breakers } = parts
  return new ServiceMode({
    ...parts,
    fromSettings: config.mode,
    chosen: new ChosenLevel(config.dataDir),
    imposed: () => [...storeReason(journal.status()), ...toolReason(breakers)],
  })
}

const storeReason = ({ writable }: JournalStatus): Reason[] =>
  writable
    ? []
    : [
        {
          by: 'store',
          level: RECOVERY.store_unwritable.degradesTo,
          why: 'the store cannot be written, and /health says why',
        },
      ]

/** Once its time has come the next call tries again, so tools are back by themselves. */
const toolReason = (breakers: Breakers): Reason[] =>
  breakers.list('tool').some(({ state }) => state === 'OPEN')
    ? [
        {
          by: 'tools',
          level: RECOVERY.tool_unavailable.degradesTo,
          why: 'the process that tools run in cannot be started; an administrator finds the reason in the log',
        },
      ]
    : []
