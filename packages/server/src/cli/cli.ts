import { ConfigError } from '../config/config.ts'
import { admin } from './admin.ts'
import { auth } from './auth.ts'
import { printConfig } from './config.ts'
import { service } from './service.ts'
import { start } from './start.ts'
import type { Terminal } from './terminal.ts'
import { web } from './web.ts'

const COMMANDS: Record<
  string,
  { help: string; run: (args: string[], terminal: Terminal) => Promise<number> }
> = {
  start: { help: 'start the server (the default)', run: start },
  admin: {
    help: 'admin create|list|promote|disable|reset-password <email>, and more: see netra admin',
    run: admin,
  },
  web: { help: 'the web app alone, when it has a host of its own (NETRA_WEB_URL)', run: web },
  auth: {
    help: 'the auth service alone, on port 8083; auth rotate-keys: new signing keys',
    run: auth,
  },
  service: {
    help: 'service add|rotate|revoke <name>, service list: programs that may ask the auth service',
    run: service,
  },
  config: { help: 'show every setting, its value and where it comes from', run: printConfig },
}

/** A package of its own, which bin/netra.mjs starts: a black box shares no code with the server. */
const BLACK_BOX = {
  validate: { help: 'validate <url>: ask a running Netra whether people can use it' },
  'verify-delivery': {
    help: 'drive a server through random faults: does every event arrive, in order, once?',
  },
}

/** Runs one `netra` command; answers its exit code. */
export async function runCommand(args: string[], terminal: Terminal): Promise<number> {
  const [name = 'start', ...rest] = args
  const command = COMMANDS[name]
  if (!command) {
    const isHelp = ['help', '--help', '-h'].includes(name)
    const lines = Object.entries({ ...COMMANDS, ...BLACK_BOX }).map(
      ([key, { help }]) => `  netra ${key.padEnd(15)} ${help}`,
    )
    const print = isHelp ? terminal.out : terminal.err
    if (!isHelp) print(`netra: there is no command "${name}". These are:`)
    for (const line of lines) print(line)
    return isHelp ? 0 : 2
  }
  try {
    return await command.run(rest, terminal)
  } catch (error) {
    terminal.err(explain(error))
    return 1
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  if (!(error instanceof Error)) return `netra: ${String(error)}`
  if ('code' in error && error.code === 'EADDRINUSE') {
    return `netra: ${error.message}. Stop what uses that port, or set PORT to another one.`
  }
  return `netra: ${error.message}`
}
