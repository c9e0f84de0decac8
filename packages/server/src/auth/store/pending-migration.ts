import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { SCHEMA_VERSION } from './tables.ts'

/** What a start would do to the accounts, after which no older version opens them; changes nothing. */
export function pendingAccountMigration(folder: string): string | undefined {
  const path = join(folder, 'auth.db')
  if (!existsSync(path)) return undefined
  const database = new DatabaseSync(path, { readOnly: true, timeout: 2_000 })
  try {
    const version = Number(database.prepare('pragma user_version').get()?.['user_version'])
    if (version === 0 || version >= SCHEMA_VERSION) return undefined
    return `accounts from version ${version} to ${SCHEMA_VERSION}`
  } finally {
    database.close()
  }
}
