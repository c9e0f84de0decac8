import { statfs } from 'node:fs/promises'

import type { HealthCheck } from './probe.ts'

const LITTLE_BYTES = 256 * 1024 * 1024

/** Room on the disk of the data folder; a full one is the store's to tell, which then takes nothing. */
export function diskHealth(folder: string): HealthCheck {
  let room: { free_bytes: number; total_bytes: number } | undefined
  return {
    timeoutMs: 1_000,
    async run() {
      const { bavail, blocks, bsize } = await statfs(folder)
      room = { free_bytes: bavail * bsize, total_bytes: blocks * bsize }
      return room.free_bytes < LITTLE_BYTES
        ? `only ${Math.floor(room.free_bytes / 1024 / 1024)} MB are free on the disk of the data folder`
        : undefined
    },
    details: () => ({ ...room }),
  }
}
