import type { ReceivedEvent, StreamName, ThreadState, UserState } from '@netra/protocol'
import { formatPosition, parsePosition } from '@netra/protocol'

/**
 * Where a reader stands. `closed`: nobody reads. `waiting`: subscribed, or about to be, as soon as
 * there is a connection. `catching_up`: what was missed is coming. `live`: what comes happens now.
 * `gone`: the stream does not exist, or is not this user's. `broken`: see `problem`.
 */
export type StreamPhase = 'closed' | 'waiting' | 'catching_up' | 'live' | 'gone' | 'broken'

/** What a stream delivers, in order. */
export type StreamItem =
  | { kind: 'event'; seq: number; position: string | null; event: ReceivedEvent }
  /** The state exactly at `position` stands in for the events before it. */
  | { kind: 'snapshot'; position: string; why: string; state: ThreadState | UserState }
  /** The server cannot prove that nothing was lost; a snapshot follows. */
  | { kind: 'reset'; why: string }
  | { kind: 'live'; position: string }
  /** What was delivered before is void: the stream comes from its beginning again. */
  | { kind: 'restart' }

/** What a reader wants next of the server. `resume`: from its own cursor. `restart`: from nothing. */
export type Wish = 'nothing' | 'resume' | 'restart'

export interface StreamConsumer {
  /** @throws when the item does not fit what came before. */
  take(item: StreamItem): void
  phase(phase: StreamPhase, problem: string | null): void
}

const MAX_RESTARTS = 3
/** Connections that end while the same position is taken up: the position may be the reason. */
const MAX_STUCK = 3

/**
 * The cursor of one stream.
 *
 * Invariant: the consumer is given `seq` = cursor + 1 and nothing else, once, whatever the server
 * repeats or leaves out. Between a new subscription and its answer everything is ignored: it still
 * belongs to the cursor before.
 */
export class StreamReader {
  readonly stream: StreamName
  readonly #consumer: StreamConsumer
  #epoch: string | undefined
  #seq = 0
  #phase: StreamPhase = 'closed'
  #awaiting: string | undefined
  #restarts = 0
  #stuck = 0
  readonly counters = { duplicates: 0, gaps: 0, resets: 0, snapshots: 0 }

  constructor(stream: StreamName, consumer: StreamConsumer, after: string | null = null) {
    this.stream = stream
    this.#consumer = consumer
    const parts = after === null ? undefined : parsePosition(after)
    if (parts) {
      this.#epoch = parts.epoch
      this.#seq = parts.seq
    }
  }

  get phase(): StreamPhase {
    return this.#phase
  }

  /** `seq` and epoch are adopted and reset as one; without an epoch there is no position. */
  get position(): string | null {
    return this.#epoch === undefined ? null : formatPosition(this.#epoch, this.#seq)
  }

  get isWanted(): boolean {
    return this.#phase === 'waiting' || this.#phase === 'catching_up' || this.#phase === 'live'
  }

  /** Somebody wants to read; the position is asked for when there is a connection. */
  want(): void {
    if (!this.isWanted) this.#set('waiting')
  }

  unwant(): void {
    this.#awaiting = undefined
    this.#set('closed')
  }

  /** A subscription is about to be sent under `request`; answers the position to send. */
  subscribing(request: string): string | null {
    if (this.#epoch === undefined && this.#seq > 0) this.forget()
    this.#awaiting = request
    this.#set('waiting')
    return this.position
  }

  isAwaiting(request: string): boolean {
    return this.#awaiting === request
  }

  accepted(): void {
    this.#awaiting = undefined
    this.#set('catching_up')
  }

  refused(phase: 'gone' | 'broken', problem: string): void {
    this.#awaiting = undefined
    this.#set(phase, problem)
  }

  /** The socket is gone; what it still owed comes with the next one. */
  lost(): void {
    const wasTakenUp = this.#phase === 'catching_up'
    this.#awaiting = undefined
    if (!this.isWanted) return
    this.#set('waiting')
    if (wasTakenUp) this.#stuck += 1
    if (this.#stuck < MAX_STUCK || this.position === null) return
    this.#stuck = 0
    this.forget()
  }

  /** The cursor cannot be trusted any more: the next subscription begins before the first event. */
  forget(): void {
    this.#epoch = undefined
    this.#seq = 0
    this.#consumer.take({ kind: 'restart' })
  }

  onEvent(seq: number, event: ReceivedEvent): Wish {
    if (this.#ignores) return 'nothing'
    if (seq <= this.#seq) {
      this.counters.duplicates += 1
      return 'nothing'
    }
    if (seq > this.#seq + 1) {
      this.counters.gaps += 1
      return 'resume'
    }
    // Moved before it is handed on: whoever closes and opens the stream then does not get it again.
    this.#seq = seq
    try {
      this.#consumer.take({ kind: 'event', seq, position: this.position, event })
    } catch (error) {
      this.#seq = seq - 1
      return this.#misfit(error)
    }
    this.#stuck = 0
    return 'nothing'
  }

  onSnapshot(position: string, why: string, state: ThreadState | UserState): Wish {
    if (this.#ignores) return 'nothing'
    const parts = parsePosition(position)
    if (!parts) return 'restart'
    this.counters.snapshots += 1
    try {
      this.#consumer.take({ kind: 'snapshot', position, why, state })
    } catch (error) {
      return this.#misfit(error)
    }
    this.#epoch = parts.epoch
    this.#seq = parts.seq
    this.#stuck = 0
    return 'nothing'
  }

  onReset(why: string): void {
    if (this.#ignores) return
    this.counters.resets += 1
    this.#consumer.take({ kind: 'reset', why })
  }

  onLive(position: string): Wish {
    if (this.#ignores) return 'nothing'
    const parts = parsePosition(position)
    if (!parts) return 'nothing'
    this.#epoch ??= parts.epoch
    if (parts.epoch !== this.#epoch) return 'restart'
    if (parts.seq > this.#seq) {
      this.counters.gaps += 1
      return 'resume'
    }
    this.#restarts = 0
    this.#stuck = 0
    this.#consumer.take({ kind: 'live', position })
    this.#set('live')
    return 'nothing'
  }

  /** The head as it stood a heartbeat ago: whoever is still below it has missed something. */
  onHead(head: string): Wish {
    if (this.#phase !== 'live') return 'nothing'
    const parts = parsePosition(head)
    if (!parts) return 'nothing'
    if (parts.epoch === this.#epoch && parts.seq <= this.#seq) return 'nothing'
    this.counters.gaps += 1
    return 'resume'
  }

  get #ignores(): boolean {
    return this.#awaiting !== undefined || !this.isWanted
  }

  /** What does not fit (a delta beyond its text): resuming would bring it again, so all is read anew. */
  #misfit(error: unknown): Wish {
    this.counters.gaps += 1
    this.#restarts += 1
    if (this.#restarts > MAX_RESTARTS) {
      this.refused('broken', error instanceof Error ? error.message : String(error))
      return 'nothing'
    }
    return 'restart'
  }

  #set(phase: StreamPhase, problem: string | null = null): void {
    if (phase === this.#phase && problem === null) return
    this.#phase = phase
    this.#consumer.phase(phase, problem)
  }
}
