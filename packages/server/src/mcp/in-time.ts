import { createContext, Script } from 'node:vm'

/** Of work on the only thread: what somebody else made to cost time costs no more than this. */
const WITHIN_MS = 500
/** Where the machine did other things meanwhile; a thread that had its share is not asked again. */
const PATIENT_MS = 2_000
const ITS_SHARE_MS = WITHIN_MS / 2
const MOST_TRIES = 5

const script = new Script('work()')
const sandbox = createContext({ work: undefined })

/**
 * The answer of work that waits for nothing, a regular expression among it; there is no other way to
 * stop such. The clock on the wall ends it, but only the time that it had of a processor counts:
 * what a busy machine held up is done again.
 *
 * @throws what the work threw; what `isOverrun` knows.
 */
export function inTime<Answer>(work: () => Answer): Answer {
  const before = processorMs()
  for (let tries = 1; ; tries += 1) {
    const done: Answer[] = []
    sandbox['work'] = () => done.push(work())
    try {
      script.runInContext(sandbox, { timeout: tries === 1 ? WITHIN_MS : PATIENT_MS })
      const [answer] = done
      return answer as Answer
    } catch (error) {
      const isHeldUp = isOverrun(error) && processorMs() - before < ITS_SHARE_MS
      if (!isHeldUp || tries === MOST_TRIES) throw error
    }
  }
}

/** What a context throws may be an error of its own kind, so it is known by its code. */
export const isOverrun = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'

function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
