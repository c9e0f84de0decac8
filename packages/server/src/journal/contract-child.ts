import type { Journal, StreamName } from './journal.ts'

export const CRASH_STREAMS: readonly StreamName[] = ['thread:1', 'thread:2', 'thread:3', 'user:1']

/** Numerical Recipes' generator: the same seed kills at the same acknowledgement. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * Runs in the child: commits without end, several at a time, and reports each commit only after the
 * journal acknowledged it.
 */
export async function commitUntilKilled(
  journal: Journal,
  seed: number,
  report: (line: string) => void,
): Promise<never> {
  const random = randomFrom(seed)
  const one = async (worker: number): Promise<never> => {
    for (let n = 0; ; n += 1) {
      const commit = `${seed}-${worker}-${n}`
      const streams = CRASH_STREAMS.filter(() => random() < 0.5)
      const appends = streams.map((stream) => ({
        stream,
        events: Array.from({ length: 1 + Math.floor(random() * 20) }, (_, index) => ({
          type: 'test',
          payload: JSON.stringify({ commit, stream, index, pad: 'x'.repeat(random() * 300) }),
        })),
      }))
      const row = { key: commit, value: String(appends.length), updated_at: '' }
      const rows = [journal.db.insertInto('setting').values(row).compile()]
      const result = await journal.commit({ appends, rows })
      if (result.status !== 'committed') throw new Error(result.status)
      report(JSON.stringify({ commit, appended: result.appended }))
    }
  }
  return Promise.race([one(0), one(1), one(2), one(3)])
}
