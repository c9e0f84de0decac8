import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

export class DataFolderUnusable extends Error {
  override readonly name = 'DataFolderUnusable'

  constructor(folder: string, why: string, cause?: unknown) {
    super(
      `the data folder ${folder} cannot be used (${why}); set NETRA_DATA_DIR to a folder that this account may write to`,
      { cause },
    )
  }
}

/**
 * Makes the folder, for this account alone, and those above it that are missing.
 *
 * @throws DataFolderUnusable with what to do.
 */
export function makeDataFolder(folder: string): void {
  try {
    make(folder)
    if (!statSync(folder).isDirectory()) throw new DataFolderUnusable(folder, 'it is a file')
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    if (error instanceof DataFolderUnusable) throw error
    throw new DataFolderUnusable(folder, error instanceof Error ? error.message : '', error)
  }
}

/** Level by level: Node's recursive mkdir never ends where the system refuses with ENOENT (/proc). */
function make(folder: string): void {
  if (existsSync(folder)) return
  const above = dirname(folder)
  if (above !== folder) make(above)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process made it meanwhile.
    if (!existsSync(folder)) throw error
  }
}

/** Whether accounts are kept in this folder; asking makes nothing. */
export const hasAccounts = (folder: string): boolean => existsSync(join(folder, 'auth.db'))
