import { startAuth, type RunningAuth } from '../auth-process.ts'
import { openConfiguredAuth } from '../compose/open-auth.ts'
import { openLogger } from '../compose/open-logger.ts'
import { loadConfig } from '../config/config.ts'
import { systemClock } from '../platform/clock.ts'
import { LastResort } from '../platform/recovery/last-resort.ts'
import { requireAccounts } from './require-accounts.ts'
import type { Terminal } from './terminal.ts'
import { untilSignal } from './until-signal.ts'

const DEFAULT_PORT = '8083'
/** What a node would look for its auth service by. */
const ELSEWHERE = ['AUTH_SERVICE_URL']
export const AUTH_USAGE = 'usage: netra auth | netra auth rotate-keys [--compromised]'

/** `netra auth`: the auth service alone; `netra auth rotate-keys`: new signing keys for it. */
export async function auth(args: string[], terminal: Terminal): Promise<number> {
  const [verb, ...flags] = args
  if (verb === undefined) return serve(terminal)
  const isCompromised = flags[0] === '--compromised'
  if (verb !== 'rotate-keys' || flags.length > (isCompromised ? 1 : 0)) {
    terminal.err(AUTH_USAGE)
    return 2
  }
  return rotateKeys(isCompromised, terminal)
}

async function serve({ env, out }: Terminal): Promise<number> {
  // Accounts and keys: what is written below the data folder is for this account alone.
  process.umask(0o077)
  const config = loadConfig(env, { defaults: { PORT: DEFAULT_PORT }, without: ELSEWHERE })
  const logger = openLogger(config)
  const running = await startAuth(config, { logger })
  using catching = new DisposableStack()
  catching.use(new LastResort({ clock: systemClock, logger }).install())
  // Who reads that it is ready may end it at once.
  const asked = untilSignal()
  out(`Netra auth is ready at ${running.url}${setupHint(running)}`)
  await asked
  await running[Symbol.asyncDispose]()
  return 0
}

/** Without a known address there is no link: what listens at a guessed one must not get the token. */
function setupHint({ setup }: RunningAuth): string {
  if (setup === undefined) return ''
  if (setup.webUrl !== undefined) {
    return ` — make the administrator's account: ${setup.webUrl}/setup#token=${setup.token}`
  }
  return ` — make the administrator's account: open <address of the node>/setup#token=${setup.token} (NETRA_PUBLIC_URL, the address that people use, makes it a link)`
}

async function rotateKeys(isCompromised: boolean, { env, out }: Terminal): Promise<number> {
  const config = loadConfig(env, { without: ELSEWHERE })
  const logger = openLogger(config)
  requireAccounts(config.dataDir)
  const publicUrl = config.authPublicUrl ?? config.publicUrl ?? 'http://localhost'
  const opened = await openConfiguredAuth(config, {
    publicUrl,
    shared: false,
    clock: systemClock,
    logger,
  })
  try {
    await opened.signingKeys.rotate({ compromised: isCompromised })
    out(
      isCompromised
        ? 'There is a new signing key, and every access token made before has ended.'
        : 'There is a new signing key. It signs in ten minutes; tokens of the one before stay good until they end.',
    )
    return 0
  } finally {
    await opened[Symbol.asyncDispose]()
  }
}
