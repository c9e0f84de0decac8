import type { Clock } from '../platform/clock.ts'

export interface Repeated {
  start(): void
  stop(): void
}

/** Does `work` again and again, each time so long after the last one ended. */
export function repeat(options: {
  clock: Clock
  everyMs: number
  work: () => Promise<unknown>
  onError: (error: unknown) => void
}): Repeated {
  const { clock, everyMs, work, onError } = options
  let cancel: (() => void) | undefined
  let isStopped = true
  const arm = (): void => {
    if (isStopped) return
    cancel = clock.after(everyMs, () => {
      work().catch(onError).finally(arm)
    })
  }
  return {
    start() {
      if (!isStopped) return
      isStopped = false
      arm()
    },
    stop() {
      isStopped = true
      cancel?.()
    },
  }
}
