import { apiChecks } from './checks/api.ts'
import { conversationChecks } from './checks/conversation.ts'
import { healthChecks } from './checks/health.ts'
import { socketChecks } from './checks/socket.ts'
import { runChecks, type Check, type Result } from './runner.ts'

export { isReady, render } from './report.ts'
export type { Result } from './runner.ts'

const CHECKS: readonly Check[] = [
  ...healthChecks,
  ...apiChecks,
  ...socketChecks,
  ...conversationChecks,
]

/**
 * Asks a running Netra, by its public addresses alone, whether people can use it. Makes an account
 * for itself unless one is given.
 */
export const validate = (
  url: string,
  options: { account?: { email: string; password: string } } = {},
): Promise<Result[]> => runChecks(CHECKS, { url: url.replace(/\/$/, ''), ...options })
