import type { ThreadMessage, ThreadState } from '@netra/protocol'

/** Messages from before the window of a thread's state. */
export interface OlderMessages {
  /** The window's `before` at which they end; another window makes them useless. */
  anchor: string
  messages: readonly ThreadMessage[]
  before: string | null
}

/** The state with what was loaded from before its window. */
export function withOlder(state: ThreadState, older: OlderMessages | null): ThreadState {
  if (!older || older.anchor !== state.before) return state
  const known = new Set<string>(state.messages.map((message) => message.id))
  const messages = older.messages.filter((message) => !known.has(message.id))
  return {
    ...state,
    messages: [...messages, ...state.messages],
    before: older.before as ThreadState['before'],
  }
}
