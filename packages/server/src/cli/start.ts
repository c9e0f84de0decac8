import { setTimeout } from 'node:timers/promises'

import { loadConfig, type Config } from '../config/config.ts'
import { createLogger, type Logger } from '../platform/logger.ts'
import { startServer, type RunningServer } from '../server.ts'
import type { Terminal } from './terminal.ts'
import { untilSignal } from './until-signal.ts'

const ASK_MS = 1_000

/** Serves until a signal; then drains and ends. A second signal ends at once. */
export async function start(_args: string[], { env, out, err }: Terminal): Promise<number> {
  // Chats, accounts and keys: what is written below the data folder is for this account alone.
  process.umask(0o077)
  const config = loadConfig(env)
  const logger = createLogger(config.logLevel)
  const server = await startServer(config, { logger })
  serveOn(logger)
  out(`Netra is ready at ${server.url}${await setupHint(server, config)}`)
  if (server.recovered > 0) err(`${server.recovered} interrupted run(s) taken up again`)
  await untilSignal()
  await server[Symbol.asyncDispose]()
  return 0
}

async function setupHint(
  { setupUrl, setupRequiredElsewhere }: RunningServer,
  { authServiceUrl }: Config,
): Promise<string> {
  if (setupUrl !== undefined) return ` — make the administrator's account: ${setupUrl}`
  if (authServiceUrl === undefined) return ''
  // A node is ready whether or not the service is there: who is not told now finds it on the page.
  const isRequired = await Promise.race([
    setupRequiredElsewhere().catch(() => false),
    setTimeout(ASK_MS, false, { ref: false }),
  ])
  return isRequired
    ? ` — there is no administrator yet: netra auth at ${authServiceUrl} printed the link that makes one when it started`
    : ''
}

/** The last resort: what one request or socket did wrong must not end everybody else's (S41). */
function serveOn(logger: Logger): void {
  process.on('uncaughtException', (error, origin) => {
    logger.fatal({ err: error, origin }, 'an error that nobody caught; serving on')
  })
}
