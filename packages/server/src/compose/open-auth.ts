import { openAuth, providersOf, type Auth } from '../auth/auth.ts'
import type { Config } from '../config/config.ts'
import type { Breakers } from '../platform/breakers.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { refuseAccountMigration } from '../startup/one-way-migration.ts'

/** The auth service as the settings say, for a node that has it inside and for `netra auth` alike. */
export async function openConfiguredAuth(
  config: Config,
  parts: {
    publicUrl: string
    /** Where links for people lead, when that is not known before it listens. */
    webUrl?: () => string
    shared: boolean
    clock: Clock
    logger: Logger
    metrics?: Metrics
    breakers?: Breakers
  },
): Promise<Auth> {
  refuseAccountMigration(config)
  const { demo, secrets } = config
  const testUsers = { demo, e2eKey: secrets.e2eKey, stagingSecret: secrets.stagingJwtSecret }
  for (const door of openDoors(config)) {
    parts.logger.warn(
      { setting: door },
      'people without an account are let in; never in production',
    )
  }
  return openAuth({
    folder: config.dataDir,
    testUsers,
    providers: providersOf(config),
    accessTokenSeconds: config.accessTokenSeconds,
    registration: config.registration,
    registrationDomains: config.registrationDomains,
    mail:
      secrets.smtpUrl === undefined ? undefined : { url: secrets.smtpUrl, from: sender(config) },
    ...parts,
    ...(config.webPublicUrl !== undefined && { webUrl: () => config.webPublicUrl ?? '' }),
  })
}

const sender = ({ mailFrom, publicUrl }: Config): string =>
  mailFrom ?? `Netra <netra@${publicUrl === undefined ? 'localhost' : new URL(publicUrl).hostname}>`

const openDoors = ({ demo, secrets }: Config): string[] => [
  ...(demo ? ['NETRA_DEMO'] : []),
  ...(secrets.e2eKey === undefined ? [] : ['E2E_OAUTH_SIMULATION_KEY']),
  ...(secrets.stagingJwtSecret === undefined ? [] : ['JWT_SECRET_STAGING']),
]
