import type { Clock } from '../platform/clock.ts'

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
export async function orAborted<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    // Begun, and wanted by nobody any more: how it ends must not look like an error nobody caught.
    Promise.resolve(work).catch(() => undefined)
    throw signal.reason
  }
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Waits on the given clock; rejects with the signal's reason when it is aborted. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(ms, resolve)
  try {
    await orAborted(promise, signal)
  } finally {
    cancel()
  }
}

export interface Deadline extends Disposable {
  readonly signal: AbortSignal
}

/** A signal aborted with `reason()` after `ms`, unless disposed of before. */
export function deadline(clock: Clock, ms: number, reason: () => Error): Deadline {
  const controller = new AbortController()
  const cancel = clock.after(ms, () => controller.abort(reason()))
  return { signal: controller.signal, [Symbol.dispose]: cancel }
}
