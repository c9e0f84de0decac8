import type { DatabaseSync } from 'node:sqlite'

import type { Migration } from '../migrations/migration.ts'

/** Brings one part of the schema to its newest version, all steps in one transaction. */
export function migrate(
  database: DatabaseSync,
  part: string,
  migrations: readonly Migration[],
): void {
  database.exec(
    'create table if not exists schema_version (part text primary key, version integer not null)',
  )
  const row = database.prepare('select version from schema_version where part = ?').get(part)
  const version = typeof row?.['version'] === 'number' ? row['version'] : 0
  if (version > migrations.length) throw new Error(newerThanThis(part, version, migrations.length))
  if (version === migrations.length) return
  database.exec('begin immediate')
  try {
    for (const step of migrations.slice(version)) {
      for (const statement of step.statements) database.exec(statement)
    }
    database
      .prepare('insert or replace into schema_version (part, version) values (?, ?)')
      .run(part, migrations.length)
    database.exec('commit')
  } catch (error) {
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}

const newerThanThis = (part: string, found: number, known: number): string =>
  `journal.db was written by a newer Netra (schema "${part}" ${found}, this one knows ${known}); ` +
  'start that version again, or set NETRA_DATA_DIR to another folder'
