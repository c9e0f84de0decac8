import { expect, test } from 'vitest'

import { ConfigError, loadConfig } from './config.ts'

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test('nothing set is a local installation on port 8000', () => {
  const config = loadConfig({})
  expect(config).toMatchObject({ port: 8000, host: '127.0.0.1', loopback: true, https: false })
})

test('an empty variable counts as absent', () => {
  expect(loadConfig({ PORT: '', NETRA_PUBLIC_URL: '' }).port).toBe(8000)
})

test('every problem is told at once', () => {
  const problems = problemsOf({ PORT: 'eighty', NETRA_ENV: 'prod', NETRA_MODEL: 'gpt-4o' })
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'PORT',
    'NETRA_ENV',
    'NETRA_MODEL',
  ])
})

test('a misspelt variable is refused and the nearest name is told', () => {
  expect(problemsOf({ NETRA_DATA_DIRS: '/x' })[0]).toContain('NETRA_DATA_DIR')
})

test('beyond loopback plain http must be asked for', () => {
  expect(problemsOf({ HOST: '0.0.0.0' })[0]).toContain('NETRA_PUBLIC_URL')
  expect(problemsOf({ HOST: '0.0.0.0', NETRA_INSECURE_HTTP: '1' })).toEqual([])
  expect(problemsOf({ HOST: '0.0.0.0', NETRA_PUBLIC_URL: 'https://netra.example' })).toEqual([])
})

test('an auth service elsewhere needs a secret, and https beyond this machine', () => {
  const NETRA_SERVICE_SECRET = 'a-secret-of-at-least-32-characters'
  const at = (url: string, more = {}) => problemsOf({ AUTH_SERVICE_URL: url, ...more })
  expect(at('http://localhost:8083')[0]).toContain('needs NETRA_SERVICE_SECRET')
  for (const url of ['http://localhost:8083', 'http://[::1]:8083', 'https://auth.example']) {
    expect(at(url, { NETRA_SERVICE_SECRET })).toEqual([])
  }
  expect(at('http://auth:8083', { NETRA_SERVICE_SECRET })[0]).toContain('neither https nor on this')
  expect(at('http://auth:8083', { NETRA_SERVICE_SECRET, NETRA_INSECURE_HTTP: '1' })).toEqual([])
})

test('what is wrong with a setting is said without words of the schema', () => {
  const [port, env, level] = problemsOf({
    PORT: '70000',
    NETRA_ENV: 'prod',
    NETRA_LOG_LEVEL: 'loud',
  })
  expect(port).toMatch(/^PORT \("70000"\): must be at most 65535\. /)
  expect(env).toMatch(/^NETRA_ENV \("prod"\): must be one of development, staging, production\. /)
  expect(level).toContain('must be one of silent, fatal, error')
})

test('a secret that is too short is one problem', () => {
  const problems = problemsOf({
    AUTH_SERVICE_URL: 'http://localhost:8083',
    NETRA_SERVICE_SECRET: 'short',
  })
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain('NETRA_SERVICE_SECRET: is shorter than 32 characters')
})

test('a wrong secret is never echoed', () => {
  const problems = problemsOf({ DATABASE_URL: 'mysql://u:hunter2@h/db' })
  expect(problems[0]).toContain('DATABASE_URL: is not of the form postgres://')
  expect(problems.join()).not.toContain('hunter2')
})

test.each(['postgres://u:p@h:5432/db', 'postgresql:///db?host=/var/run/postgresql'])(
  'a PostgreSQL database is a secret: %s',
  (url) => {
    expect(loadConfig({ DATABASE_URL: url }).secrets.databaseUrl).toBe(url)
  },
)

test.each([
  [{ NETRA_REGISTRATION: 'domain' }, 'NETRA_REGISTRATION_DOMAINS names none'],
  [{ NETRA_REGISTRATION_DOMAINS: 'a.example' }, 'counts only with NETRA_REGISTRATION=domain'],
  [{ NETRA_MAIL_FROM: 'netra@a.example' }, 'without SMTP_URL'],
  [{ SMTP_URL: 'http://u:hunter2@a.example' }, 'SMTP_URL: is not an smtp or smtps address'],
])('half of what accounts need is refused: %j', (env, problem) => {
  const problems = problemsOf(env)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(problem)
  expect(problems[0]).not.toContain('hunter2')
})

