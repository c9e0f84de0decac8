import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export class DataFolderTaken extends Error {
  override readonly name = 'DataFolderTaken'

  constructor(folder: string) {
    super(
      `the data folder ${resolve(folder)} is in use by another Netra; stop it or set NETRA_DATA_DIR`,
    )
  }
}

const SQLITE_BUSY = 5

/**
 * Takes the data folder for this process. The lock is the operating system's, held through an empty
 * database that nothing else opens: it ends with the process however that dies, and no file has to
 * be cleaned up. The answer releases it.
 *
 * @throws DataFolderTaken when another process, or this one, holds it.
 */
export function lockDataFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(folder, 'netra.lock'), { timeout: 0 })
  try {
    database.exec('pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      throw new DataFolderTaken(folder)
    }
    throw error
  }
  return () => database.close()
}
