import { setTimeout as sleep } from 'node:timers/promises'

export interface Memory {
  rss: number
  /** Objects and buffers that are alive. */
  live: number
}

/** What the process holds once nothing is left to collect. Needs --expose-gc. */
export async function settledMemory(): Promise<Memory> {
  for (let pass = 0; pass < 4; pass += 1) {
    globalThis.gc?.()
    await sleep(100)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, live: heapUsed + external }
}
