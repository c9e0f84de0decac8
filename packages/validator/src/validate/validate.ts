import { Accounts, type Credentials } from './accounts.ts'
import { ENVIRONMENTS, type Check, type Environment, type Group, type Result } from './check.ts'
import { CHECKS } from './checks/checks.ts'
import { FULL_PACE, type Pace } from './context.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'
import { modesOf } from './modes.ts'
import type { Report } from './report/report.ts'
import { runChecks } from './runner.ts'
import { Secrets } from './secrets.ts'
import { trustIn, type Trust } from './trust.ts'
import { headlineOf, verdictOf, type Scope } from './verdict.ts'

export type { Result } from './check.ts'
export type { Report } from './report/report.ts'

/** The whole of `--smoke`. */
export const SMOKE_MS = 15_000
/** Accounts are erased even where a limit asks to wait for a minute. */
const ERASE_PATIENCE_MS = 65_000
/** A busy server takes its time to erase all that is somebody's. */
const ERASE_ANSWER_MS = 30_000

export interface ValidateOptions {
  /** As the server says of itself, unless told. */
  environment?: Environment
  /** Groups or ids of checks; all without. */
  only?: readonly (Group | Check['id'])[]
  /** Counts as not passed. */
  skip?: readonly (Group | Check['id'])[]
  smoke?: boolean
  accounts?: readonly Credentials[]
  /** 1 to 5. */
  users?: number
  withModel?: boolean
  /** Of plain HTTP beside https; 80 when the address has no port. */
  plainPort?: number
  pace?: Partial<Pace>
  /** Where people sign in, whatever the server says of that. */
  authUrl?: string
  /** Names of hosts of other sites that may be told passwords and tokens too. */
  trustHosts?: readonly string[]
  /** Ends the run early; accounts are erased nevertheless. */
  signal?: AbortSignal
  onStart?: (check: Check, at: { number: number; of: number }) => void
  onResult?: (result: Result) => void
  /** Instead of all that there are. */
  checks?: readonly Check[]
}

/** Asks a running Netra, by its public addresses alone, whether people can use it. */
export async function validate(address: string, options: ValidateOptions = {}): Promise<Report> {
  const secrets = new Secrets()
  const { users, accounts: given } = options
  const accounts = new Accounts(given, { secrets, ...(users !== undefined && { users }) })
  let report: Report | undefined
  try {
    report = await validateWith(accounts, address, { ...options, secrets })
  } finally {
    const leftBehind = await eraseAll(accounts, address, { ...options, secrets })
    if (report) report = { ...report, leftBehind }
  }
  return report
}

/** One round of a run whose accounts are kept, as `--watch` does. */
export async function validateWith(
  accounts: Accounts,
  address: string,
  options: ValidateOptions & { secrets: Secrets },
): Promise<Report> {
  const { secrets, withModel = false, smoke = false, only, signal, onStart, onResult } = options
  const begun = performance.now()
  const startedAt = new Date().toISOString()
  const url = withoutSlash(address)
  const pace = { ...FULL_PACE, ...options.pace }
  const trust = trustFor(url, options)
  const http = quietClient(url, { secrets, trust, ...(signal && { signal }) })
  const told = await tellsOf(http, trust)
  const environment = options.environment ?? told.environment
  const plainPort = options.plainPort ?? (new URL(url).port === '' ? 80 : undefined)
  const all = options.checks ?? CHECKS
  const place = { url: new URL(url), environment, withModel, plainPort, pace }
  const asked = all.filter((check) => isAsked(check, { only, smoke }))
  const notApplicable = asked.flatMap(({ id, title, applies }) => {
    const why = applies?.(place)
    return why === undefined ? [] : [{ id, title, why }]
  })
  const chosen = asked.filter((check) => check.applies?.(place) === undefined)
  const results = await runChecks(chosen, {
    url,
    authUrl: options.authUrl ?? told.authUrl ?? url,
    trust,
    environment,
    pace,
    accounts,
    withModel,
    plainPort,
    secrets,
    leftOut: new Set(chosen.filter((check) => names(check, options.skip)).map(({ id }) => id)),
    ...(signal && { signal }),
    ...(smoke && { deadline: begun + SMOKE_MS }),
    ...(onStart && {
      onStart: (check) => onStart(check, { number: chosen.indexOf(check) + 1, of: chosen.length }),
    }),
    ...(onResult && { onResult }),
  })
  const modes = await modesOf(http)
  const interrupted = signal?.aborted ?? false
  const verdict = verdictOf(results, { environment, modes, interrupted })
  const scope: Scope = only ? 'part' : smoke ? 'smoke' : 'full'
  return {
    url,
    environment,
    scope,
    verdict,
    headline: headlineOf(verdict, scope, { tried: results.length, all: all.length }),
    version: told.version,
    revision: told.revision,
    startedAt,
    durationMs: Math.round(performance.now() - begun),
    modes,
    results,
    notApplicable,
    leftBehind: [],
  }
}

