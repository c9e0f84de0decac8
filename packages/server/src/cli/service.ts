import type { Auth } from '../auth/auth.ts'
import { openConfiguredAuth } from '../compose/open-auth.ts'
import { loadConfig } from '../config/config.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { requireAccounts } from './require-accounts.ts'
import type { Terminal } from './terminal.ts'

export const SERVICE_USAGE = `usage: netra service add <name>
       netra service rotate <name> [--now]
       netra service list
       netra service revoke <name>`

/** Which other programs may ask the auth service; for whoever owns its data folder. */
export async function service(args: string[], terminal: Terminal): Promise<number> {
  const [verb = '', name = '', ...flags] = args
  const isWellFormed =
    verb === 'list'
      ? name === ''
      : name !== '' && (flags.length === 0 || (verb === 'rotate' && flags.join() === '--now'))
  if (!isWellFormed || !['add', 'rotate', 'list', 'revoke'].includes(verb)) {
    terminal.err(SERVICE_USAGE)
    return 2
  }
  const config = loadConfig(terminal.env, { without: ['AUTH_SERVICE_URL'] })
  requireAccounts(config.dataDir, verb === 'add')
  const auth = await openConfiguredAuth(config, {
    publicUrl: config.authPublicUrl ?? config.publicUrl ?? 'http://localhost',
    shared: false,
    clock: systemClock,
    logger: createLogger(config.logLevel),
  })
  try {
    return carryOut(auth, { verb, name, isNow: flags.length > 0 }, terminal)
  } finally {
    await auth[Symbol.asyncDispose]()
  }
}

function carryOut(
  { services }: Auth,
  { verb, name, isNow }: { verb: string; name: string; isNow: boolean },
  { out, err }: Terminal,
): number {
  if (verb === 'list') {
    for (const { id, revoked, secrets, scopes } of services.list()) {
      const state = revoked ? 'revoked' : `${secrets.length} secret(s)`
      out(`${id.padEnd(20)} ${state.padEnd(12)} ${scopes.join(' ')}`)
    }
    return 0
  }
  if (verb === 'revoke') {
    if (!services.revoke(name)) {
      err(`netra: there is no service "${name}".`)
      return 1
    }
    out(`"${name}" may ask nothing any more; its tokens have ended.`)
    return 0
  }
  const { secret } =
    verb === 'add' ? services.add(name) : services.rotate(name, isNow ? 0 : undefined)
  out(`NETRA_SERVICE_ID=${name}`)
  out(`NETRA_SERVICE_SECRET=${secret}`)
  err(
    verb === 'add'
      ? 'This is the only time the secret is shown.'
      : isNow
        ? 'The secret before, and its tokens, have ended.'
        : 'The secret before stays good for 24 hours.',
  )
  return 0
}
