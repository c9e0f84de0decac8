/** What of a browser's window is listened to; absent in Node. */
interface PageScope {
  addEventListener?(type: string, listener: () => void): void
  removeEventListener?(type: string, listener: () => void): void
  document?: {
    readonly visibilityState: string
    addEventListener(type: string, listener: () => void): void
    removeEventListener(type: string, listener: () => void): void
  }
}

/** Calls back when the network or the page comes back; answers how to stop. */
export function onPageReturn(scope: PageScope, callback: () => void): () => void {
  const { document } = scope
  if (!document || !scope.addEventListener) return () => undefined
  const whenVisible = (): void => {
    if (document.visibilityState === 'visible') callback()
  }
  scope.addEventListener('online', callback)
  scope.addEventListener('pageshow', callback)
  document.addEventListener('visibilitychange', whenVisible)
  return () => {
    scope.removeEventListener?.('online', callback)
    scope.removeEventListener?.('pageshow', callback)
    document.removeEventListener('visibilitychange', whenVisible)
  }
}
