import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { DataFolderUnusable } from './data-folder.ts'

export class DataFolderTaken extends Error {
  override readonly name = 'DataFolderTaken'

  constructor(folder: string) {
    super(
      `the data folder ${resolve(folder)} is in use by another Netra: stop that one first, for a journal on SQLite has one process at a time (several need DATABASE_URL), or set NETRA_DATA_DIR to another folder`,
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
  return hold(folder, 'netra.lock', EXCLUSIVE)
}

/**
 * Takes the data folder together with other processes that do the same; one that wants it for itself
 * is kept out. `first` is true for one of them at a time.
 *
 * @throws DataFolderTaken when a process holds it for itself.
 */
export function shareDataFolder(folder: string): Disposable & { first: boolean } {
  const release = hold(folder, 'netra.lock', SHARED)
  const leave = tryHold(folder, 'netra.first')
  return {
    first: leave !== undefined,
    [Symbol.dispose]() {
      leave?.()
      release()
    },
  }
}

const EXCLUSIVE = 'pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive'
/** Reading anything inside a transaction keeps the shared lock until it ends. */
const SHARED = 'pragma journal_mode = memory; begin; select count(*) from sqlite_schema'

function tryHold(folder: string, name: string): (() => void) | undefined {
  try {
    return hold(folder, name, EXCLUSIVE)
  } catch (error) {
    if (error instanceof DataFolderTaken) return undefined
    throw error
  }
}

function openLock(folder: string, name: string): DatabaseSync {
  try {
    return new DatabaseSync(join(folder, name), { timeout: 0 })
  } catch (error) {
    throw new DataFolderUnusable(resolve(folder), `${name} cannot be made in it`, error)
  }
}

function hold(folder: string, name: string, how: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = openLock(folder, name)
  try {
    database.exec(how)
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      throw new DataFolderTaken(folder)
    }
    throw error
  }
  return () => database.close()
}
