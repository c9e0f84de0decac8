import type { Access } from '../access/access.ts'
import type { Files } from '../files/files.ts'
import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { RateLimit } from '../platform/rate-limit.ts'
import type { ServiceMode } from '../platform/recovery/service-mode.ts'
import type { Runs } from '../run/run.ts'
import type { Spending } from '../spending/spending.ts'

/** What commands work with. */
export interface CommandParts {
  access: Access
  files: Files
  journal: Journal
  runs: Runs
  clock: Clock
  /** Says when it is enough; without it nothing is. */
  spending?: Spending
  /** What a turn has to do with language models; unless given, one is needed and named. */
  modelUse?: (agent: string, model: string) => { isNeeded: boolean; isNamed: boolean }
  /** Messages per user; asked after idempotency. */
  messageRate: RateLimit
  /** What else ends when a person leaves; it may not fail, and does not keep them. */
  leaving?: (userId: UserId) => Promise<void>
  /** Whether anything new is taken; always, unless given. */
  mode?: Pick<ServiceMode, 'writing'>
}
