import { getMigrations } from 'better-auth/db/migration'
import { admin } from 'better-auth/plugins/admin'

import type { Logger } from '../../platform/logger.ts'
import type { AuthDatabase } from './auth-database.ts'

/**
 * Brings the tables of users, passwords and login sessions up to Better Auth's schema. This file
 * is loaded only when the store is older: reading the whole schema back costs more than all else at
 * start.
 */
export async function migrateBetterAuth(database: AuthDatabase, logger: Logger): Promise<void> {
  const { runMigrations } = await getMigrations({
    telemetry: { enabled: false },
    emailAndPassword: { enabled: true },
    logger: {
      level: 'error',
      // Its further arguments may hold addresses and rows; the message is enough.
      log: (_level: string, message: string) => logger.error({ part: 'better-auth' }, message),
    },
    plugins: [admin()],
    database: { db: database.kysely(), type: 'sqlite', transaction: false },
  })
  await runMigrations()
}
