import { STARTUP_CHECK_IDS, type StartupCheckId } from '../platform/startup-check-ids.ts'
import type { Settings } from './settings.ts'

const isName = (text: string): text is StartupCheckId =>
  STARTUP_CHECK_IDS.some((name) => name === text)

export const bypassed = ({ bypassStartupChecks }: Settings): StartupCheckId[] =>
  bypassStartupChecks.includes('all')
    ? [...STARTUP_CHECK_IDS]
    : bypassStartupChecks.filter((name) => isName(name))

export function bypassProblems({
  bypassStartupChecks,
  environment,
  publicUrl,
}: Pick<Settings, 'bypassStartupChecks' | 'environment' | 'publicUrl'>): string[] {
  const problems = bypassStartupChecks
    .filter((name) => name !== 'all' && !isName(name))
    .map(
      (name) =>
        `NETRA_BYPASS_STARTUP_CHECKS names "${name}", which is no start-up check; they are ${STARTUP_CHECK_IDS.join(', ')}, or all`,
    )
  if (environment === 'production' && bypassStartupChecks.length > 0) {
    problems.push(
      'NETRA_BYPASS_STARTUP_CHECKS is set and NETRA_ENV is production: what does not pass its checks must not serve people. Unset it, and do what the failed check says',
    )
  }
  // As for test users: an https address is where real people are, unless the operator denies it.
  const isPublic = publicUrl?.startsWith('https:') === true
  if (isPublic && environment === undefined && bypassStartupChecks.length > 0) {
    problems.push(
      'NETRA_BYPASS_STARTUP_CHECKS is set on a Netra with an https address: unset it, or set NETRA_ENV to staging or development if no real people use it',
    )
  }
  return problems
}
