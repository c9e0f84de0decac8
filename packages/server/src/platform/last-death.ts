import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'fatal-error.json'

/**
 * Whether the process that used the folder before died because V8 had no memory left; and lets this
 * one, should it die so, leave the same note. The note names no variable of the environment.
 */
export function noteMemoryDeath(folder: string): boolean {
  const { report } = process
  const path = join(folder, FILE)
  const ranOutOfMemory = isOfMemory(path)
  rmSync(path, { force: true })
  Object.assign(report, {
    directory: folder,
    filename: FILE,
    compact: true,
    excludeEnv: true,
    // It would look up the names of addresses while the process dies.
    excludeNetwork: true,
    reportOnFatalError: true,
  })
  return ranOutOfMemory
}

function isOfMemory(path: string): boolean {
  try {
    const { header } = JSON.parse(readFileSync(path, 'utf8')) as { header?: { trigger?: string } }
    return header?.trigger === 'OOMError'
  } catch {
    // None was left, or the disk took no whole one.
    return false
  }
}
