import { brokenAccounts } from './accounts.ts'
import { brokenAddresses, brokenSecureAddresses } from './addresses.ts'
import { brokenAgents } from './agents.ts'
import { brokenClassic } from './classic.ts'
import { brokenConversation } from './conversation.ts'
import { brokenErrors, brokenLimits } from './errors.ts'
import { brokenHealth } from './health.ts'
import { brokenNetwork, brokenPlainName, brokenTls } from './network.ts'
import { brokenResume } from './resume.ts'
import { brokenBreaker, brokenCancel, brokenCrowd } from './runs.ts'
import { brokenSecureSecurity, brokenSecurity } from './security.ts'
import { brokenStream } from './stream.ts'
import { brokenThreads } from './threads.ts'

/** Every server that is broken in one way, as the tests of each group start them. */
export const BROKEN = [
  ...brokenNetwork,
  brokenPlainName,
  ...brokenTls,
  ...brokenAddresses,
  ...brokenSecureAddresses,
  ...brokenHealth,
  ...brokenAccounts,
  ...brokenAgents,
  ...brokenThreads,
  ...brokenConversation,
  ...brokenClassic,
  ...brokenResume,
  ...brokenCrowd,
  ...brokenStream,
  ...brokenCancel,
  ...brokenBreaker,
  ...brokenErrors,
  ...brokenLimits,
  ...brokenSecurity,
  ...brokenSecureSecurity,
]
