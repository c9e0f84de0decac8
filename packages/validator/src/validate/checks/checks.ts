import type { Check } from '../check.ts'
import { accountChecks } from './accounts.ts'
import { addressChecks } from './addresses.ts'
import { agentChecks } from './agents/agents.ts'
import { breakerChecks } from './breaker.ts'
import { cancelChecks } from './cancel.ts'
import { classicChecks } from './classic.ts'
import { conversationChecks } from './conversation/conversation.ts'
import { crowdChecks } from './crowd.ts'
import { errorChecks } from './errors.ts'
import { healthChecks } from './health.ts'
import { limitChecks } from './limits.ts'
import { networkChecks } from './network.ts'
import { resumeChecks } from './resume.ts'
import { securityChecks } from './security/security.ts'
import { streamChecks } from './stream/stream.ts'
import { threadChecks } from './threads.ts'

/** Every check, in the order in which they run: by group, in the order of `GROUPS`. */
export const CHECKS: readonly Check[] = [
  ...networkChecks,
  ...addressChecks,
  ...healthChecks,
  ...accountChecks,
  ...agentChecks,
  ...threadChecks,
  ...conversationChecks,
  ...classicChecks,
  ...resumeChecks,
  ...crowdChecks,
  ...streamChecks,
  ...cancelChecks,
  ...breakerChecks,
  ...errorChecks,
  ...limitChecks,
  ...securityChecks,
]
