import { setTimeout } from 'node:timers/promises'

import { openLogger } from '../compose/open-logger.ts'
import { loadConfig, type Config } from '../config/config.ts'
import { systemClock } from '../platform/clock.ts'
import { LastResort } from '../platform/recovery/last-resort.ts'
import { startServer, type RunningServer } from '../server.ts'
import type { Terminal } from './terminal.ts'
import { untilSignal } from './until-signal.ts'

const ASK_MS = 1_000

/** Serves until a signal; then drains and ends. A second signal ends at once. */
export async function start(_args: string[], { env, out, err }: Terminal): Promise<number> {
  // Chats, accounts and keys: what is written below the data folder is for this account alone.
  process.umask(0o077)
  const config = loadConfig(env)
  const logger = openLogger(config)
  const lastResort = new LastResort({ clock: systemClock, logger })
  const server = await startServer(config, { logger, lastResort })
  // Not before: a start that goes wrong ends.
  using catching = new DisposableStack()
  catching.use(lastResort.install())
  // Who reads that it is ready may end it at once.
  const asked = untilSignal()
  out(`Netra is ready at ${server.url}${await setupHint(server, config)}`)
  if (server.recovered > 0) err(`${server.recovered} interrupted run(s) taken up again`)
  await asked
  await server.drain({
    delayMs: config.drainDelaySeconds * 1_000,
    withinMs: config.drainSeconds * 1_000,
  })
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
