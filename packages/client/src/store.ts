/** What React's `useSyncExternalStore` takes, bound: both may be passed as they are. */
export interface Store<Value> {
  readonly subscribe: (listener: () => void) => () => void
  readonly getSnapshot: () => Value
}

/**
 * A value with listeners. Several changes in one turn are told once: the listeners run in a
 * microtask, so that a frame of fifty deltas draws one picture.
 */
export class MutableStore<Value> implements Store<Value> {
  readonly #listeners = new Set<() => void>()
  readonly #onWatched: ((watched: boolean) => void) | undefined
  #value: Value
  #told = true

  constructor(value: Value, onWatched?: (watched: boolean) => void) {
    this.#value = value
    this.#onWatched = onWatched
  }

  readonly getSnapshot = (): Value => this.#value

  readonly subscribe = (listener: () => void): (() => void) => {
    // Each call is a subscription of its own, also when the same function comes twice.
    const entry = (): void => listener()
    this.#listeners.add(entry)
    if (this.#listeners.size === 1) this.#onWatched?.(true)
    return () => {
      if (this.#listeners.delete(entry) && this.#listeners.size === 0) this.#onWatched?.(false)
    }
  }

  set(value: Value): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    if (!this.#told) return
    this.#told = false
    queueMicrotask(() => {
      this.#told = true
      for (const listener of this.#listeners) listener()
    })
  }
}

/** Resolves with the first value, now or later, that `wanted` accepts. */
export function whenStore<Value, Wanted extends Value>(
  store: Store<Value>,
  wanted: (value: Value) => value is Wanted,
  signal?: AbortSignal,
): Promise<Wanted>
export function whenStore<Value>(
  store: Store<Value>,
  wanted: (value: Value) => boolean,
  signal?: AbortSignal,
): Promise<Value>
export function whenStore<Value>(
  store: Store<Value>,
  wanted: (value: Value) => boolean,
  signal?: AbortSignal,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const check = (): boolean => {
      const value = store.getSnapshot()
      if (!wanted(value)) return false
      end()
      resolve(value)
      return true
    }
    const abort = (): void => {
      end()
      reject(signal?.reason instanceof Error ? signal.reason : new Error('given up'))
    }
    const stop = store.subscribe(check)
    const end = (): void => {
      stop()
      signal?.removeEventListener('abort', abort)
    }
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    else check()
  })
}
