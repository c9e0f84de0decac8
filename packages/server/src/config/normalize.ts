import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

import type { StartupCheckId } from '../platform/startup-check-ids.ts'
import { shownValue } from './settings-shown.ts'
import { SETTINGS, type Settings } from './settings.ts'
import { bypassed, bypassProblems } from './startup-bypass.ts'
import { pairsOf, telemetryOf, type TelemetryConfig } from './telemetry.ts'
import { weakSecrets } from './weak-secrets.ts'

/** Settings with what follows from them. Secrets stay apart so that the rest can be shown. */
export interface Config {
  port: number
  host: string
  dataDir: string
  environment: NonNullable<Settings['environment']>
  /** Given by the operator; absent on a plain local installation. */
  publicUrl: string | undefined
  /** Listening on loopback only. */
  loopback: boolean
  /** Cookies are Secure and carry the __Host- prefix. */
  https: boolean
  accessTokenSeconds: number
  logLevel: Settings['logLevel']
  telemetry: TelemetryConfig
  trustedProxies: string[]
  requestsPerMinute: number
  maxSockets: number
  drainSeconds: number
  allowMigration: boolean
  drainDelaySeconds: number
  /** Start-up checks that may fail. */
  bypassStartupChecks: StartupCheckId[]
  /** What is allowed and unwise. */
  warnings: string[]
  /** What may be spent unless an administrator says otherwise; what is absent is without limit. */
  budgets: { own: BudgetSettings; everyone: BudgetSettings }
  /** Models without a known price may answer where a budget in money holds. */
  allowsUnpriced: boolean
  /** How long the calls of models are kept. */
  ledgerMonths: number
  allowedOrigins: string[]
  registration: Settings['registration']
  registrationDomains: string[]
  oauth: {
    googleClientId: string | undefined
    oidcIssuer: string | undefined
    oidcClientId: string | undefined
    oidcName: string
  }
  mailFrom: string | undefined
  /** Where a netra auth of its own is reached; without it the auth service is in this process. */
  authServiceUrl: string | undefined
  serviceId: string
  authPublicUrl: string | undefined
  webPublicUrl: string | undefined
  demo: boolean
  model: string | undefined
  modelFallback: string[]
  /** Agents of the operator's own; undefined when none was named and ./agents is not there. */
  agentsDir: string | undefined
  mode: Settings['mode']
  /** MCP servers at private addresses may be connected. */
  mcpAllowPrivate: boolean
  openaiBaseUrl: string | undefined
  anthropicBaseUrl: string | undefined
  secrets: {
    /** Holds a password. */
    databaseUrl: string | undefined
    metricsToken: string | undefined
    /** Holds a key. */
    sentryDsn: string | undefined
    otlpHeaders: Record<string, string>
    googleClientSecret: string | undefined
    oidcClientSecret: string | undefined
    /** Holds a password. */
    smtpUrl: string | undefined
    serviceSecret: string | undefined
    e2eKey: string | undefined
    stagingJwtSecret: string | undefined
    openaiApiKey: string | undefined
    anthropicApiKey: string | undefined
    googleApiKey: string | undefined
    backupPassphrase: string | undefined
  }
}

type BudgetSettings = Partial<
  Record<
    | 'tokens_per_day'
    | 'tokens_per_month'
    | 'usd_per_day'
    | 'usd_per_month'
    | 'concurrent_runs'
    | 'steps_per_run'
    | 'model_calls_per_run'
    | 'handoffs_per_run'
    | 'seconds_per_run',
    number
  >
>

const budgetsOf = (settings: Settings): Config['budgets'] => ({
  own: limited({
    tokens_per_day: settings.tokensPerDay,
    tokens_per_month: settings.tokensPerMonth,
    usd_per_day: settings.usdPerDay,
    usd_per_month: settings.usdPerMonth,
    concurrent_runs: settings.runsAtOnce,
    steps_per_run: settings.stepsPerRun,
    model_calls_per_run: settings.modelCallsPerRun,
    handoffs_per_run: settings.handoffsPerRun,
    seconds_per_run: settings.secondsPerRun,
  }),
  everyone: limited({
    tokens_per_day: settings.totalTokensPerDay,
    tokens_per_month: settings.totalTokensPerMonth,
    usd_per_day: settings.totalUsdPerDay,
    usd_per_month: settings.totalUsdPerMonth,
  }),
})

/** In a setting 0 is no limit. */
const limited = (settings: BudgetSettings): BudgetSettings =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value > 0))

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** Cookies of one host go with requests from another only within one site (its last two labels here). */
function siteProblems({ publicUrl, webPublicUrl, authPublicUrl }: Settings): string[] {
  const given = { NETRA_WEB_URL: webPublicUrl, NETRA_AUTH_PUBLIC_URL: authPublicUrl }
  const problems: string[] = []
  for (const [name, url] of Object.entries(given)) {
    if (url === undefined) continue
    if (publicUrl === undefined) {
      problems.push(`${name} needs NETRA_PUBLIC_URL, the address of the node itself`)
    } else if (siteOf(url) !== siteOf(publicUrl)) {
      problems.push(
        `${name} (${shownValue(url)}) is not of the same site as NETRA_PUBLIC_URL (${shownValue(publicUrl)}): browsers would not send the session cookie. Use hosts of one domain and one protocol`,
      )
    }
  }
  return problems
}

