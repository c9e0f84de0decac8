import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { TestContext } from 'vitest'

export interface SmallDisk extends AsyncDisposable {
  folder: string
  /** From here on nothing can be written to it. */
  closeToWrites(): void
}

/** A file system of its own, in memory, so that it can be filled; the test is skipped without one. */
export async function smallDisk(context: TestContext, megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'netra-small-'))
  const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0
  const isMounted = mount('-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder)
  if (!isMounted) await rm(folder, { recursive: true })
  context.skip(!isMounted, 'no file system can be mounted here')
  return {
    folder,
    closeToWrites: () => void mount('-o', 'remount,ro', folder),
    async [Symbol.asyncDispose]() {
      spawnSync('umount', [folder])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
