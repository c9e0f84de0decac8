import { createContext, use, useSyncExternalStore } from 'react'

import type { Store } from './frame-store.ts'
import type { ConnectionView, Live, Outgoing, ThreadView, UserView } from './live-types.ts'

export const LiveContext = createContext<Live | null>(null)

/** Only within a signed-in screen. */
export function useLive(): Live {
  const live = use(LiveContext)
  if (!live) throw new Error('useLive() outside of a signed-in screen')
  return live
}

export const useStore = <Value>(store: Store<Value>): Value =>
  useSyncExternalStore(store.subscribe, store.getSnapshot)

export const useConnection = (): ConnectionView => useStore(useLive().connection)
export const useUser = (): UserView => useStore(useLive().user)
export const useOutgoing = (): readonly Outgoing[] => useStore(useLive().outgoing)

const NO_THREAD: Store<ThreadView | null> = {
  subscribe: () => () => undefined,
  getSnapshot: () => null,
}

/** Null for a thread that does not exist yet. */
export function useThread(threadId: string | null): ThreadView | null {
  const live = useLive()
  return useStore<ThreadView | null>(threadId === null ? NO_THREAD : live.thread(threadId))
}