function siteOf(url: string): string {
  const { protocol, hostname } = new URL(url)
  const isName = !/^[\d.]+$|^\[/.test(hostname)
  return `${protocol}//${isName ? hostname.split('.').slice(-2).join('.') : hostname}`
}

/** What lets in somebody whom nobody knows stays out of production, however it came to be set. */
function testUserProblems(settings: Settings): string[] {
  const set = [
    ...(settings.demo ? ['NETRA_DEMO'] : []),
    ...(settings.e2eKey === undefined ? [] : ['E2E_OAUTH_SIMULATION_KEY']),
    ...(settings.stagingJwtSecret === undefined ? [] : ['JWT_SECRET_STAGING']),
  ]
  if (settings.environment === 'production') {
    return set.map(
      (name) =>
        `${name} is set and NETRA_ENV is production: it lets in people who have no account. Unset ${name}`,
    )
  }
  // An https address is where real people are, unless the operator has said that this is no such place.
  if (settings.publicUrl?.startsWith('https:') && settings.environment === undefined) {
    return set.map(
      (name) =>
        `${name} is set on a Netra with an https address: unset ${name}, or set NETRA_ENV to staging or development if no real people use it`,
    )
  }
  return []
}

/** Half a provider would be a button that leads nowhere. */
function providerProblems(settings: Settings): string[] {
  const problems: string[] = []
  const needs = (name: string, given: unknown, other: string, otherGiven: unknown) => {
    if (given !== undefined && otherGiven === undefined) problems.push(`${name} needs ${other}`)
  }
  const { googleClientId, googleClientSecret, oidcIssuer, oidcClientId, oidcClientSecret } =
    settings
  needs('GOOGLE_CLIENT_ID', googleClientId, 'GOOGLE_CLIENT_SECRET', googleClientSecret)
  needs('GOOGLE_CLIENT_SECRET', googleClientSecret, 'GOOGLE_CLIENT_ID', googleClientId)
  needs('NETRA_OIDC_ISSUER', oidcIssuer, 'NETRA_OIDC_CLIENT_ID', oidcClientId)
  needs('NETRA_OIDC_CLIENT_ID', oidcClientId, 'NETRA_OIDC_ISSUER', oidcIssuer)
  needs('NETRA_OIDC_CLIENT_SECRET', oidcClientSecret, 'NETRA_OIDC_CLIENT_ID', oidcClientId)
  if (oidcIssuer === undefined) return problems
  const { protocol, hostname, search, hash } = new URL(oidcIssuer)
  const isLocal = isLoopback(hostname.replace(/^\[|\]$/g, ''))
  if (protocol !== 'https:' && (settings.environment === 'production' || !isLocal)) {
    problems.push(
      `NETRA_OIDC_ISSUER (${shownValue(oidcIssuer)}) is not https: who signs in could be forged on the way. Use the provider's https address`,
    )
  }
  if (search !== '' || hash !== '') {
    problems.push(
      `NETRA_OIDC_ISSUER (${shownValue(oidcIssuer)}) has a query or a fragment: an issuer has none`,
    )
  }
  return problems
}

/** What would let in fewer people than meant, or send mails that nobody is told of. */
function accountProblems(settings: Settings): string[] {
  const { registration, registrationDomains, smtpUrl, mailFrom } = settings
  const problems: string[] = []
  if (registration === 'domain' && registrationDomains.length === 0) {
    problems.push(
      'NETRA_REGISTRATION is domain, but NETRA_REGISTRATION_DOMAINS names none: nobody could register. Name the e-mail domains, separated by commas',
    )
  }
  if (registration !== 'domain' && registrationDomains.length > 0) {
    problems.push(
      'NETRA_REGISTRATION_DOMAINS counts only with NETRA_REGISTRATION=domain: set that, or unset it',
    )
  }
  if (mailFrom !== undefined && smtpUrl === undefined) {
    problems.push('NETRA_MAIL_FROM is set without SMTP_URL, so no e-mail is sent: set both')
  }
  return problems
}

/** Two processes on one SQLite file are refused by its lock; two files would be two Netras. */
function replicaProblems({ replicas, databaseUrl }: Settings): string[] {
  if (replicas === 1 || databaseUrl !== undefined) return []
  return [
    `NETRA_REPLICAS is ${replicas}, but the journal is SQLite, which one process alone may have: set NETRA_REPLICAS=1, or DATABASE_URL to a PostgreSQL database that all nodes share`,
  ]
}

function authServiceProblems(settings: Settings): string[] {
  const { authServiceUrl, serviceSecret, insecureHttp } = settings
  if (authServiceUrl === undefined) return []
  const problems: string[] = []
  if (serviceSecret === undefined) {
    problems.push(
      'AUTH_SERVICE_URL needs NETRA_SERVICE_SECRET, the same as netra auth has, or one of netra service add',
    )
  }
  const { protocol, hostname } = new URL(authServiceUrl)
  if (protocol === 'http:' && !isLoopback(hostname.replace(/^\[|\]$/g, '')) && !insecureHttp) {
    problems.push(
      `AUTH_SERVICE_URL (${shownValue(authServiceUrl)}) is neither https nor on this machine: passwords, cookies and the service's secret would cross the network unencrypted. Use https, or NETRA_INSECURE_HTTP=1 where that network is yours alone`,
    )
  }
  return problems
}

/** In production they are refused, elsewhere told. */
const secretProblems = (settings: Settings): string[] =>
  weakSecrets(settings).map(
    ({ name, why }) =>
      `${SETTINGS[name].env} ${why}: choose a long random one (openssl rand -base64 32), or take the one that the provider gave`,
  )

const agentsFolder = (given: string | undefined): string | undefined => {
  const folder = resolve(given ?? 'agents')
  return given !== undefined || existsSync(folder) ? folder : undefined
}

export function normalize(settings: Settings): { config: Config; problems: string[] } {
  const loopback = isLoopback(settings.host)
  const https = settings.publicUrl?.startsWith('https:') ?? false
  const problems: string[] = []
  if (!loopback && !https && !settings.insecureHttp) {
    problems.push(
      `HOST (${shownValue(settings.host)}) is not loopback: set NETRA_PUBLIC_URL to the https address that people use, or NETRA_INSECURE_HTTP=1 to accept that everything crosses the network unencrypted`,
    )
  }
  problems.push(...siteProblems(settings))
  problems.push(...authServiceProblems(settings))
  problems.push(...providerProblems(settings))
  problems.push(...testUserProblems(settings))
  problems.push(...accountProblems(settings))
  problems.push(...replicaProblems(settings))
  problems.push(...bypassProblems(settings))
  const weak = secretProblems(settings)
  if (settings.environment === 'production') problems.push(...weak)
  const config: Config = {
    port: settings.port,
    host: settings.host,
    dataDir: resolve(settings.dataDir),
    environment: settings.environment ?? 'development',
    publicUrl: settings.publicUrl?.replace(/\/$/, ''),
    loopback,
    https,
    accessTokenSeconds: settings.accessTokenSeconds,
    logLevel: settings.logLevel,
    telemetry: telemetryOf(settings),
    trustedProxies: settings.trustedProxies,
    requestsPerMinute: settings.requestsPerMinute,
    maxSockets: settings.maxSockets,
    drainSeconds: settings.drainSeconds,
    allowMigration: settings.allowMigration,
    drainDelaySeconds: settings.drainDelaySeconds,
    bypassStartupChecks: bypassed(settings),
    warnings: settings.environment === 'production' ? [] : weak,
    budgets: budgetsOf(settings),
    allowsUnpriced: settings.unpricedModels === 'allowed',
    ledgerMonths: settings.ledgerMonths,
    allowedOrigins: settings.allowedOrigins,
    registration: settings.registration,
    registrationDomains: settings.registrationDomains.map((domain) => domain.toLowerCase()),
    oauth: {
      googleClientId: settings.googleClientId,
      oidcIssuer: settings.oidcIssuer,
      oidcClientId: settings.oidcClientId,
      oidcName: settings.oidcName,
    },
    mailFrom: settings.mailFrom,
    authServiceUrl: settings.authServiceUrl?.replace(/\/$/, ''),
    serviceId: settings.serviceId,
    authPublicUrl: settings.authPublicUrl?.replace(/\/$/, ''),
    webPublicUrl: settings.webPublicUrl?.replace(/\/$/, ''),
    demo: settings.demo,
    model: settings.model,
    modelFallback: settings.modelFallback,
    agentsDir: agentsFolder(settings.agentsDir),
    mode: settings.mode,
    mcpAllowPrivate:
      settings.mcpAllowPrivate ??
      (loopback && (settings.environment ?? 'development') === 'development'),
    openaiBaseUrl: settings.openaiBaseUrl,
    anthropicBaseUrl: settings.anthropicBaseUrl,
    secrets: {
      databaseUrl: settings.databaseUrl,
      metricsToken: settings.metricsToken,
      sentryDsn: settings.sentryDsn,
      otlpHeaders: pairsOf(settings.otlpHeaders),
      googleClientSecret: settings.googleClientSecret,
      oidcClientSecret: settings.oidcClientSecret,
      smtpUrl: settings.smtpUrl,
      serviceSecret: settings.serviceSecret,
      e2eKey: settings.e2eKey,
      stagingJwtSecret: settings.stagingJwtSecret,
      openaiApiKey: settings.openaiApiKey,
      anthropicApiKey: settings.anthropicApiKey,
      googleApiKey: settings.googleApiKey,
      backupPassphrase: settings.backupPassphrase,
    },
  }
  return { config, problems }
}
