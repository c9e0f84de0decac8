import { z } from 'zod'

import { problemWords } from '../platform/problem-words.ts'
import { SERVICE_LEVELS } from '../platform/recovery/service-level.ts'
import { PROFILES } from './profiles.ts'
import { hasUserInfo, shownValue } from './settings-shown.ts'
import { gather, type Environment, type Given } from './sources.ts'

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
/** US dollars, to the cent or finer; 0 is none. */
const dollars = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'is not an amount of US dollars, as 12.50')
  .transform(Number)
  .default(0)
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'is not an http or https address' })
  .refine(
    (text) => !hasUserInfo(text),
    'holds a user name or a password, which would be shown and logged with the address. Take them out of it',
  )
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

/** A public key, a host and a project's number at the end of the path. */
const isSentryDsn = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { username, pathname } = new URL(text)
  return username !== '' && /\/\d+$/.test(pathname)
}

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
    doc: 'For whom it is: development, staging or production. Decides defaults and what is refused.',
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
  mcpAllowPrivate: setting({
    env: 'NETRA_MCP_ALLOW_PRIVATE',
    schema: z
      .enum(['0', '1', 'true', 'false'])
      .transform((text) => text === '1' || text === 'true')
      .optional(),
    default: '1 in development on loopback, else 0',
    doc: '1 lets people connect MCP servers, and administrators add agents, at private addresses of this network, and by plain http on loopback.',
  }),
  agentsDir: setting({
    env: 'NETRA_AGENTS_DIR',
    schema: z.string().min(1).optional(),
    default: './agents, if there is one',
    doc: 'Folder of agents of your own: each `<name>.md` or `<name>.ts` in it is one. It runs as Netra itself: let nobody write there who may not change Netra.',
  }),
  modelFallback: setting({
    env: 'NETRA_MODEL_FALLBACK',
    schema: list.pipe(
      z.array(z.string().regex(/^[^/]+\/.+$/, 'is not of the form <provider>/<model>')),
    ),
    default: 'none',
    doc: 'Models, separated by commas, that answer in their order where another one cannot; who asked is told. The conversation then goes to their provider.',
  }),
  mode: setting({
    env: 'NETRA_MODE',
    schema: z.enum(SERVICE_LEVELS).default('full'),
    default: 'full',
    doc: 'How much of the service there is at most: full, no_tools, read_only, or maintenance (only administrators).',
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
    default: 'warn; info in staging and production',
    doc: 'How much is logged (JSON lines on standard error).',
  }),
  logFormat: setting({
    env: 'NETRA_LOG_FORMAT',
    schema: z.enum(['json', 'google', 'pretty']).optional(),
    default: 'json; google where K_SERVICE is set',
    doc: 'json lines, the form that Google Cloud reads, or pretty for people.',
  }),
  googleService: setting({
    env: 'K_SERVICE',
    schema: key,
    default: 'none',
    doc: 'Set by Cloud Run: the service in error reports, and the google form of logs.',
  }),
  googleProject: setting({
    env: 'GOOGLE_CLOUD_PROJECT',
    schema: key,
    default: 'none',
    doc: 'The project whose traces the google form of logs points to.',
  }),
  sentryDsn: setting({
    env: 'SENTRY_DSN',
    schema: z
      .url({ protocol: /^https?$/, error: 'is not of the form https://key@host/project' })
      .refine(isSentryDsn, 'is not of the form https://key@host/project')
      .optional(),
    default: 'none',
    doc: 'Where groups of errors are reported (Sentry or anything that takes its envelopes); nothing that people wrote is in them.',
    secret: true,
  }),
  otlpEndpoint: setting({
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    schema: httpUrl.optional(),
    default: 'none: nothing is exported',
    doc: 'An OpenTelemetry collector, for example http://localhost:4318: traces, metrics and logs go there (OTLP over HTTP, JSON).',
  }),
  otlpTracesEndpoint: setting({
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    schema: httpUrl.optional(),
    default: '<OTEL_EXPORTER_OTLP_ENDPOINT>/v1/traces',
    doc: 'The whole address for traces, where it is another.',
  }),
  otlpMetricsEndpoint: setting({
    env: 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
    schema: httpUrl.optional(),
    default: '<OTEL_EXPORTER_OTLP_ENDPOINT>/v1/metrics',
    doc: 'The whole address for metrics, where it is another.',
  }),
  otlpLogsEndpoint: setting({
    env: 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT',
    schema: httpUrl.optional(),
    default: '<OTEL_EXPORTER_OTLP_ENDPOINT>/v1/logs',
    doc: 'The whole address for logs, where it is another.',
  }),
  otlpHeaders: setting({
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    schema: z
      .string()
      .regex(/^\s*[\w-]+=[^,]*(?:,\s*[\w-]+=[^,]*)*$/, 'is not of the form name=value,name=value')
      .optional(),
    default: 'none',
    doc: 'Headers of each export, as name=value,name=value with values percent-encoded.',
    secret: true,
  }),
  otlpProtocol: setting({
    env: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    schema: z.enum(['http/json', 'http/protobuf']).default('http/json'),
    default: 'http/json',
    doc: 'JSON is sent, which every OTLP address over HTTP takes; grpc is not spoken: use port 4318.',
  }),
  otlpTimeoutMs: setting({
    env: 'OTEL_EXPORTER_OTLP_TIMEOUT',
    schema: wholeNumber(100, 60_000, 10_000),
    default: '10000',
    doc: 'Milliseconds that one export may take.',
  }),
  otelServiceName: setting({
    env: 'OTEL_SERVICE_NAME',
    schema: z.string().min(1).max(255).optional(),
    default: 'netra',
    doc: 'service.name of everything exported.',
  }),
  otelResourceAttributes: setting({
    env: 'OTEL_RESOURCE_ATTRIBUTES',
    schema: z
      .string()
      .regex(/^\s*[\w.-]+=[^,]*(?:,\s*[\w.-]+=[^,]*)*$/, 'is not of the form name=value,name=value')
      .optional(),
    default: 'none',
    doc: 'More about this node, as name=value,name=value.',
  }),
  otelTracesSampler: setting({
    env: 'OTEL_TRACES_SAMPLER',
    schema: z
      .enum([
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ])
      .default('parentbased_always_on'),
    default: 'parentbased_always_on',
    doc: 'Which traces are exported; what a client says of its own trace decides nothing.',
  }),
  otelTracesSamplerArg: setting({
    env: 'OTEL_TRACES_SAMPLER_ARG',
    schema: z
      .string()
      .regex(/^(?:0(?:\.\d+)?|1(?:\.0+)?|\.\d+)$/, 'is not a number from 0 to 1')
      .transform(Number)
      .default(1),
    default: '1',
    doc: 'The share of traces for traceidratio.',
  }),
  otelMetricInterval: setting({
    env: 'OTEL_METRIC_EXPORT_INTERVAL',
    schema: wholeNumber(100, 3_600_000, 60_000),
    default: '60000',
    doc: 'Milliseconds between two exports of the metrics.',
  }),
  otelBatchDelay: setting({
    env: 'OTEL_BSP_SCHEDULE_DELAY',
    schema: wholeNumber(10, 60_000, 5_000),
    default: '5000',
    doc: 'Milliseconds after which spans and log lines are exported.',
  }),
  otelDisabled: setting({
    env: 'OTEL_SDK_DISABLED',
    schema: flag,
    default: 'false',
    doc: 'true exports nothing, whatever else is set.',
  }),
  otelContent: setting({
    env: 'NETRA_OTEL_CONTENT',
    schema: flag,
    default: '0',
    doc: '1 exports what people, models and tools say with their spans: everybody who reads the traces reads the chats.',
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
  tokensPerMonth: setting({
    env: 'NETRA_TOKENS_PER_MONTH',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
    default: '0: no limit',
    doc: 'The same in a calendar month (UTC). Administrators may set other budgets for a role or a person on the page Spending.',
  }),
  usdPerDay: setting({
    env: 'NETRA_USD_PER_DAY',
    schema: dollars,
    default: '0: no limit',
    doc: 'US dollars that the models may cost one user in a day, by the price catalogue.',
  }),
  usdPerMonth: setting({
    env: 'NETRA_USD_PER_MONTH',
    schema: dollars,
    default: '0: no limit',
    doc: 'The same in a calendar month.',
  }),
  totalTokensPerDay: setting({
    env: 'NETRA_TOTAL_TOKENS_PER_DAY',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
    default: '0: no limit',
    doc: 'Tokens in a day for everybody together.',
  }),
  totalTokensPerMonth: setting({
    env: 'NETRA_TOTAL_TOKENS_PER_MONTH',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
    default: '0: no limit',
    doc: 'The same in a calendar month.',
  }),
  totalUsdPerDay: setting({
    env: 'NETRA_TOTAL_USD_PER_DAY',
    schema: dollars,
    default: '0: no limit',
    doc: 'US dollars in a day for everybody together.',
  }),
  totalUsdPerMonth: setting({
    env: 'NETRA_TOTAL_USD_PER_MONTH',
    schema: dollars,
    default: '0: no limit',
    doc: 'The same in a calendar month.',
  }),
  runsAtOnce: setting({
    env: 'NETRA_RUNS_AT_ONCE',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
    default: '0: no limit',
    doc: 'Answers that may be made at once for one user; who has as many waits for one to end.',
  }),
  stepsPerRun: setting({
    env: 'NETRA_STEPS_PER_RUN',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
    default: '0: no limit',
    doc: 'Model and tool calls of one answer.',
  }),
  modelCallsPerRun: setting({
    env: 'NETRA_MODEL_CALLS_PER_RUN',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
    default: '0: no limit',
    doc: 'Model calls of one answer; an agent has a limit of its own besides.',
  }),
  handoffsPerRun: setting({
    env: 'NETRA_HANDOFFS_PER_RUN',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
    default: '0: no limit',
    doc: 'Hand-offs from agent to agent in one answer.',
  }),
  secondsPerRun: setting({
    env: 'NETRA_SECONDS_PER_RUN',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
    default: '0: no limit',
    doc: 'Seconds that one answer may be worked on without a break; what waits for a person does not count.',
  }),
  unpricedModels: setting({
    env: 'NETRA_UNPRICED_MODELS',
    schema: z.enum(['allowed', 'refused']).default('allowed'),
    default: 'allowed',
    doc: 'Whether models without a known price may answer where a budget in money holds: their tokens are counted, their money is not.',
  }),
  ledgerMonths: setting({
    env: 'NETRA_LEDGER_MONTHS',
    schema: wholeNumber(1, 1_200, 24),
    default: '24',
    doc: 'Calendar months for which the calls of models are kept, besides the one that goes on.',
  }),
  bypassStartupChecks: setting({
    env: 'NETRA_BYPASS_STARTUP_CHECKS',
    schema: list,
    default: 'none',
    doc: 'Start-up checks, separated by commas, that may fail without ending the start, or all; never in production.',
  }),
  drainSeconds: setting({
    env: 'NETRA_DRAIN_SECONDS',
    schema: wholeNumber(0, 3_600, 10),
    default: '10',
    doc: 'After SIGTERM: over so many seconds sockets are sent away and runs may end; what still runs then goes on elsewhere or at the next start.',
  }),
  drainDelaySeconds: setting({
    env: 'NETRA_DRAIN_DELAY_SECONDS',
    schema: wholeNumber(0, 3_600, 0),
    default: '0',
    doc: 'After SIGTERM: so many seconds it is not ready and still serves, so that a balancer notices before sockets are sent away.',
  }),
  allowMigration: setting({
    env: 'NETRA_ALLOW_MIGRATION',
    schema: flag,
    default: '0',
    doc: '1 lets a start change the form of data that an older Netra wrote, which that one cannot read afterwards; make a backup first.',
  }),
  replicas: setting({
    env: 'NETRA_REPLICAS',
    schema: wholeNumber(1, 10_000, 1),
    default: '1',
    doc: 'How many nodes the platform runs at once; more than one need DATABASE_URL.',
  }),
  revision: setting({
    env: 'NETRA_REVISION',
    schema: z
      .string()
      .regex(/^[\w.+-]{1,100}$/, 'is not a short name of letters, digits, dots and dashes')
      .optional(),
    default: 'K_REVISION, else what npm run pack stamped, else the version',
    doc: 'Which build this is, as /health and the logs tell it.',
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
  backupPassphrase: setting({
    env: 'NETRA_BACKUP_PASSPHRASE',
    schema: z.string().min(12, 'is shorter than 12 characters').optional(),
    default: 'none: backups are not encrypted',
    doc: 'Encrypts what netra backup writes, and opens it for netra restore.',
    secret: true,
  }),
} as const

export type Settings = {
  [Name in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Name]['schema']>
}

/** Names of later releases that are refused rather than ignored, with what to do. */
const NOT_YET: Record<string, string> = {
  NATS_URL: 'several nodes are not supported yet; unset it',
}

/** As `readSettings` answers, and where each value came from. */
export interface ReadSettings {
  settings: Settings
  problems: string[]
  /** What is allowed and unwise of where values come from. */
  warnings: string[]
  /** The variables that could not be read. */
  unread: string[]
  /** By variable; what is absent has its default. */
  given: ReadonlyMap<string, Given>
}

const NAMES: readonly string[] = Object.values(SETTINGS).map(({ env }) => env)
const SECRETS = new Set<string>(
  Object.values(SETTINGS).flatMap((entry) => ('secret' in entry ? [entry.env] : [])),
)

/** All settings that can be read, and every problem with the others. */
export function readSettings(env: Environment, options: ReadOptions = {}): ReadSettings {
  const { values, problems, warnings } = gather(env, {
    names: NAMES,
    isSecret: (name) => SECRETS.has(name),
  })
  const given = withDefaults(values, options)
  const unread: string[] = []
  const entries = Object.entries(SETTINGS).map(([name, entry]) => {
    const { text, from } = given.get(entry.env) ?? {}
    const parsed = entry.schema.safeParse(text, { error: problemWords })
    if (parsed.success) return [name, parsed.data]
    unread.push(entry.env)
    // Half of a password may look like none: of what holds one nothing is repeated.
    const isShown = !('secret' in entry) && text === shownValue(text ?? '')
    const shown = isShown ? ` ("${text}")` : ''
    const where = from === undefined || from === 'environment' ? '' : ` in ${from}`
    problems.push(`${entry.env}${shown}${where}: ${parsed.error.issues[0]?.message}. ${entry.doc}`)
    return [name, entry.schema.safeParse(undefined).data]
  })
  for (const [name, why] of Object.entries(NOT_YET)) if (env[name]) problems.push(`${name}: ${why}`)
  return { settings: Object.fromEntries(entries) as Settings, problems, warnings, unread, given }
}

export interface ReadOptions {
  /** What a command takes instead of the defaults of all. */
  defaults?: Readonly<Record<string, string>>
  /** Settings that mean nothing to a command. */
  without?: readonly string[]
}

function withDefaults(
  values: ReadonlyMap<string, Given>,
  { defaults = {}, without = [] }: ReadOptions,
): Map<string, Given> {
  const given = new Map(values)
  for (const name of without) given.delete(name)
  const environment = given.get('NETRA_ENV')?.text ?? 'development'
  const profile = Object.entries(PROFILES[environment] ?? {})
  for (const [name, text] of profile) {
    if (!given.has(name)) given.set(name, { text, from: `default of ${environment}` })
  }
  for (const [name, text] of Object.entries(defaults)) {
    if (!given.has(name)) given.set(name, { text, from: 'default' })
  }
  return given
}
