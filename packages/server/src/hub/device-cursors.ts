import { parsePosition } from '@netra/protocol'

import type { Position, StreamName } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import { isoTime } from '../platform/clock.ts'
import type { ConnectionId, DeviceId, UserId } from '../platform/ids.ts'
import type { DeliveryMetrics } from './delivery-metrics.ts'
import type { Jump, Reached } from './delivery-states.ts'

export type Transport = 'socket' | 'events' | 'poll'

/** Who reads a stream, and how. */
export interface Reader {
  userId: UserId
  device: DeviceId
  /** One page of one browser; what it reads anew goes on where it was. */
  instance: string
  connectionId: ConnectionId
  transport: Transport
}

/** What is seen of a subscription. */
export interface Cursor {
  readonly stream: StreamName
  readonly head: Position
  readonly position: Position | undefined
  readonly jump: Jump | undefined
}

interface Parts {
  clock: Clock
  metrics: DeliveryMetrics
  timeOf(stream: StreamName, seq: number): number | undefined
  reader: Reader
  cursor: Cursor
  /** The same page's reading of the same stream before this one. */
  before: DeviceCursors | undefined
}

/** `seq` of a position, if it is of the same epoch as another one. */
export function seqIn(position: string | undefined, of: string): number | undefined {
  const parts = position === undefined ? undefined : parsePosition(position)
  return parts && parts.epoch === parsePosition(of)?.epoch ? parts.seq : undefined
}

/** How far one page of one device has got with one stream: what it was sent, what it acknowledged. */
export class DeviceCursors {
  readonly reader: Reader
  readonly stream: StreamName
  readonly since: string
  acknowledgedAt: Position | undefined
  ackedAtMs: number | undefined
  readonly #parts: Pick<Parts, 'clock' | 'metrics' | 'timeOf'>
  /** Undefined once nobody is there. */
  #cursor: Cursor | undefined
  #lastSent: Position | undefined
  #lastJump: Jump | undefined
  /** The furthest that this page was sent, or said to have when it came. */
  #furthest: Position | undefined
  /** As far as it was sent, or claimed and was believed. */
  #had: Position | undefined

  constructor({ reader, cursor, before, ...parts }: Parts) {
    this.#parts = parts
    this.reader = reader
    this.stream = cursor.stream
    this.#cursor = cursor
    this.since = isoTime(parts.clock)
    this.acknowledgedAt = before?.acknowledgedAt
    this.ackedAtMs = before?.ackedAtMs
    this.#furthest = before && further(before.#furthest, before.sent)
    this.#had = before && further(before.#had, before.sent)
  }

  get sent(): Position | undefined {
    return this.#cursor ? this.#cursor.position : this.#lastSent
  }

  /** Where the device said it stands when it came. */
  claim(position: string | null): void {
    const head = this.#cursor?.head
    const seq = position === null || head === undefined ? undefined : seqIn(position, head)
    if (position === null || head === undefined || seq === undefined) return
    this.#furthest = further(this.#furthest, position as Position)
    if (seq > (seqIn(head, head) ?? 0)) return
    this.#had = further(this.#had, position as Position)
    this.acknowledged(position)
  }

  acknowledged(position: string): 'taken' | 'impossible' {
    const { sent } = this
    const seq = sent && seqIn(position, sent)
    // Of an epoch that is over, or of what was sent before a snapshot that is on its way.
    if (sent === undefined || seq === undefined) return 'taken'
    const most = Math.max(seqIn(sent, sent) ?? 0, seqIn(this.#furthest, sent) ?? 0)
    if (seq > most) return 'impossible'
    // Claimed, and never sent here: it is answered with a reset, and counts for nothing.
    const had = Math.max(seqIn(sent, sent) ?? 0, seqIn(this.#had, sent) ?? 0)
    if (seq > had) return 'taken'
    const known = seqIn(this.acknowledgedAt, sent)
    if (known !== undefined && seq <= known) return 'taken'
    this.#count(known ?? 0, seq)
    this.acknowledgedAt = position as Position
    this.ackedAtMs = this.#parts.clock.monotonic()
    return 'taken'
  }

  /** False when it had left already. */
  leave(): boolean {
    if (!this.#cursor) return false
    this.#lastSent = this.#cursor.position
    this.#lastJump = this.#cursor.jump
    this.#cursor = undefined
    return true
  }

  reached(head: Position, isPresent: boolean): Reached {
    const acknowledged = seqIn(this.acknowledgedAt, head) ?? 0
    const jump = this.#cursor ? this.#cursor.jump : this.#lastJump
    return {
      isPresent,
      acknowledged,
      sent: seqIn(this.sent, head) ?? 0,
      jump: jump && jump.through <= acknowledged ? jump : undefined,
    }
  }

  #count(known: number, seq: number): void {
    const { metrics, clock, timeOf } = this.#parts
    const jump = this.#cursor?.jump
    const from = jump && jump.through <= seq ? Math.max(known, jump.through) : known
    metrics.count('acknowledged', seq - from)
    const at = timeOf(this.stream, seq)
    if (at !== undefined) metrics.lag('acknowledged', clock.monotonic() - at)
  }
}

function further(one: Position | undefined, other: Position | undefined): Position | undefined {
  if (one === undefined || other === undefined) return one ?? other
  const seq = seqIn(one, other)
  return seq === undefined || seq <= (seqIn(other, other) ?? 0) ? other : one
}
