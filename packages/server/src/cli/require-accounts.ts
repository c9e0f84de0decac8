import { hasAccounts, makeDataFolder } from '../platform/data-folder.ts'

/**
 * Before a store is opened that may not be there: only what begins one may make it.
 *
 * @throws with what to do.
 */
export function requireAccounts(folder: string, mayBegin = false): void {
  if (mayBegin) return makeDataFolder(folder)
  if (hasAccounts(folder)) return
  throw new Error(
    `no accounts in ${folder}; set NETRA_DATA_DIR to the folder of the Netra you mean`,
  )
}
