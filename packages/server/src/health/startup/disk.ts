import { randomUUID } from 'node:crypto'
import { open, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'

import { CheckFailed, wordsOf, type StartupCheck } from './check.ts'

/** Less than this takes not even a day of chats; a start on it would end in the middle of one. */
const LEAST_BYTES = 1024 * 1024
const LITTLE_BYTES = 256 * 1024 * 1024

const inMegabytes = (bytes: number): string =>
  `${Math.round(bytes / 1024 / 1024).toLocaleString('en')} MB`

/** The data folder takes files, has room, and is not everybody's to write to. */
export const diskCheck = (port: { folder: string; littleBytes?: number }): StartupCheck => ({
  id: 'disk',
  timeoutMs: 10_000,
  remedy: `See to the disk that ${port.folder} lies on, or set NETRA_DATA_DIR to a folder on another one.`,
  async run() {
    const { folder } = port
    const space = await statfs(folder)
    const free = space.bavail * space.bsize
    if (free < LEAST_BYTES) {
      throw new CheckFailed(
        `the disk of ${folder} is full (${free} bytes free)`,
        'Make room on it, or set NETRA_DATA_DIR to a folder on another disk.',
      )
    }
    await writeProbe(folder)
    const { mode } = await stat(folder)
    const detail = `${inMegabytes(free)} free`
    const warnings = [
      ...(free < (port.littleBytes ?? LITTLE_BYTES) ? [`only ${inMegabytes(free)} free`] : []),
      ...((mode & 0o002) === 0
        ? []
        : [`${folder} is everybody's to write to: chmod o-w would change that`]),
    ]
    return warnings.length === 0 ? { detail } : { detail, warning: warnings.join('; ') }
  },
})

async function writeProbe(folder: string): Promise<void> {
  const path = join(folder, `probe-${randomUUID()}`)
  try {
    await using file = await open(path, 'wx', 0o600)
    await file.write(Buffer.alloc(4_096))
    await file.sync()
  } catch (error) {
    throw new CheckFailed(
      `nothing can be written to ${folder} (${wordsOf(error)})`,
      'Give this account the right to write there, or set NETRA_DATA_DIR to another folder.',
      error,
    )
  } finally {
    await rm(path, { force: true }).catch(() => undefined)
  }
}
