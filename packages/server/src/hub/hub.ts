import type { Journal, Position, StreamName } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { Turns } from '../platform/turns.ts'
import { Audience } from './audience.ts'
import { DeliveryMetrics } from './delivery-metrics.ts'
import type { Jump } from './delivery-states.ts'
import { DeliveryTracker, type Delivery, type DeliveryReport } from './delivery-tracker.ts'
import { FirstEvents } from './first-events.ts'
import type { Sink } from './sink.ts'
import { SnapshotKeeper } from './snapshot-keeper.ts'
import { createSnapshots, type Snapshots } from './snapshots.ts'
import { createStoredSnapshots } from './stored-snapshots.ts'
import { Subscriber } from './subscriber.ts'

export type { Delivery, DeliveryReport, Position, Sink, StreamName }
export { threadStream } from '../journal/journal.ts'

export interface Hub extends Disposable {
  /**
   * Starts delivering `stream` from `position` and answers the head it starts against. Frames
   * follow on the sink: events, or reset and snapshot, then `live`, then events as they happen.
   *
   * @throws JournalUnavailable when the store cannot be read.
   */
  subscribe(stream: StreamName, position: string | null, sink: Sink): Promise<Subscription>
  readonly subscribers: number
  /** How far each device has got. */
  readonly deliveries: Pick<DeliveryTracker, 'begin' | 'report' | 'forgetDeparted'>
}

export interface Subscription {
  readonly stream: StreamName
  /** Position of the head when the subscription began. */
  readonly head: Position
  readonly status: 'replay' | 'snapshot'
  /** After the last frame that the sink was given; undefined while a snapshot is yet to come. */
  readonly position: Position | undefined
  /** What the newest snapshot stood for. */
  readonly jump: Jump | undefined
  /** Begins delivery; called once the answer that must come before the events is on its way. */
  start(): void
  /** The sink has room again. */
  resume(): void
  end(): void
}

export interface HubOptions {
  journal: Journal
  clock: Clock
  logger: Logger
  metrics: Metrics
}

/** Who is listening: wakes the subscribers of a stream when something was committed to it. */
export function createHub({ journal, clock, logger, metrics: registry }: HubOptions): Hub {
  const audiences = new Map<StreamName, Audience>()
  const metrics = new DeliveryMetrics(registry)
  const turns = new Turns(clock)
  const firsts = new FirstEvents(clock, (ms) => metrics.firstEvent(ms))
  const stored = createStoredSnapshots({ journal, clock, logger, metrics })
  const snapshots: Snapshots = createSnapshots({
    journal,
    logger,
    metrics,
    turns,
    stored: (stream) => stored.find(stream),
  })
  const keeper = new SnapshotKeeper({
    clock,
    logger,
    metrics,
    keep: (stream) => stored.keep(stream, (name) => snapshots.fold(name)),
  })
  const deliveries = new DeliveryTracker({
    clock,
    metrics,
    timeOf: (stream, seq) => audiences.get(stream)?.timeOf(seq),
  })
  registry.gauge('netra_delivery_subscribers', 'Streams that are read now, each reader counted', {
    read: () => countOf(audiences),
  })
  registry.gauge('netra_delivery_devices', 'Devices whose cursors are known, by stream', {
    read: () => deliveries.size,
  })
  const parts = {
    journal,
    logger,
    metrics,
    snapshots,
    turns,
    firsts,
    forget(subscriber: Subscriber) {
      const audience = audiences.get(subscriber.stream)
      if (!audience?.subscribers.delete(subscriber) || audience.subscribers.size > 0) return
      audiences.delete(subscriber.stream)
      audience.close()
    },
  }
  const audienceOf = (stream: StreamName): Audience => {
    const known = audiences.get(stream)
    if (known) return known
    const made = new Audience({ clock, metrics, turns }, stream, (listener) =>
      journal.follow(stream, listener),
    )
    audiences.set(stream, made)
    return made
  }
  const stopHearing = journal.onCommitted((stream, first, events) => {
    firsts.committed(stream, first, events)
    const audience = audiences.get(stream)
    metrics.count('committed', events.length)
    if (!audience) metrics.count('waiting', events.length)
    audience?.committed(first, events)
    keeper.committed(stream, events)
  })
  const stopWatching = journal.onEpochChanged((why) => {
    logger.error({ why, epoch: journal.epoch }, 'a new epoch: every reader is told, then caught up')
    for (const { subscribers } of audiences.values()) {
      for (const subscriber of subscribers) subscriber.reset('epoch_changed')
    }
  })

  return {
    get subscribers() {
      return countOf(audiences)
    },
    deliveries,
    async subscribe(stream, position, sink) {
      const { epoch } = journal
      const plan = await journal.plan(stream, position)
      metrics.resumes.add({ answer: plan.kind })
      const subscriber = new Subscriber(parts, stream, plan, sink)
      subscriber.since = clock.monotonic()
      // It began anew while the plan was made: nobody has told this subscriber.
      if (epoch !== journal.epoch && plan.kind === 'range') subscriber.reset('epoch_changed')
      audienceOf(stream).subscribers.add(subscriber)
      return subscriber
    },
    [Symbol.dispose]() {
      stopHearing()
      stopWatching()
      keeper[Symbol.dispose]()
    },
  }
}

function countOf(audiences: ReadonlyMap<StreamName, Audience>): number {
  let count = 0
  for (const { subscribers } of audiences.values()) count += subscribers.size
  return count
}
