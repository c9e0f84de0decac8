import { constants } from 'node:os'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Ctrl-C reaches every process of the terminal, and those in between pass it on: it is one signal. */
const SAME_MS = 250

/** npm ends at a signal without passing it on through its shell; its child is then nobody's. */
const LOOK_FOR_NPM_MS = 500

/**
 * Resolves at the first SIGTERM or SIGINT, or when the npm that started it is gone; another signal
 * after that ends the process at once.
 */
export async function untilSignal(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  await new Promise<void>((resolve) => {
    let askedAt: number | undefined
    if (env['npm_lifecycle_event'] !== undefined) {
      const parent = process.ppid
      const looking = setInterval(() => {
        if (process.ppid === parent) return
        clearInterval(looking)
        resolve()
      }, LOOK_FOR_NPM_MS)
      looking.unref()
    }
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        const now = performance.now()
        askedAt ??= now
        if (now - askedAt > SAME_MS) process.exit(128 + constants.signals[signal])
        resolve()
      })
    }
  })
}
