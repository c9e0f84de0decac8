import { accessSync, constants } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { MOST_ACCOUNTS, type Credentials } from './accounts.ts'
import { ENVIRONMENTS, GROUPS, type Check, type Environment, type Group } from './check.ts'
import { givenAccounts, PASSWORD_VARIABLE } from './given-accounts.ts'
import { nearest } from './nearest.ts'
import { parseReport, type ReportJson } from './report/json.ts'
import { fileOf, UsageError } from './usage-error.ts'
import { durationOf } from './watch.ts'

/** Instead of a file: standard output. */
export const STDOUT = '-'

export const USAGE = `usage: netra validate <url> [options]

Asks a running Netra, by its public addresses alone, whether people can use it.

what is tried
  --only <names>        groups or checks, with commas between: says nothing of the rest
  --skip <names>        not tried, which counts as not passed
  --smoke               the golden path, within 15 s
  --with-model          also the configured model, which may cost money
  --watch <time>        the golden path every minute for 90s, 30m, 24h or 7d; tells what changes
  --list                the groups and their checks

how it is judged
  --env <name>          ${ENVIRONMENTS.join(', ')}; as the server says of itself unless given
  --compare <file>      a report of --json: what became worse or slower since

accounts (made and erased by the run where registration is open)
  --users <1-${MOST_ACCOUNTS}>         how many it may have; ${MOST_ACCOUNTS} unless given
  --email <address>     a given account; more than once for more. An administrator's is used to make
                        and remove others where registration is closed
  --password-file <f>   its password; a line for each --email. Or the variable ${PASSWORD_VARIABLE}
  --password <text>     the same, where others may see it in the list of processes

output (- is standard output)
  --json <file>  --markdown <file>  --junit <file>

what may be told passwords and tokens, beside the site of <url>
  --auth-url <url>      where people sign in, whatever the server says of that
  --trust-host <host>   of what the server names; more than once for more

  --ca <file>           certificates of an authority of your own, PEM
  --http-port <n>       where plain http is served beside https, when not at 80

exit: 0 ready, also with warnings; 1 not ready; 2 could not run`

export interface Arguments {
  url: string
  only: (Group | Check['id'])[] | undefined
  skip: (Group | Check['id'])[] | undefined
  smoke: boolean
  withModel: boolean
  watchMs: number | undefined
  environment: Environment | undefined
  compareWith: ReportJson | undefined
  users: number | undefined
  accounts: Credentials[]
  /** File names, or `-`. */
  output: Partial<Record<'json' | 'markdown' | 'junit', string | undefined>>
  authUrl: string | undefined
  /** Names alone, as in an address. */
  trustHosts: string[]
  ca: string | undefined
  plainPort: number | undefined
}

