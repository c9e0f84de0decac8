import { z } from 'zod'

import { problemWords } from '../platform/problem-words.ts'

/** One entry a setting: its variable, its schema with default, one sentence, and whether it is secret. */
interface Setting<Schema extends z.ZodType = z.ZodType> {
  env: string
  schema: Schema
  /** What holds when the variable is absent, in words for the table in the README. */
  default: string
  doc: string
  secret?: true
}

const setting = <Schema extends z.ZodType>(entry: Setting<Schema>): Setting<Schema> => entry

const flag = z
  .enum(['0', '1', 'true', 'false'])
  .default('0')
  .transform((text) => text === '1' || text === 'true')
const wholeNumber = (low: number, high: number, otherwise: number) =>
  z
    .string()
    .regex(/^\d+$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.number().min(low).max(high))
    .default(otherwise)
const httpUrl = z.url({ protocol: /^https?$/, error: 'is not an http or https address' })
const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
const key = z.string().min(1).optional()
/** A path of a socket may stand for the host: postgres:///database?host=/var/run/postgresql. */
const isPostgresUrl = (text: string): boolean =>
  /^postgres(ql)?:\/\//.test(text) && URL.canParse(text)

export const SETTINGS = {
  port: setting({
    env: 'PORT',
    schema: wholeNumber(0, 65_535, 8000),
    default: '8000',
    doc: 'Port to listen on; 0 takes a free one.',
  }),
  host: setting({
    env: 'HOST',
    schema: z.string().min(1).default('127.0.0.1'),
    default: '127.0.0.1',
    doc: 'Address to listen on. Beyond loopback also set NETRA_PUBLIC_URL.',
  }),
  dataDir: setting({
    env: 'NETRA_DATA_DIR',
    schema: z.string().min(1).default('./data'),
    default: './data',
    doc: 'Everything Netra writes lies below this folder: journal, accounts, files, keys.',
  }),
  databaseUrl: setting({
    env: 'DATABASE_URL',
    schema: z
      .string()
      .refine(isPostgresUrl, 'is not of the form postgres://user:password@host:port/database')
      .optional(),
    default: 'none: SQLite in NETRA_DATA_DIR',
    doc: 'A PostgreSQL database as the journal; processes with the same one and the same NETRA_DATA_DIR are one Netra.',
    secret: true,
  }),
  environment: setting({
    env: 'NETRA_ENV',
    schema: z.enum(['development', 'staging', 'production']).optional(),
    default: 'development',
    doc: 'development, staging or production.',
  }),
  publicUrl: setting({
    env: 'NETRA_PUBLIC_URL',
    schema: httpUrl.optional(),
    default: 'http://localhost:<PORT>',
    doc: 'The https address under which browsers reach Netra; its host and origin are allowed.',
  }),
  insecureHttp: setting({
    env: 'NETRA_INSECURE_HTTP',
    schema: flag,
    default: '0',
    doc: '1 allows plain http beyond loopback: passwords and chats then cross the network unencrypted.',
  }),
  model: setting({
    env: 'NETRA_MODEL',
    schema: z
      .string()
      .regex(/^[^/]+\/.+$/, 'is not of the form <provider>/<model>')
      .optional(),
    default: 'the built-in model',
    doc: 'Default model as <provider>/<model>, for example openai/gpt-4o-mini.',
  }),
  openaiApiKey: setting({
    env: 'OPENAI_API_KEY',
    schema: key,
    default: 'none',
    doc: 'Connects OpenAI.',
    secret: true,
  }),
  openaiBaseUrl: setting({
    env: 'OPENAI_BASE_URL',
    schema: httpUrl.optional(),
    default: "OpenAI's own",
    doc: 'Any OpenAI-compatible address instead (Ollama, vLLM, LM Studio).',
  }),
  anthropicApiKey: setting({
    env: 'ANTHROPIC_API_KEY',
    schema: key,
    default: 'none',
    doc: 'Connects Anthropic.',
    secret: true,
  }),
  anthropicBaseUrl: setting({
    env: 'ANTHROPIC_BASE_URL',
    schema: httpUrl.optional(),
    default: "Anthropic's own",
    doc: 'Another address that speaks the Anthropic API.',
  }),
  googleApiKey: setting({
    env: 'GOOGLE_GENERATIVE_AI_API_KEY',
    schema: key,
    default: 'none',
    doc: 'Connects Google.',
    secret: true,
  }),
  accessTokenSeconds: setting({
    env: 'NETRA_ACCESS_TOKEN_SECONDS',
    schema: wholeNumber(10, 3_600, 900),
    default: '900',
    doc: 'Life of an access token; clients renew theirs before it ends.',
  }),
  registration: setting({
    env: 'NETRA_REGISTRATION',
    schema: z.enum(['open', 'invitation', 'domain', 'closed']).optional(),
    default: 'open from this machine, by invitation from elsewhere',
    doc: 'Who may register: anybody (open), who has an invitation, who has an e-mail address of one of NETRA_REGISTRATION_DOMAINS (domain), or nobody (closed).',
  }),
  registrationDomains: setting({
    env: 'NETRA_REGISTRATION_DOMAINS',
    schema: list,
    default: 'none',
    doc: 'E-mail domains, separated by commas, for NETRA_REGISTRATION=domain.',
  }),
  googleClientId: setting({
    env: 'GOOGLE_CLIENT_ID',
    schema: key,
    default: 'none',
    doc: 'Sign-in with Google, together with GOOGLE_CLIENT_SECRET.',
  }),
  googleClientSecret: setting({
    env: 'GOOGLE_CLIENT_SECRET',
    schema: key,
    default: 'none',
    doc: 'The secret that belongs to GOOGLE_CLIENT_ID.',
    secret: true,
  }),
  oidcIssuer: setting({
    env: 'NETRA_OIDC_ISSUER',
    schema: httpUrl.optional(),
    default: 'none',
    doc: 'Sign-in with any OpenID Connect provider: its issuer address; the rest is discovered.',
  }),
  oidcClientId: setting({
    env: 'NETRA_OIDC_CLIENT_ID',
    schema: key,
    default: 'none',
    doc: 'The client id that the provider of NETRA_OIDC_ISSUER gave.',
  }),
  oidcClientSecret: setting({
    env: 'NETRA_OIDC_CLIENT_SECRET',
    schema: key,
    default: 'none: a public client',
    doc: 'The client secret that belongs to NETRA_OIDC_CLIENT_ID.',
    secret: true,
  }),
  oidcName: setting({
    env: 'NETRA_OIDC_NAME',
    schema: z.string().min(1).max(60).default('Single sign-on'),
    default: 'Single sign-on',
    doc: 'What the button for NETRA_OIDC_ISSUER says.',
  }),
  smtpUrl: setting({
    env: 'SMTP_URL',
    schema: z.url({ protocol: /^smtps?$/, error: 'is not an smtp or smtps address' }).optional(),
    default: 'none: the administrator hands out one-time links',
    doc: 'Mail server as smtp://user:password@host:port, for confirming addresses and resetting passwords.',
    secret: true,
  }),
  mailFrom: setting({
    env: 'NETRA_MAIL_FROM',
    schema: z.string().min(3).max(320).optional(),
    default: 'netra@<host of NETRA_PUBLIC_URL>',
    doc: 'Sender of the e-mails.',
  }),
  authServiceUrl: setting({
    env: 'AUTH_SERVICE_URL',
    schema: httpUrl.optional(),
    default: 'none: the auth service is in this process',
    doc: 'Address of a netra auth that runs alone, as this node reaches it.',
  }),
  serviceId: setting({
    env: 'NETRA_SERVICE_ID',
    schema: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not a short lower-case name')
      .default('netra-backend'),
    default: 'netra-backend',
    doc: 'As which service this node signs in at AUTH_SERVICE_URL.',
  }),
  serviceSecret: setting({
    env: 'NETRA_SERVICE_SECRET',
    schema: z.string().min(32, 'is shorter than 32 characters').optional(),
    default: 'none',
    doc: 'The secret of NETRA_SERVICE_ID: nodes show it, netra auth accepts it.',
    secret: true,
  }),
  authPublicUrl: setting({
    env: 'NETRA_AUTH_PUBLIC_URL',
    schema: httpUrl.optional(),
    default: 'the address of the node',
    doc: 'Where browsers reach netra auth when it has a host of its own.',
  }),
  webPublicUrl: setting({
    env: 'NETRA_WEB_URL',
    schema: httpUrl.optional(),
    default: 'the address of the node',
    doc: 'Where people open the web app when it has a host of its own; links in e-mails lead there.',
  }),
  demo: setting({
    env: 'NETRA_DEMO',
    schema: flag,
    default: '0',
    doc: '1 lets anybody try Netra as a user that expires; never in production.',
  }),
  e2eKey: setting({
    env: 'E2E_OAUTH_SIMULATION_KEY',
    schema: z.string().min(16, 'is shorter than 16 characters').optional(),
    default: 'none',
    doc: 'Test suites that show this key may make test users; never in production.',
    secret: true,
  }),
  stagingJwtSecret: setting({
    env: 'JWT_SECRET_STAGING',
    schema: z.string().min(32, 'is shorter than 32 characters').optional(),
    default: 'none',
    doc: 'Test suites may sign tokens of test users with it (HS256); never in production.',
    secret: true,
  }),
  logLevel: setting({
    env: 'NETRA_LOG_LEVEL',
    schema: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug']).default('warn'),
    default: 'warn',
    doc: 'How much is logged (JSON lines on standard error).',
  }),
  metricsToken: setting({
    env: 'NETRA_METRICS_TOKEN',
    schema: key,
    default: 'none',
    doc: 'Bearer token with which /metrics may be read from elsewhere than this machine.',
    secret: true,
  }),
  requestsPerMinute: setting({
    env: 'NETRA_REQUESTS_PER_MINUTE',
    schema: wholeNumber(10, 1_000_000, 600),
    default: '600',
    doc: 'HTTP requests a minute of one user; other limits keep their proportion to it. Programs on this machine get ten times as many.',
  }),
  maxSockets: setting({
    env: 'NETRA_MAX_SOCKETS',
    schema: wholeNumber(1, 1_000_000, 50_000),
    default: '50000',
    doc: 'Sockets open at once on this node; whoever comes then is told to come back later.',
  }),
  tokensPerDay: setting({
    env: 'NETRA_TOKENS_PER_DAY',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
    default: '0: no limit',
    doc: 'Tokens that the models may read and write for one user in a day (UTC); who has used them up waits.',
  }),
  trustedProxies: setting({
    env: 'NETRA_TRUSTED_PROXIES',
    schema: list,
    default: 'none',
    doc: 'Addresses of reverse proxies, separated by commas, whose X-Forwarded-For is believed.',
  }),
  allowedOrigins: setting({
    env: 'NETRA_ALLOWED_ORIGINS',
    schema: list,
    default: 'none',
    doc: 'Further origins, separated by commas, whose pages may use this server.',
  }),
} as const

