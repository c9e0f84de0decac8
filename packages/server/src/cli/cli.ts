import { ConfigError } from '../config/config.ts'
import { ADMIN_USAGE, admin } from './admin.ts'
import { AUTH_USAGE, auth } from './auth.ts'
import { BACKUP_USAGE, backup } from './backup.ts'
import { CONFIG_USAGE, printConfig } from './config.ts'
import { DOCTOR_USAGE, doctor } from './doctor.ts'
import { LOGS_USAGE, logs } from './logs.ts'
import { RESTORE_USAGE, restore } from './restore.ts'
import { SERVICE_USAGE, service } from './service.ts'
import { start } from './start.ts'
import type { Terminal } from './terminal.ts'
import { web } from './web.ts'

const COMMANDS: Record<
  string,
  { help: string; usage?: string; run: (args: string[], terminal: Terminal) => Promise<number> }
> = {
  start: { help: 'start the server (the default)', run: start },
  admin: {
    help: 'admin create|list|promote|disable|reset-password <email>, and more: see netra admin',
    usage: ADMIN_USAGE,
    run: admin,
  },
  web: { help: 'the web app alone, when it has a host of its own (NETRA_WEB_URL)', run: web },
  auth: {
    help: 'the auth service alone, on port 8083; auth rotate-keys: new signing keys',
    usage: AUTH_USAGE,
    run: auth,
  },
  service: {
    help: 'service add|rotate|revoke <name>, service list: programs that may ask the auth service',
    usage: SERVICE_USAGE,
    run: service,
  },
  backup: {
    help: 'backup <file>: copy everything into one file, beside a running server',
    usage: BACKUP_USAGE,
    run: backup,
  },
  restore: {
    help: 'restore <file> --into <folder>: make a data folder of a backup',
    usage: RESTORE_USAGE,
    run: restore,
  },
  logs: {
    help: 'logs audit <file>: what went wrong in a log, how often, and why most likely',
    usage: LOGS_USAGE,
    run: logs,
  },
  doctor: {
    help: 'would a start pass its checks? Beside a running server that one is asked',
    usage: DOCTOR_USAGE,
    run: doctor,
  },
  config: {
    help: 'show every setting, its value and where it comes from; config check: only problems',
    usage: CONFIG_USAGE,
    run: printConfig,
  },
}

const HELP = new Set(['help', '--help', '-h'])

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
    const isHelp = HELP.has(name)
    const lines = Object.entries({ ...COMMANDS, ...BLACK_BOX }).map(
      ([key, { help }]) => `  netra ${key.padEnd(15)} ${help}`,
    )
    const print = isHelp ? terminal.out : terminal.err
    if (!isHelp) print(`netra: there is no command "${name}". These are:`)
    for (const line of lines) print(line)
    return isHelp ? 0 : 2
  }
  const { usage, help } = command
  const asksHelp = rest.some((arg) => HELP.has(arg))
  if (asksHelp || (usage === undefined && rest.length > 0)) {
    // A server that starts although it was asked for something else serves what nobody meant.
    const print = asksHelp ? terminal.out : terminal.err
    if (!asksHelp) print(`netra ${name}: "${rest[0]}" is unknown.`)
    print(
      usage ?? `usage: netra ${name}    ${help}; settings are environment variables: netra config`,
    )
    return asksHelp ? 0 : 2
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
