import type { ReceivedEvent, StreamName, ThreadState, UserState } from '@netra/protocol'

import { StreamEnded } from './client-error.ts'
import type { Clock } from './clock.ts'
import { ItemQueue } from './item-queue.ts'
import { MutableStore, type Store } from './store.ts'
import {
  StreamReader,
  type StreamConsumer,
  type StreamItem,
  type StreamPhase,
} from './stream-reader.ts'
import type { Subscriptions } from './subscriptions.ts'

/** A stream as the screen sees it. A new object for every change, the same one between changes. */
export interface StreamView<State> {
  state: State
  phase: StreamPhase
  /** Of what `state` holds; null before the first `live` or snapshot. */
  position: string | null
  /** The server could not prove that nothing was lost; stays until `acknowledgeReset()`. */
  reset: { why: string; at: number } | null
  /** Why the stream is `gone` or `broken`. */
  problem: string | null
}

export interface Fold<State> {
  empty(): State
  /** @throws DeltaGap */
  step(state: State, event: ReceivedEvent): State
  /** The snapshot's state, which is one of this kind. */
  adopt(state: ThreadState | UserState): State
}

/** How long a stream without listeners stays subscribed: longer than a screen takes to change. */
const LINGER_MS = 15_000

/**
 * One stream, folded as it comes. It is subscribed while somebody listens or iterates, and resumes
 * from its own cursor when somebody does again.
 */
export class LiveStream<State> implements Store<StreamView<State>> {
  readonly stream: StreamName
  readonly #subscriptions: Subscriptions
  readonly #clock: Clock
  readonly #fold: Fold<State>
  readonly #reader: StreamReader
  readonly #store: MutableStore<StreamView<State>>
  readonly #queues = new Set<ItemQueue<StreamItem>>()
  #state: State
  #phase: StreamPhase = 'closed'
  #problem: string | null = null
  #reset: StreamView<State>['reset'] = null
  /** False from a restart to the next `live` or snapshot: half a replay is not shown. */
  #whole = true
  #watched = false
  #attended = false
  #cancelLinger: (() => void) | undefined

  constructor(options: {
    stream: StreamName
    subscriptions: Subscriptions
    clock: Clock
    fold: Fold<State>
  }) {
    this.stream = options.stream
    this.#subscriptions = options.subscriptions
    this.#clock = options.clock
    this.#fold = options.fold
    this.#state = options.fold.empty()
    this.#reader = new StreamReader(options.stream, this.#consumer())
    this.#store = new MutableStore<StreamView<State>>(
      { state: this.#state, phase: 'closed', position: null, reset: null, problem: null },
      (watched) => {
        this.#watched = watched
        this.#attend()
      },
    )
  }

  readonly getSnapshot = (): StreamView<State> => this.#store.getSnapshot()
  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener)

  get counters(): Readonly<StreamReader['counters']> {
    return this.#reader.counters
  }

  /**
   * Everything that comes on this stream from now on, in order and once: what was applied before is
   * in `getSnapshot()`. Ends with `break`, `signal`, or the client.
   */
  events(options: { signal?: AbortSignal } = {}): ItemQueue<StreamItem> {
    const queue = new ItemQueue<StreamItem>(() => {
      this.#queues.delete(queue)
      this.#attend()
    })
    this.#queues.add(queue)
    this.#attend()
    return queue.endWith(options.signal)
  }

  /** The person has been told of a reset. */
  acknowledgeReset(): void {
    this.#reset = null
    this.#publish()
  }

  /** The client is ending: iterators end, listeners keep the last state. */
  end(): void {
    for (const queue of this.#queues) queue.end()
    this.#cancelLinger?.()
    this.#attended = false
    this.#subscriptions.close(this.#reader)
  }

  /** The client begins again: who listened still does. */
  begin(): void {
    if (this.isAttended) this.#attend()
  }

  get isAttended(): boolean {
    return this.#watched || this.#queues.size > 0
  }

  #attend(): void {
    this.#cancelLinger?.()
    this.#cancelLinger = undefined
    const was = this.#attended
    this.#attended = this.isAttended
    if (this.#attended) {
      // Only the first of many opens it: a stream that is gone is not asked for over and over.
      if (!was && !this.#reader.isWanted) this.#subscriptions.open(this.#reader)
      return
    }
    this.#cancelLinger = this.#clock.after(LINGER_MS, () => this.#subscriptions.close(this.#reader))
  }

  #consumer(): StreamConsumer {
    return {
      take: (item) => this.#take(item),
      phase: (phase, problem) => {
        this.#phase = phase
        this.#problem = problem
        this.#publish()
        if (phase !== 'gone' && phase !== 'broken') return
        for (const queue of this.#queues) queue.fail(new StreamEnded(this.stream, phase, problem))
      },
    }
  }

  #take(item: StreamItem): void {
    if (item.kind === 'event') this.#state = this.#fold.step(this.#state, item.event)
    else if (item.kind === 'snapshot') this.#state = this.#fold.adopt(item.state)
    else if (item.kind === 'restart') {
      this.#state = this.#fold.empty()
      this.#whole = false
    } else if (item.kind === 'reset') this.#reset = { why: item.why, at: this.#clock.now() }
    if (item.kind === 'snapshot' || item.kind === 'live') this.#whole = true
    for (const queue of this.#queues) queue.push(item)
    this.#publish('position' in item ? item.position : this.#reader.position)
  }

  #publish(position: string | null = this.#reader.position): void {
    const shown = this.#store.getSnapshot()
    const state = this.#whole ? this.#state : shown.state
    this.#store.set({
      state,
      phase: this.#phase,
      position: this.#whole ? position : shown.position,
      reset: this.#reset,
      problem: this.#problem,
    })
  }
}
