/** What `useSyncExternalStore` takes. */
export interface Store<Value> {
  readonly subscribe: (listener: () => void) => () => void
  readonly getSnapshot: () => Value
}

/** How long changes wait while nobody sees the page: it draws no frames then. */
const HIDDEN_MS = 250

const onNextFrame = (work: () => void): (() => void) => {
  if (document.visibilityState === 'hidden') {
    const timer = setTimeout(work, HIDDEN_MS)
    return () => clearTimeout(timer)
  }
  const frame = requestAnimationFrame(work)
  return () => cancelAnimationFrame(frame)
}

/** The same store, telling at most once per picture: a burst of tokens is one change. */
export function perFrame<Value>(
  source: Store<Value>,
  schedule: (work: () => void) => () => void = onNextFrame,
): Store<Value> {
  const listeners = new Set<() => void>()
  let shown = source.getSnapshot()
  let cancel: (() => void) | undefined
  let stop: (() => void) | undefined
  const flush = () => {
    cancel = undefined
    const next = source.getSnapshot()
    if (Object.is(next, shown)) return
    shown = next
    for (const listener of listeners) listener()
  }
  return {
    getSnapshot: () => {
      if (!stop) shown = source.getSnapshot()
      return shown
    },
    subscribe(listener) {
      listeners.add(listener)
      if (!stop) {
        stop = source.subscribe(() => {
          cancel ??= schedule(flush)
        })
        shown = source.getSnapshot()
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        stop?.()
        cancel?.()
        stop = undefined
        cancel = undefined
      }
    },
  }
}