const OPTIONS = {
  only: { type: 'string' },
  skip: { type: 'string' },
  smoke: { type: 'boolean', default: false },
  'with-model': { type: 'boolean', default: false },
  watch: { type: 'string' },
  list: { type: 'boolean', default: false },
  env: { type: 'string' },
  compare: { type: 'string' },
  users: { type: 'string' },
  email: { type: 'string', multiple: true },
  password: { type: 'string' },
  'password-file': { type: 'string' },
  json: { type: 'string' },
  markdown: { type: 'string' },
  junit: { type: 'string' },
  'auth-url': { type: 'string' },
  'trust-host': { type: 'string', multiple: true },
  ca: { type: 'string' },
  'http-port': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** @throws UsageError with one sentence that says what is wrong and what would be right. */
export function readArguments(
  args: string[],
  at: { checks: readonly Check[]; variables: Record<string, string | undefined> },
): Arguments | 'help' | 'list' {
  const { values, positionals } = parsed(args)
  if (values.help) return 'help'
  if (values.list) return 'list'
  const [address, ...more] = positionals
  if (address === undefined) {
    throw new UsageError('Which server? Give its address, as https://example.com.')
  }
  if (more.length > 0) {
    throw new UsageError(`One address at a time: "${more[0]}" is one too many.`)
  }
  const { json, markdown, junit } = values
  const output = { json, markdown, junit }
  checkTogether(values)
  checkOutput(output)
  return {
    url: addressOf(address),
    only: given(values.only, (list) => namesOf('only', list, at.checks)),
    skip: given(values.skip, (list) => namesOf('skip', list, at.checks)),
    smoke: values.smoke,
    withModel: values['with-model'],
    watchMs: given(values.watch, watchTimeOf),
    environment: given(values.env, environmentOf),
    compareWith: given(values.compare, reportAt),
    users: given(values.users, (text) => numberOf('users', text, MOST_ACCOUNTS)),
    accounts: givenAccounts(values, at.variables),
    output,
    authUrl: given(values['auth-url'], addressOf),
    trustHosts: (values['trust-host'] ?? []).map(hostOf),
    ca: given(values.ca, (path) => fileOf('ca', path)),
    plainPort: given(values['http-port'], (text) => numberOf('http-port', text, 65_535)),
  }
}

const given = <Value>(text: string | undefined, read: (text: string) => Value): Value | undefined =>
  text === undefined ? undefined : read(text)

type Values = ReturnType<typeof parsed>['values']

function checkTogether({ smoke, watch: watchFor, ...others }: Values): void {
  const { only, skip, compare, junit, markdown } = others
  if (smoke && only !== undefined) {
    throw new UsageError('--smoke is a choice of checks itself: leave out --only.')
  }
  if (watchFor !== undefined && (only ?? skip ?? compare ?? junit ?? markdown) !== undefined) {
    throw new UsageError(
      '--watch tries the golden path and sums up: leave out --only, --skip, --compare, --markdown and --junit.',
    )
  }
}

function watchTimeOf(text: string): number {
  const ms = durationOf(text)
  if (ms !== undefined) return ms
  throw new UsageError(`--watch ${text} is no time: write 90s, 30m, 24h or 7d.`)
}

function environmentOf(text: string): Environment {
  const environment = ENVIRONMENTS.find((name) => name === text)
  if (environment !== undefined) return environment
  throw new UsageError(`--env ${text} is unknown: it is ${ENVIRONMENTS.join(', ')}.`)
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS })
  } catch (error) {
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/)
    const name = /'(--?[\w-]+)/.exec(said)?.[1]?.replace(/^-+/, '')
    const near =
      said.startsWith('Unknown') && name ? nearest(name, Object.keys(OPTIONS)) : undefined
    throw new UsageError(`${said}${near ? `: did you mean --${near}?` : '.'} See --help.`)
  }
}

function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new UsageError(`"${text}" is no address: write it as https://example.com.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(
      `Leave name and password out of the address; use --email and ${PASSWORD_VARIABLE}.`,
    )
  }
  if (url.search !== '' || url.hash !== '') {
    throw new UsageError('Leave out of the address what follows ? or #: it is where Netra begins.')
  }
  return url.href.replace(/\/+$/, '')
}

function hostOf(text: string): string {
  const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : undefined
  if (url?.hostname && /^(?:[^/?#@:]+|\[[^\]]+\])$/.test(text)) return url.hostname
  throw new UsageError(
    `--trust-host ${text} is no host: write its name alone, as auth.example.com.`,
  )
}

function namesOf(option: string, list: string, checks: readonly Check[]): (Group | Check['id'])[] {
  const known: (Group | Check['id'])[] = [...GROUPS, ...checks.map(({ id }) => id)]
  return list.split(',').map((raw) => {
    const text = raw.trim()
    const name = known.find((one) => one === text)
    if (name !== undefined) return name
    const near = nearest(text, known)
    const hint = near ? `did you mean ${near}?` : '--list shows what there is.'
    throw new UsageError(`--${option}: there is no group or check "${text}": ${hint}`)
  })
}

function numberOf(option: string, text: string, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
  throw new UsageError(`--${option} ${text}: it is a whole number from 1 to ${most}.`)
}

function reportAt(path: string): ReportJson {
  const text = fileOf('compare', path)
  try {
    return parseReport(text)
  } catch (error) {
    throw new UsageError(
      `--compare ${path}: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
}

/** Before a minute is spent on a report that cannot be written. */
function checkOutput(output: Arguments['output']): void {
  const names = Object.values(output)
  if (names.filter((name) => name === STDOUT).length > 1) {
    throw new UsageError('Only one of --json, --markdown and --junit can go to standard output.')
  }
  for (const [option, name] of Object.entries(output)) {
    if (name === undefined || name === STDOUT) continue
    try {
      accessSync(dirname(resolve(name)), constants.W_OK)
    } catch {
      throw new UsageError(
        `--${option} ${name} cannot be written: there is no such folder, or it is not yours.`,
      )
    }
  }
}
