import type { ThreadState, UserState } from '@netra/protocol'
import { emptyThreadState, emptyUserState, foldThread, foldUser } from '@netra/protocol'

import type { Fold, LiveStream } from './live-stream.ts'

/** A thread, live. */
export type ThreadStream = LiveStream<ThreadState>
/** What all devices of the signed-in user share, live. */
export type UserStream = LiveStream<UserState>

export const threadFold: Fold<ThreadState> = {
  empty: emptyThreadState,
  step: foldThread,
  adopt(state) {
    if ('messages' in state) return state
    throw new TypeError('a thread got the snapshot of a user')
  },
}

export const userFold: Fold<UserState> = {
  empty: emptyUserState,
  step: foldUser,
  adopt(state) {
    if ('threads' in state) return state
    throw new TypeError('a user got the snapshot of a thread')
  },
}
