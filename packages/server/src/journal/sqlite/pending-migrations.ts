import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import type { Migration } from '../migrations/migration.ts'
import { rowMigrations } from '../migrations/migrations.ts'
import { logMigrations } from './log-migrations.ts'

/** Parts that an older version reads as well; it refuses a store in which one of them is newer than it. */
const PARTS: Record<string, readonly Migration[]> = { log: logMigrations, rows: rowMigrations }

/** The steps that a start would take, after which no older version opens the journal; changes nothing. */
export function pendingJournalMigrations(folder: string): string[] {
  const path = join(folder, 'journal.db')
  if (!existsSync(path)) return []
  const database = new DatabaseSync(path, { readOnly: true, timeout: 2_000 })
  try {
    const has = database.prepare("select 1 from sqlite_schema where name = 'schema_version'").get()
    if (!has) return []
    const found = database.prepare('select part, version from schema_version').all()
    return pendingOf(
      PARTS,
      new Map(found.map((row) => [String(row['part']), Number(row['version'])])),
    )
  } finally {
    database.close()
  }
}

/** A part that is not there at all is a new one beside the others, which nobody older looks at. */
export const pendingOf = (
  parts: Record<string, readonly Migration[]>,
  found: ReadonlyMap<string, number>,
): string[] =>
  Object.entries(parts).flatMap(([part, steps]) => {
    const version = found.get(part) ?? 0
    return version === 0 ? [] : steps.slice(version).map(({ name }) => name)
  })
