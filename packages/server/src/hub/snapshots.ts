import {
  emptyThreadState,
  emptyUserState,
  foldThread,
  foldUser,
  parseServerFrame,
  snapshotOfThread,
  snapshotOfUser,
} from '@netra/protocol'
import type { ReceivedEvent } from '@netra/protocol'

import type { Journal, StoredEvent, StreamName } from '../journal/journal.ts'
import { eventFrame } from './frames.ts'

const PAGE = { events: 1024, bytes: 4 * 1024 * 1024 }

/** The fold of a stream at its head, as JSON text. */
export interface Snapshots {
  of(stream: StreamName): Promise<{ seq: number; state: string }>
}

/** Folds the journal from the start; stored snapshots that shorten the way are not kept yet. */
export function createSnapshots(journal: Pick<Journal, 'read'>): Snapshots {
  async function fold<State>(
    stream: StreamName,
    empty: State,
    step: (state: State, event: ReceivedEvent) => State,
  ): Promise<{ seq: number; state: State }> {
    let state = empty
    let seq = 0
    for (;;) {
      const events = await journal.read(stream, seq, PAGE)
      for (const event of events) {
        state = step(state, parsed(stream, event))
        seq = event.seq
      }
      if (events.length === 0) return { seq, state }
    }
  }

  async function make(stream: StreamName): Promise<{ seq: number; state: string }> {
    if (stream.startsWith('user:')) {
      const { seq, state } = await fold(stream, emptyUserState(), foldUser)
      return { seq, state: JSON.stringify(snapshotOfUser(state)) }
    }
    const { seq, state } = await fold(stream, emptyThreadState(), foldThread)
    return { seq, state: JSON.stringify(snapshotOfThread(state)) }
  }

  /** Many who come at once share one fold; each reads on from its `seq`. */
  const making = new Map<StreamName, ReturnType<typeof make>>()
  return {
    of(stream) {
      const made = making.get(stream) ?? make(stream).finally(() => making.delete(stream))
      making.set(stream, made)
      return made
    },
  }
}

/** What comes out of the log is parsed, as a client would parse it: never taken on trust. */
function parsed(stream: StreamName, event: StoredEvent): ReceivedEvent {
  const frame = parseServerFrame(eventFrame(stream, event.seq, event.payload))
  const message = frame.ok ? frame.messages[0] : undefined
  if (message?.type !== 'event') {
    throw new Error(`${stream} ${event.seq} cannot be read${frame.ok ? '' : `: ${frame.message}`}`)
  }
  return message.event
}
