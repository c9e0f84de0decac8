import { rmSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'

import { DataFolderTaken, lockDataFolder } from '../platform/data-folder-lock.ts'

export interface WorkingFolders {
  /** Below the data, whose protection the plain copies in it need. */
  copies: string
  /** Beside the target, so that the whole backup gets its name in one step. */
  draft: string
}

const PREFIX = '.netra-backup-'
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** What is written to is younger. */
const ABANDONED_MS = 3600 * 1000

/**
 * Does the work in folders that are gone after it, also when a signal ends the process; those of
 * processes that were killed go first.
 */
export async function inWorkingFolders<T>(
  { dataDir, target }: { dataDir: string; target: string },
  work: (folders: WorkingFolders) => Promise<T>,
): Promise<T> {
  await removeDead(dataDir)
  await removeAbandoned(dirname(target))
  const made: string[] = []
  const endings = SIGNALS.map((signal) => {
    const end = (): void => {
      for (const folder of made) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      process.exit(128 + constants.signals[signal])
    }
    process.on(signal, end)
    return { signal, end }
  })
  let release: (() => void) | undefined
  try {
    const copies = await mkdtemp(join(dataDir, PREFIX))
    made.push(copies)
    release = lockDataFolder(copies)
    const draft = await mkdtemp(join(dirname(target), PREFIX))
    made.push(draft)
    return await work({ copies, draft })
  } finally {
    release?.()
    for (const folder of made) await rm(folder, { recursive: true, force: true })
    for (const { signal, end } of endings) process.off(signal, end)
  }
}

const leftIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder))
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => join(folder, name))

/** Who is at work holds a lock, which ends with its process. */
async function removeDead(dataDir: string): Promise<void> {
  for (const folder of await leftIn(dataDir)) {
    let release: () => void
    try {
      release = lockDataFolder(folder)
    } catch (error) {
      if (error instanceof DataFolderTaken) continue
      throw error
    }
    release()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Many Netras may write to one place, of which not every one has locks: there the age decides. */
async function removeAbandoned(place: string): Promise<void> {
  for (const folder of await leftIn(place)) {
    if (Date.now() - (await lastChange(folder)) < ABANDONED_MS) continue
    await rm(folder, { recursive: true, force: true })
  }
}

async function lastChange(folder: string): Promise<number> {
  try {
    const names = await readdir(folder)
    const paths = [folder, ...names.map((name) => join(folder, name))]
    return Math.max(...(await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs))))
  } catch (error) {
    // Another backup ends at this moment.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Number.POSITIVE_INFINITY
    throw error
  }
}