test('what is not served yet is refused, not ignored', () => {
  expect(problemsOf({ NATS_URL: 'nats://x' })[0]).toContain('not supported yet')
})

test.each([
  [{ GOOGLE_CLIENT_ID: 'x' }, 'GOOGLE_CLIENT_ID needs GOOGLE_CLIENT_SECRET'],
  [{ GOOGLE_CLIENT_SECRET: 'x' }, 'GOOGLE_CLIENT_SECRET needs GOOGLE_CLIENT_ID'],
  [{ NETRA_OIDC_ISSUER: 'https://id.example' }, 'NETRA_OIDC_ISSUER needs NETRA_OIDC_CLIENT_ID'],
  [{ NETRA_OIDC_CLIENT_ID: 'x' }, 'NETRA_OIDC_CLIENT_ID needs NETRA_OIDC_ISSUER'],
  [{ NETRA_OIDC_CLIENT_SECRET: 'x' }, 'NETRA_OIDC_CLIENT_SECRET needs NETRA_OIDC_CLIENT_ID'],
])('half a provider is refused: %j', (env, problem) => {
  expect(problemsOf(env)).toEqual([problem])
})

test('an issuer is https; on loopback it need not be, but for production', () => {
  const issuer = (url: string, more = {}) =>
    problemsOf({ NETRA_OIDC_ISSUER: url, NETRA_OIDC_CLIENT_ID: 'x', ...more })
  expect(issuer('https://id.example/realms/people')).toEqual([])
  expect(issuer('http://localhost:9000')).toEqual([])
  expect(issuer('http://id.example')[0]).toContain('is not https')
  expect(issuer('http://localhost:9000', { NETRA_ENV: 'production' })[0]).toContain('is not https')
  expect(issuer('https://id.example/?x=1')[0]).toContain('query')
})

test.each([
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OPENAI_BASE_URL',
  'ANTHROPIC_BASE_URL',
  'AUTH_SERVICE_URL',
  'NETRA_OIDC_ISSUER',
  'NETRA_PUBLIC_URL',
  'NETRA_AUTH_PUBLIC_URL',
  'NETRA_WEB_URL',
])('an address with a password is refused without repeating it: %s', (name) => {
  for (const userInfo of ['u:s3cr@t/pw', 'u:s3cr', 's3cr', 'u:s3%40cr']) {
    const [problem = '', ...more] = problemsOf({ [name]: `https://${encoded(userInfo)}@h.example` })
    expect(more).toEqual([])
    expect(problem).toContain(`${name}: holds a user name or a password`)
    expect(problem).not.toMatch(/s3|h\.example/)
  }
  const [wrong = ''] = problemsOf({ [name]: 'ftp://u:s3cr@t@h.example' })
  expect(wrong).toContain(`${name}: is not an http or https address`)
  expect(wrong).not.toContain('s3cr')
})

const encoded = (userInfo: string): string => userInfo.replaceAll('/', '%2F')

test('a secret in the query of an address is not repeated', () => {
  const NETRA_OIDC_ISSUER = 'https://id.example/?client_secret=hunter2'
  const [problem] = problemsOf({ NETRA_OIDC_ISSUER, NETRA_OIDC_CLIENT_ID: 'x' })
  expect(problem).toContain('has a query')
  expect(problem).not.toContain('hunter2')
})

test('a start that goes around its checks is refused where people are, as test users are', () => {
  const env = { NETRA_BYPASS_STARTUP_CHECKS: 'agents' }
  const https = { ...env, NETRA_PUBLIC_URL: 'https://netra.example' }
  expect(problemsOf(env)).toEqual([])
  expect(problemsOf(https)[0]).toContain('NETRA_BYPASS_STARTUP_CHECKS is set on a Netra with an')
  expect(problemsOf({ ...https, NETRA_ENV: 'staging' })).toEqual([])
})