export type Settings = {
  [Name in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Name]['schema']>
}

/** Names of later releases that are refused rather than ignored, with what to do. */
const NOT_YET: Record<string, string> = {
  NATS_URL: 'several nodes are not supported yet; unset it',
}

/** All settings that can be read, and every problem with the others. An empty variable is absent. */
export function readSettings(env: Record<string, string | undefined>): {
  settings: Settings
  problems: string[]
  /** The variables that could not be read. */
  unread: string[]
} {
  const problems: string[] = []
  const unread: string[] = []
  const entries = Object.entries(SETTINGS).map(([name, entry]) => {
    const given = env[entry.env] === '' ? undefined : env[entry.env]
    const parsed = entry.schema.safeParse(given, { error: problemWords })
    if (parsed.success) return [name, parsed.data]
    unread.push(entry.env)
    const shown = 'secret' in entry ? '' : ` ("${given}")`
    problems.push(`${entry.env}${shown}: ${parsed.error.issues[0]?.message}. ${entry.doc}`)
    return [name, entry.schema.safeParse(undefined).data]
  })
  for (const [name, why] of Object.entries(NOT_YET)) if (env[name]) problems.push(`${name}: ${why}`)
  const known = new Set<string>(Object.values(SETTINGS).map((entry) => entry.env))
  for (const name of Object.keys(env)) {
    if (name.startsWith('NETRA_') && !known.has(name) && !TEST_ONLY.has(name))
      problems.push(`${name}: no such setting; the nearest is ${nearest(name, [...known])}`)
  }
  return { settings: Object.fromEntries(entries) as Settings, problems, unread }
}

/** Variables of the test suite that may stand in the same environment. */
const TEST_ONLY = new Set(['NETRA_REAL_DATA', 'NETRA_TEST_BROWSER'])

function nearest(name: string, known: readonly string[]): string {
  const scored = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
  return scored.toSorted((a, b) => a.distance - b.distance)[0]?.candidate ?? ''
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
