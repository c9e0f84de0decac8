import {
  emptyThreadState,
  emptyUserState,
  foldThread,
  foldUser,
  parseServerFrame,
  snapshotOfThread,
  snapshotOfUser,
  windowThread,
} from '@netra/protocol'
import type { ReceivedEvent, ThreadState, UserState } from '@netra/protocol'

import type { Journal, StoredEvent, StreamName } from '../journal/journal.ts'
import type { Logger } from '../platform/logger.ts'
import type { Turns } from '../platform/turns.ts'
import type { DeliveryMetrics } from './delivery-metrics.ts'
import { eventFrame } from './frames.ts'

const PAGE = { events: 256, bytes: 1024 * 1024 }

/** The fold of a stream at its head, as JSON text. */
export interface Snapshot {
  epoch: string
  seq: number
  state: string
  /** False when an event could not be read or folded: nobody can say that this is all. */
  isWhole: boolean
}

export type State = { kind: 'thread'; value: ThreadState } | { kind: 'user'; value: UserState }

/** A fold that may be gone on from. */
export interface Folded {
  epoch: string
  seq: number
  state: State
  isWhole: boolean
}

export interface Snapshots {
  of(stream: StreamName): Promise<Snapshot>
  fold(stream: StreamName): Promise<Folded>
}

export interface SnapshotParts {
  journal: Pick<Journal, 'readKept' | 'epoch'>
  logger: Logger
  metrics: DeliveryMetrics
  turns: Turns
  /** Where a fold may begin instead of at the start. */
  stored: (stream: StreamName) => Promise<Folded | undefined>
}

/** Folds what the journal keeps of a stream, from a stored snapshot on where there is one. */
export function createSnapshots(parts: SnapshotParts): Snapshots {
  const { journal, logger, metrics, turns, stored } = parts

  const step = (folded: Folded, stream: StreamName, event: StoredEvent): Folded => {
    const { seq } = event
    try {
      return { ...folded, seq, state: stepped(folded.state, parsed(stream, event)) }
    } catch (error) {
      metrics.unreadable.add()
      logger.error({ err: error, stream, seq }, 'an event could not be folded')
      return { ...folded, seq, isWhole: false }
    }
  }

  async function fold(stream: StreamName): Promise<Folded> {
    let folded = (await stored(stream)) ?? beginningOf(stream, journal.epoch)
    let events = 0
    for (;;) {
      const page = await journal.readKept(stream, folded.seq, PAGE)
      for (const event of page.events) {
        const turn = turns.take()
        if (turn) await turn
        folded = step(folded, stream, event)
      }
      events += page.events.length
      if (page.through <= folded.seq && page.events.length === 0) break
      folded = { ...folded, seq: Math.max(folded.seq, page.through) }
    }
    metrics.folded.observe(events)
    return folded
  }

  async function make(stream: StreamName): Promise<Snapshot> {
    const { epoch, seq, state, isWhole } = await fold(stream)
    return { epoch, seq, isWhole, state: JSON.stringify(shownOf(state)) }
  }

  /** Many who come at once share one fold; each reads on from its `seq`. */
  const making = new Map<StreamName, Promise<Snapshot>>()
  return {
    fold,
    of(stream) {
      const made = making.get(stream) ?? make(stream).finally(() => making.delete(stream))
      making.set(stream, made)
      return made
    },
  }
}

const beginningOf = (stream: StreamName, epoch: string): Folded => ({
  epoch,
  seq: 0,
  isWhole: true,
  state: stream.startsWith('user:')
    ? { kind: 'user', value: emptyUserState() }
    : { kind: 'thread', value: emptyThreadState() },
})

function stepped(state: State, event: ReceivedEvent): State {
  if (state.kind === 'user') return { kind: 'user', value: foldUser(state.value, event) }
  return { kind: 'thread', value: foldThread(state.value, event) }
}

const shownOf = (state: State): ThreadState | UserState =>
  state.kind === 'user' ? snapshotOfUser(state.value) : snapshotOfThread(state.value)

/** What a fold needs of a state to go on as if it had begun at the start. */
export const keptOf = (state: State): ThreadState | UserState =>
  state.kind === 'user' ? state.value : windowThread(state.value)

/** What comes out of the log is parsed, as a client would parse it: never taken on trust. */
function parsed(stream: StreamName, event: StoredEvent): ReceivedEvent {
  const frame = parseServerFrame(eventFrame(stream, event.seq, event.payload))
  const message = frame.ok ? frame.messages[0] : undefined
  if (message?.type !== 'event') {
    throw new Error(`${stream} ${event.seq} cannot be read${frame.ok ? '' : `: ${frame.message}`}`)
  }
  return message.event
}