/** One sentence for each account that is still there. */
export async function eraseAll(
  accounts: Accounts,
  address: string,
  options: Pick<ValidateOptions, 'authUrl' | 'trustHosts'> & { secrets: Secrets },
): Promise<string[]> {
  if (!accounts.isUsed) return []
  const url = withoutSlash(address)
  const { secrets } = options
  const trust = trustFor(url, options)
  const told = await tellsOf(quietClient(url, { secrets, trust }), trust)
  const authUrl = options.authUrl ?? told.authUrl ?? url
  return accounts.erase(
    quietClient(url, {
      secrets,
      trust,
      patienceMs: ERASE_PATIENCE_MS,
      answerMs: ERASE_ANSWER_MS,
      authUrl,
    }),
  )
}

const trustFor = (
  url: string,
  { authUrl, trustHosts: hosts }: Pick<ValidateOptions, 'authUrl' | 'trustHosts'>,
): Trust => trustIn(url, { authUrl, hosts })

const withoutSlash = (address: string): string => address.replace(/\/+$/, '')

const names = (check: Check, list: readonly string[] = []): boolean =>
  list.includes(check.id) || list.includes(check.group)

const isAsked = (
  check: Check,
  { only, smoke }: { only: readonly string[] | undefined; smoke: boolean },
): boolean =>
  only === undefined
    ? !smoke || check.smoke === true
    : names(check, only) && (!smoke || !!check.smoke)

const quietClient = (
  url: string,
  more: {
    secrets: Secrets
    trust: Trust
    signal?: AbortSignal
    patienceMs?: number
    answerMs?: number
    authUrl?: string
  },
): HttpClient =>
  createHttpClient({
    url,
    answerMs: FULL_PACE.answerMs,
    signal: new AbortController().signal,
    note: () => undefined,
    ...more,
  })

/** What the server says of itself; nothing depends on it but defaults. */
async function tellsOf(
  http: HttpClient,
  trust: Trust,
): Promise<{
  environment: Environment
  version: string | null
  revision: string | null
  authUrl: string | undefined
}> {
  const config: Record<string, unknown> = await http.ask('/api/config').then(
    (answer) => answer.json(),
    // The checks say what is wrong there.
    () => ({}),
  )
  const environment = ENVIRONMENTS.find((name) => name === config['environment'])
  return {
    environment: environment ?? 'development',
    version: nameOf(config['version']),
    revision: nameOf(config['revision']),
    authUrl: await authUrlOf(http, config, trust),
  }
}

/** The auth service's own address; one that does not answer, or is another's, is a matter of the checks. */
async function authUrlOf(
  http: HttpClient,
  { api_url, auth_url }: Record<string, unknown>,
  trust: Trust,
): Promise<string | undefined> {
  const told = textOf(auth_url)?.replace(/\/+$/, '')
  if (told === undefined || told === api_url || !trust.allows(told)) return undefined
  return http.ask(`${told}/auth/config`).then(
    () => told,
    () => undefined,
  )
}

/** What goes into a report as the name of a version. */
const nameOf = (value: unknown): string | null =>
  typeof value !== 'string' ? null : /^[\w.+-]{1,64}$/.test(value) ? value : 'unreadable'

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
