import { pendingAccountMigration } from '../auth/store/pending-migration.ts'
import type { Config } from '../config/config.ts'
import { pendingJournalMigrations } from '../journal/sqlite/pending-migrations.ts'

export class OneWayMigration extends Error {
  override readonly name = 'OneWayMigration'

  constructor(where: string, steps: readonly string[]) {
    super(
      `${where} was written by an older Netra. This version would change its form (${steps.join('; ')}), and the older one cannot read it afterwards: there is no way back but a backup. ` +
        'Make one first, which changes nothing: netra backup <file>. Then start with NETRA_ALLOW_MIGRATION=1',
    )
  }
}

/**
 * Before anything is opened for writing: nobody loses the way back without having said so.
 *
 * @throws OneWayMigration with what to do.
 */
export async function refuseOneWayMigration(config: Config): Promise<void> {
  if (config.allowMigration) return
  const { dataDir, secrets } = config
  refuseAccountMigration(config)
  if (secrets.databaseUrl === undefined) {
    refuse(
      `the journal in ${dataDir}`,
      readable(() => pendingJournalMigrations(dataDir)),
    )
    return
  }
  const { pendingDatabaseMigrations } = await import('../journal/postgres/pending-migrations.ts')
  // A database that does not answer is told of by whatever opens it.
  const steps = await pendingDatabaseMigrations(secrets.databaseUrl).catch(() => [])
  refuse('the database of DATABASE_URL', steps)
}

/** The same of accounts alone, for what opens nothing else. */
export function refuseAccountMigration({ allowMigration, authServiceUrl, dataDir }: Config): void {
  if (allowMigration || authServiceUrl !== undefined) return
  const step = readable(() => pendingAccountMigration(dataDir))
  refuse(`the store of accounts in ${dataDir}`, step === undefined ? [] : [step])
}

function refuse(where: string, steps: readonly string[] = []): void {
  if (steps.length > 0) throw new OneWayMigration(where, steps)
}

/** A file that is no store is told of by whatever opens it for good. */
function readable<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
