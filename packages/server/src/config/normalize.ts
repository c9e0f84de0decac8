import { resolve } from 'node:path'

import type { Settings } from './settings.ts'

/** Settings with what follows from them. Secrets stay apart so that the rest can be shown. */
export interface Config {
  port: number
  host: string
  dataDir: string
  environment: Settings['environment']
  /** Given by the operator; absent on a plain local installation. */
  publicUrl: string | undefined
  /** Listening on loopback only. */
  loopback: boolean
  /** Cookies are Secure and carry the __Host- prefix. */
  https: boolean
  accessTokenSeconds: number
  logLevel: Settings['logLevel']
  trustedProxies: string[]
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
  openaiBaseUrl: string | undefined
  anthropicBaseUrl: string | undefined
  secrets: {
    /** Holds a password. */
    databaseUrl: string | undefined
    metricsToken: string | undefined
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
  }
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

export function normalize(settings: Settings): { config: Config; problems: string[] } {
  const loopback = isLoopback(settings.host)
  const https = settings.publicUrl?.startsWith('https:') ?? false
  const problems: string[] = []
  if (!loopback && !https && !settings.insecureHttp) {
    problems.push(
      `HOST (${settings.host}) is not loopback: set NETRA_PUBLIC_URL to the https address that people use, or NETRA_INSECURE_HTTP=1 to accept that everything crosses the network unencrypted`,
    )
  }
  if (settings.publicUrl && new URL(settings.publicUrl).pathname !== '/') {
    problems.push(
      'NETRA_PUBLIC_URL has a path: Netra is served from the root of its address for now',
    )
  }
  const config: Config = {
    port: settings.port,
    host: settings.host,
    dataDir: resolve(settings.dataDir),
    environment: settings.environment,
    publicUrl: settings.publicUrl?.replace(/\/$/, ''),
    loopback,
    https,
    accessTokenSeconds: settings.accessTokenSeconds,
    logLevel: settings.logLevel,
    trustedProxies: settings.trustedProxies,
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
    openaiBaseUrl: settings.openaiBaseUrl,
    anthropicBaseUrl: settings.anthropicBaseUrl,
    secrets: {
      databaseUrl: settings.databaseUrl,
      metricsToken: settings.metricsToken,
      googleClientSecret: settings.googleClientSecret,
      oidcClientSecret: settings.oidcClientSecret,
      smtpUrl: settings.smtpUrl,
      serviceSecret: settings.serviceSecret,
      e2eKey: settings.e2eKey,
      stagingJwtSecret: settings.stagingJwtSecret,
      openaiApiKey: settings.openaiApiKey,
      anthropicApiKey: settings.anthropicApiKey,
      googleApiKey: settings.googleApiKey,
    },
  }
  return { config, problems }
}
