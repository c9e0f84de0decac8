import { createInterface } from 'node:readline/promises'

import { AuthError, openAuth, type Auth, type ListedUser, type User } from '../auth/auth.ts'
import { ConfigError, loadConfig } from '../config/config.ts'
import { refuseAccountMigration } from '../startup/one-way-migration.ts'
import { requireAccounts } from './require-accounts.ts'
import { stopEverything, stopOrStart } from './stop-all.ts'
import type { Terminal } from './terminal.ts'

export const ADMIN_USAGE = `usage: netra admin create <email>              make an administrator (asks for the password)
       netra admin list [part of an address]    everybody who has an account
       netra admin promote <email>              make an administrator of a user
       netra admin demote <email>               and a user of an administrator
       netra admin disable <email>              end every session and let nobody in
       netra admin enable <email>
       netra admin unlock <email>               forget the failed attempts that locked it
       netra admin reset-password <email>       choose a new password (asks for it)
       netra admin remove-two-factor <email>    for who lost app and recovery codes
       netra admin stop-all [why]               stop every run, now; nothing starts until
       netra admin start-again                  this lets it
       netra admin stop <email>                 the same for one person
       netra admin let-run <email>
       netra admin verify-audit                 is every entry of the audit log as it was written?`

/** Where its administrator is reached; nothing of the network. */
const THIS_MACHINE = 'this machine'
const PAGE = 200

interface Store {
  auth: Auth
  folder: string
}

type Verb = (auth: Auth, email: string, terminal: Terminal, folder: string) => Promise<void>

const VERBS: Record<string, Verb> = {
  create: async (auth, email, { out }) => {
    const password = await askPassword()
    try {
      const user = await auth.createAdmin({ email, password })
      out(`${user.email} is now an administrator.`)
    } catch (error) {
      const isTaken = error instanceof AuthError && error.code === 'email_taken'
      if (!isTaken) throw error
      throw new Error(`${email} has an account already: netra admin promote ${email}`, {
        cause: error,
      })
    }
  },
  promote: async (auth, email, { out }) => {
    const user = auth.userAdmin.change('operator', userOf(auth, email).id, { role: 'admin' })
    out(`${user.email} is now an administrator${user.disabled ? ', but disabled' : ''}.`)
  },
  demote: async (auth, email, { out }) => {
    const user = auth.userAdmin.change('operator', userOf(auth, email).id, { role: 'user' })
    out(`${user.email} is no administrator any more.`)
  },
  disable: async (auth, email, { out }) => {
    const user = auth.userAdmin.change('operator', userOf(auth, email).id, { disabled: true })
    out(`${user.email} is disabled: every session has ended.`)
  },
  enable: async (auth, email, { out }) => {
    const user = auth.userAdmin.change('operator', userOf(auth, email).id, { disabled: false })
    out(`${user.email} may sign in again.`)
  },
  unlock: async (auth, email, { out }) => {
    auth.userAdmin.unlock('operator', userOf(auth, email).id)
    out(`${email} may try to sign in again at once.`)
  },
  'reset-password': async (auth, email, { out }) => {
    const { id, disabled } = userOf(auth, email)
    if (disabled) throw new Error(`${email} is disabled: netra admin enable ${email} first`)
    const password = await askPassword()
    // By a link, as anybody would, so that all that hangs on a password ends with the old one.
    const { url } = auth.userAdmin.createLink('operator', id, 'password_reset')
    const token = url.slice(url.indexOf('#token=') + '#token='.length)
    await auth.passwords.reset({ token, password, address: THIS_MACHINE })
    out(`${email} has a new password; every session has ended.`)
  },
  stop: async (auth, email, terminal, dataDir) => {
    const why = 'Ask them what happened.'
    await stopOrStart({ dataDir, scope: `user:${userOf(auth, email).id}`, why }, terminal)
  },
  'let-run': async (auth, email, terminal, dataDir) => {
    await stopOrStart({ dataDir, scope: `user:${userOf(auth, email).id}`, why: null }, terminal)
  },
  'remove-two-factor': async (auth, email, { out }) => {
    auth.userAdmin.removeTwoFactor('operator', userOf(auth, email).id)
    out(`${email} signs in with the password alone.`)
  },
}

/** What is about nobody alone; each answers its exit code. */
const ABOUT_ALL: Record<
  string,
  (store: Store, search: string | undefined, terminal: Terminal) => number | Promise<number>
> = {
  list: (store, search, terminal) => list(store, search, terminal),
  'verify-audit': async ({ auth }, _search, { out, err }) => {
    const verdict = await auth.audit.verify()
    if (verdict.intact) {
      out(`${verdict.entries} entries, all as they were written. Head: ${verdict.head}`)
      return 0
    }
    err(`entry ${verdict.position}: ${verdict.problem}. Compare with an earlier export.`)
    return 1
  },
}

/** `netra admin …`: for whoever owns the data folder, so that nobody locks them out. */
export async function admin(args: string[], terminal: Terminal): Promise<number> {
  const [verb = '', email] = args
  if (verb === 'stop-all' || verb === 'start-again') {
    return stopEverything(verb, args.slice(1), terminal)
  }
  const act = VERBS[verb]
  if (!(verb in ABOUT_ALL) && (!act || email === undefined)) {
    terminal.err(ADMIN_USAGE)
    return 2
  }
  const config = loadConfig(terminal.env)
  if (config.authServiceUrl !== undefined) {
    throw new ConfigError([
      `the accounts are kept by the auth service at ${config.authServiceUrl}: run this where it runs, with its NETRA_DATA_DIR`,
    ])
  }
  requireAccounts(config.dataDir, verb === 'create')
  refuseAccountMigration(config)
  const publicUrl = config.publicUrl ?? `http://localhost:${config.port}`
  const auth = await openAuth({ folder: config.dataDir, publicUrl })
  try {
    if (act && email !== undefined) {
      await act(auth, email, terminal, config.dataDir)
      return 0
    }
    return (await ABOUT_ALL[verb]?.({ auth, folder: config.dataDir }, email, terminal)) ?? 2
  } finally {
    await auth[Symbol.asyncDispose]()
  }
}

function list({ auth, folder }: Store, search = '', { out }: Terminal): number {
  const { total } = auth.userAdmin.page('operator', { search, limit: 1, offset: 0 })
  if (total === 0) {
    out(`no accounts in ${folder}${search === '' ? '' : ` with "${search}" in their address`}`)
  }
  for (let offset = 0; ; offset += PAGE) {
    const { users } = auth.userAdmin.page('operator', { search, limit: PAGE, offset })
    for (const user of users) out(lineOf(user))
    if (users.length < PAGE) return 0
  }
}

function lineOf(user: ListedUser): string {
  const marks = [
    user.role === 'admin' ? 'administrator' : 'user',
    ...(user.disabled ? ['disabled'] : []),
    ...(user.twoFactor ? ['two-factor'] : []),
    ...(user.isTestUser ? ['test user'] : []),
    user.lastSeenAt === null ? 'never seen' : `seen ${user.lastSeenAt.slice(0, 10)}`,
  ]
  return `${user.email.padEnd(40)} ${marks.join(', ')}`
}

function userOf(auth: Auth, email: string): User {
  const user = auth.userAdmin.findByEmail('operator', email)
  if (!user) throw new Error(`there is no account of ${email}; netra admin list shows all`)
  return user
}

async function askPassword(): Promise<string> {
  const input = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  try {
    if (process.stdin.isTTY) process.stderr.write('Password (at least 8 characters): ')
    for await (const line of input) return line
    return ''
  } finally {
    input.close()
  }
}
