import { loadConfig } from '../config/config.ts'
import { createLogger, type Logger } from '../platform/logger.ts'
import { startServer } from '../server.ts'
import type { Terminal } from './terminal.ts'
import { untilSignal } from './until-signal.ts'

/** Serves until a signal; then drains and ends. A second signal ends at once. */
export async function start(_args: string[], { env, out, err }: Terminal): Promise<number> {
  // Chats, accounts and keys: what is written below the data folder is for this account alone.
  process.umask(0o077)
  const config = loadConfig(env)
  const logger = createLogger(config.logLevel)
  const server = await startServer(config, { logger })
  serveOn(logger)
  out(
    server.setupUrl === undefined
      ? `Netra is ready at ${server.url}`
      : `Netra is ready at ${server.url} — make the administrator's account: ${server.setupUrl}`,
  )
  if (server.recovered > 0) err(`${server.recovered} interrupted run(s) taken up again`)
  await untilSignal()
  await server[Symbol.asyncDispose]()
  return 0
}

/** The last resort: what one request or socket did wrong must not end everybody else's (S41). */
function serveOn(logger: Logger): void {
  process.on('uncaughtException', (error, origin) => {
    logger.fatal({ err: error, origin }, 'an error that nobody caught; serving on')
  })
}
