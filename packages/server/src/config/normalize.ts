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
  model: string | undefined
  openaiBaseUrl: string | undefined
  anthropicBaseUrl: string | undefined
  secrets: {
    /** Holds a password. */
    databaseUrl: string | undefined
    metricsToken: string | undefined
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
    model: settings.model,
    openaiBaseUrl: settings.openaiBaseUrl,
    anthropicBaseUrl: settings.anthropicBaseUrl,
    secrets: {
      databaseUrl: settings.databaseUrl,
      metricsToken: settings.metricsToken,
      openaiApiKey: settings.openaiApiKey,
      anthropicApiKey: settings.anthropicApiKey,
      googleApiKey: settings.googleApiKey,
    },
  }
  return { config, problems }
}
