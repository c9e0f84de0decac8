import { expect, test } from 'vitest'

import { orAborted } from './abort.ts'

test('work that fails after its signal was aborted leaves no rejection that nobody handles', async () => {
  const uncaught: unknown[] = []
  const note = (error: unknown): void => void uncaught.push(error)
  const others = process.rawListeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', note)
  try {
    const stopped = new Error('stopped')
    await expect(orAborted(Promise.reject(stopped), AbortSignal.abort(stopped))).rejects.toBe(
      stopped,
    )
    // Node tells of such a rejection once the microtasks are done.
    await new Promise((resolve) => setImmediate(resolve))
    expect(uncaught).toEqual([])
  } finally {
    process.removeListener('unhandledRejection', note)
    for (const listener of others)
      process.on('unhandledRejection', listener as NodeJS.UnhandledRejectionListener)
  }
})
