import { DatabaseSync } from 'node:sqlite'

/** The writer's connection: a commit returns once it is on the disk. */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 2_000 })
  database.exec('pragma journal_mode = wal')
  database.exec('pragma synchronous = full; pragma wal_autocheckpoint = 0')
  // What is deleted is overwritten with zeros: an erasure must not leave it in free pages.
  database.exec('pragma secure_delete = on')
  if (process.platform === 'darwin') {
    database.exec('pragma fullfsync = on; pragma checkpoint_fullfsync = on')
  }
  return database
}
