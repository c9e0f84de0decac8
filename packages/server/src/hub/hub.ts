import type { Journal, StreamName } from '../journal/journal.ts'
import type { Logger } from '../platform/logger.ts'
import { LazyFrames } from './frames.ts'
import type { Sink } from './sink.ts'
import { createSnapshots } from './snapshots.ts'
import { Subscriber } from './subscriber.ts'

export type { Sink }

export interface Hub extends Disposable {
  /**
   * Starts delivering `stream` from `position` and answers the head it starts against. Frames
   * follow on the sink: events, or reset and snapshot, then `live`, then events as they happen.
   */
  subscribe(stream: StreamName, position: string | null, sink: Sink): Promise<Subscription>
  readonly subscribers: number
}

export interface Subscription {
  readonly stream: StreamName
  /** Position of the head when the subscription began. */
  readonly head: string
  readonly status: 'replay' | 'snapshot'
  /** Begins delivery; called once the answer that must come before the events is on its way. */
  start(): void
  /** The sink has room again. */
  resume(): void
  end(): void
}

/** Who is listening: wakes the subscribers of a stream when something was committed to it. */
export function createHub(options: { journal: Journal; logger: Logger }): Hub {
  const { journal, logger } = options
  const listening = new Map<StreamName, Set<Subscriber>>()
  const parts = {
    journal,
    logger,
    snapshots: createSnapshots(journal),
    forget(subscriber: Subscriber) {
      const subscribers = listening.get(subscriber.stream)
      if (subscribers?.delete(subscriber) && subscribers.size === 0) {
        listening.delete(subscriber.stream)
      }
    },
  }

  const stop = journal.onCommitted((stream, first, events) => {
    const subscribers = listening.get(stream)
    if (!subscribers) return
    const frames = new LazyFrames(stream, first, events)
    for (const subscriber of subscribers) subscriber.committed(first, frames)
  })

  return {
    get subscribers() {
      let count = 0
      for (const set of listening.values()) count += set.size
      return count
    },
    async subscribe(stream, position, sink) {
      const plan = await journal.plan(stream, position)
      const subscriber = new Subscriber(parts, stream, plan, sink)
      const set = listening.get(stream) ?? new Set()
      listening.set(stream, set.add(subscriber))
      return subscriber
    },
    [Symbol.dispose]: stop,
  }
}
