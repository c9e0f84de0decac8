import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

import { BEGINNING } from './host.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'

/**
 * What a module could ask of the real machine beside its parameters is answered by the world while
 * it runs: time, random, the next turn of the loop. So a run cannot depend on anything but its seed,
 * whoever forgets to take a clock. Answers how to give the machine back.
 */
export function seal(schedule: Schedule, random: Random): () => void {
  const real = {
    setImmediate: globalThis.setImmediate,
    dateNow: Date.now,
    performanceNow: performance.now,
    mathRandom: Math.random,
    randomUUID: globalThis.crypto.randomUUID,
    randomBytes: crypto.randomBytes,
    randomFillSync: crypto.randomFillSync,
    nodeRandomUUID: crypto.randomUUID,
  }
  const uuid = () => {
    const hex = random.bytes(16).toString('hex')
    const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`]
    return `${parts.join('-')}-8${hex.slice(17, 20)}-${hex.slice(20)}` as const
  }
  globalThis.setImmediate = ((callback: (...given: unknown[]) => void, ...given: unknown[]) =>
    schedule.soon(() => callback(...given))) as unknown as typeof setImmediate
  Date.now = () => Math.floor(BEGINNING + schedule.now)
  performance.now = () => schedule.now
  Math.random = random.next
  globalThis.crypto.randomUUID = uuid as never
  crypto.randomBytes = ((size: number) => random.bytes(size)) as never
  crypto.randomFillSync = ((bytes: Uint8Array) => {
    bytes.set(random.bytes(bytes.length))
    return bytes
  }) as never
  crypto.randomUUID = uuid as never
  syncBuiltinESMExports()
  return () => {
    globalThis.setImmediate = real.setImmediate
    Date.now = real.dateNow
    performance.now = real.performanceNow
    Math.random = real.mathRandom
    globalThis.crypto.randomUUID = real.randomUUID
    crypto.randomBytes = real.randomBytes
    crypto.randomFillSync = real.randomFillSync
    crypto.randomUUID = real.nodeRandomUUID
    syncBuiltinESMExports()
  }
}
