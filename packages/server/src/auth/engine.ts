import { getAdapter } from 'better-auth/db/adapter'
import { betterAuth } from 'better-auth/minimal'
import { admin } from 'better-auth/plugins/admin'

import { uuidv7 } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { sessionCookieName } from './session/session-cookie.ts'
import type { AuthDatabase } from './store/auth-database.ts'

export const MIN_PASSWORD_CHARS = 8
export const MAX_PASSWORD_CHARS = 128
/** A login session ends when unused for this long, and at the latest after `MAX_SESSION_MS`. */
export const IDLE_SESSION_SECONDS = 7 * 24 * 3600
export const MAX_SESSION_MS = 30 * 24 * 3600 * 1000
export const EXTEND_SESSION_AFTER_SECONDS = 3600
/** The header in which the caller's address reaches Better Auth; set by us, never by a client. */
export const ADDRESS_HEADER = 'x-netra-address'

export interface EngineOptions {
  database: AuthDatabase
  cookieSecret: string
  publicUrl: string
  logger: Logger
}

export type Engine = Awaited<ReturnType<typeof openEngine>>

/**
 * Better Auth over the account store. `better-auth/minimal` with the adapter handed in loads in
 * about half the time of `better-auth`; see `migrateEngine` for its tables.
 */
export async function openEngine(options: EngineOptions) {
  const settings = engineSettings(options)
  const adapter = await getAdapter({ ...settings, database: storeOf(options.database) })
  const engine = betterAuth({ ...settings, database: () => adapter })
  await engine.$context
  return engine
}

function engineSettings({ database, cookieSecret, publicUrl, logger }: EngineOptions) {
  const secure = publicUrl.startsWith('https:')
  return {
    appName: 'Netra',
    baseURL: publicUrl,
    secret: cookieSecret,
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: MIN_PASSWORD_CHARS,
      maxPasswordLength: MAX_PASSWORD_CHARS,
    },
    session: { expiresIn: IDLE_SESSION_SECONDS, updateAge: EXTEND_SESSION_AFTER_SECONDS },
    advanced: {
      // The name carries the stronger prefix already; Better Auth would add `__Secure-`.
      useSecureCookies: false,
      cookies: {
        session_token: {
          name: sessionCookieName(publicUrl),
          attributes: { secure, httpOnly: true, sameSite: 'lax' as const, path: '/' },
        },
      },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      database: { generateId: () => uuidv7() },
    },
    logger: {
      level: 'error' as const,
      // Its further arguments may hold addresses and rows; the message is enough.
      log: (_level: string, message: string) => {
        // It looks at its tables in the background; a start that gave up has closed them meanwhile.
        const level = database.isOpen ? 'error' : 'debug'
        logger[level]({ part: 'better-auth' }, message)
      },
    },
    plugins: [admin()],
  }
}

/**
 * Brings Better Auth's tables up to its schema. Loaded only when asked for: it reads the whole
 * schema back, which costs more than everything else at start.
 */
export async function migrateEngine(options: EngineOptions): Promise<void> {
  const { getMigrations } = await import('better-auth/db/migration')
  const { runMigrations } = await getMigrations({
    ...engineSettings(options),
    database: storeOf(options.database),
  })
  await runMigrations()
}

const storeOf = (database: AuthDatabase) => ({
  db: database.kysely(),
  type: 'sqlite' as const,
  transaction: false,
})
