import type { Config } from '../config/config.ts'
import type { Journal, JournalStatus } from '../journal/journal.ts'
import type { Breakers } from '../platform/breakers.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { ChosenLevel } from '../platform/recovery/chosen-level.ts'
import { RECOVERY } from '../platform/recovery/recovery-table.ts'
import { ServiceMode, type Reason } from '../platform/recovery/service-mode.ts'
import type { Spending } from '../spending/spending.ts'

/** What an administrator decided, and what failures make of it for as long as they last. */
export function openServiceMode(
  config: Config,
  parts: {
    journal: Journal
    breakers: Breakers
    clock: Clock
    logger: Logger
    metrics: Metrics
    spending: Spending
  },
): ServiceMode {
  const { journal, breakers, spending } = parts
  return new ServiceMode({
    ...parts,
    fromSettings: config.mode,
    chosen: new ChosenLevel(config.dataDir),
    imposed: () => [
      ...stopReason(spending),
      ...storeReason(journal.status()),
      ...toolReason(breakers),
    ],
  })
}

/** What is there can be read; nothing new is begun that an order would end at once. */
const stopReason = ({ orders }: Spending): Reason[] => {
  const order = orders.ofEveryone()
  if (!order) return []
  const why = `an administrator has stopped everything: ${order.why.replace(/\.$/, '')}`
  return [{ by: 'order', level: 'read_only', why }]
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
