import type { Position, StreamName } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { DeliveryMetrics } from './delivery-metrics.ts'
import { countStates, type DeliveryCounts } from './delivery-states.ts'
import { DeviceCursors, seqIn, type Cursor, type Reader, type Transport } from './device-cursors.ts'

/** One device's reading of one stream. */
export interface Delivery {
  /**
   * The device says that it applied everything up to here. An older position than before is late
   * and changes nothing; `impossible` is one that this device was never sent.
   */
  acknowledged(position: string): 'taken' | 'impossible'
  /** Nobody is there any more; what the device has is remembered for some minutes. */
  left(): void
}

export interface DeliveryReport {
  head: Position
  counts: DeliveryCounts
  devices: {
    device: string
    connection_id: string
    transport: Transport
    sent: Position | null
    acknowledged: Position | null
    /** Events that the device has not acknowledged. */
    behind: number
    last_ack_ms_ago: number | null
    since: string
  }[]
}

interface Parts {
  clock: Clock
  metrics: DeliveryMetrics
  /** When the newest commit up to this event was, if that is known. */
  timeOf(stream: StreamName, seq: number): number | undefined
}

const KEPT_MS = 10 * 60_000
const MOST_DEPARTED = 10_000
/** A poller is there between two of its requests too. */
const BETWEEN_POLLS_MS = 30_000

/**
 * How far each device has got with each stream: two cursors, sent and acknowledged. Every state is
 * computed from them and the head; nothing is stored for an event.
 */
export class DeliveryTracker {
  readonly #parts: Parts
  readonly #byKey = new Map<string, DeviceCursors>()
  readonly #byStream = new Map<StreamName, Set<DeviceCursors>>()
  /** When each of those that left did, oldest first. */
  readonly #departed = new Map<DeviceCursors, number>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Devices that are known now, each once for each stream. */
  get size(): number {
    return this.#byKey.size
  }

  /** @param claimed the position that the device said it is at: it has what came before. */
  begin(reader: Reader, cursor: Cursor, claimed: string | null): Delivery {
    this.#forgetOld()
    const { stream } = cursor
    const key = JSON.stringify([reader.userId, reader.device, reader.instance, stream])
    const before = this.#byKey.get(key)
    if (before) this.#remove(key, before)
    const cursors = new DeviceCursors({ ...this.#parts, reader, cursor, before })
    cursors.claim(claimed)
    this.#byKey.set(key, cursors)
    this.#byStream.set(stream, (this.#byStream.get(stream) ?? new Set()).add(cursors))
    return {
      acknowledged: (position) => cursors.acknowledged(position),
      left: () => {
        if (!cursors.leave() || this.#byKey.get(key) !== cursors) return
        this.#departed.set(cursors, this.#parts.clock.monotonic())
        this.#forgetOld()
      },
    }
  }

  /** Where the events of a stream have got to. */
  report(stream: StreamName, head: Position): DeliveryReport {
    this.#forgetOld()
    const now = this.#parts.clock.monotonic()
    const all = [...(this.#byStream.get(stream) ?? [])]
    const reached = all.map((cursors) => {
      const leftAt = this.#departed.get(cursors)
      const grace = cursors.reader.transport === 'poll' ? BETWEEN_POLLS_MS : 0
      return cursors.reached(head, leftAt === undefined || now - leftAt < grace)
    })
    const end = seqIn(head, head) ?? 0
    return {
      head,
      counts: countStates(end, reached),
      devices: all.map(({ reader, sent, acknowledgedAt, ackedAtMs, since }) => ({
        device: reader.device,
        connection_id: reader.connectionId,
        transport: reader.transport,
        sent: sent ?? null,
        acknowledged: acknowledgedAt ?? null,
        behind: Math.max(0, end - (seqIn(acknowledgedAt, head) ?? 0)),
        last_ack_ms_ago: ackedAtMs === undefined ? null : Math.round(now - ackedAtMs),
        since,
      })),
    }
  }

  /** Whoever left is forgotten at once. */
  forgetDeparted(): void {
    for (const cursors of this.#departed.keys()) this.#forget(cursors)
  }

  #forget(cursors: DeviceCursors): void {
    const { reader, stream } = cursors
    this.#remove(JSON.stringify([reader.userId, reader.device, reader.instance, stream]), cursors)
  }

  #forgetOld(): void {
    const oldest = this.#parts.clock.monotonic() - KEPT_MS
    for (const [cursors, leftAt] of this.#departed) {
      if (leftAt > oldest && this.#departed.size <= MOST_DEPARTED) break
      this.#forget(cursors)
    }
  }

  #remove(key: string, cursors: DeviceCursors): void {
    this.#departed.delete(cursors)
    if (this.#byKey.get(key) === cursors) this.#byKey.delete(key)
    const others = this.#byStream.get(cursors.stream)
    if (others?.delete(cursors) && others.size === 0) this.#byStream.delete(cursors.stream)
  }
}
