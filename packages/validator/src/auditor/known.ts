import { isDeepStrictEqual } from 'node:util'

import { parsePosition, threadEventSchema, userEventSchema } from '@netra/protocol'

import type { HeardMessage, JournalEvent, StreamState } from './observation.ts'
import type { Judge, Report, Seen } from './report.ts'

type AnyEvent = JournalEvent | Extract<HeardMessage, { type: 'event' }>['event']
/** An event as it stands on the wire, whoever wrote it down. */
export type WireEvent = Record<string, unknown> & { type: string }

interface PlacedEvent {
  device?: string
  stream: string
  epoch: string
  seq: number
  event: AnyEvent
}

/** A state that somebody had or sent, to be compared with the fold of the journal. */
export interface StatePoint {
  seq: number
  state: StreamState
  /** Who had it, for the one who reads the violation. */
  of: { device?: string; what: 'device' | 'snapshot' | 'journal' }
}

/** One stream in one epoch: all that anybody saw of it. */
export interface Chapter {
  stream: string
  epoch: string
  events: Map<number, WireEvent>
  points: StatePoint[]
  /** The highest `seq` that was seen to exist. */
  head: number
  /** The head as somebody read it from the journal itself; undefined when nobody did. */
  read: number | undefined
  /** Every commit of it is among the events. */
  committed: boolean
}

/** What all observations together tell of the journal. The rules that judge at the end read it. */
export class Known implements Judge {
  readonly #report: Report
  readonly #chapters = new Map<string, Chapter>()
  readonly #epochs: string[] = []
  readonly #deleted = new Set<string>()
  readonly #refusals: { device: string; user: string; stream: string }[] = []
  /** Faults have stopped. */
  isCalm = false

  constructor(report: Report) {
    this.#report = report
  }

  get chapters(): Iterable<Chapter> {
    return this.#chapters.values()
  }

  /** Somebody was told that a stream is not there. */
  get refusals(): readonly { device: string; user: string; stream: string }[] {
    return this.#refusals
  }

  isDeleted(stream: string): boolean {
    return this.#deleted.has(stream)
  }

  /** The stream as the newest epoch has it; undefined when nobody saw any of it. */
  newest(stream: string): Chapter | undefined {
    for (const epoch of this.#epochs.toReversed()) {
      const chapter = this.#chapters.get(`${epoch} ${stream}`)
      if (chapter) return chapter
    }
    return undefined
  }

  committed({ stream, epoch, seq, event }: Seen<'committed'>): void {
    this.#chapter(stream, epoch).committed = true
    this.#event({ stream, epoch, seq, event })
  }

  journal({ stream, position, events, state }: Seen<'journal'>): void {
    const head = parsePosition(position)
    if (!head) return
    const chapter = this.#chapter(stream, head.epoch)
    chapter.read = head.seq
    chapter.head = Math.max(chapter.head, head.seq)
    for (const { seq, event } of events) this.#event({ stream, epoch: head.epoch, seq, event })
    if (state) this.#point(stream, position, state, { what: 'journal' })
  }

  state({ device, stream, position, state }: Seen<'state'>): void {
    this.#point(stream, position, state, { device, what: 'device' })
  }

  heard({ device, messages }: Seen<'heard'>): void {
    for (const message of messages) {
      if (message.type !== 'snapshot') continue
      const { stream, position, state } = message
      this.#point(stream, position, state as StreamState, { device, what: 'snapshot' })
    }
  }

  epoch_changed({ to }: Seen<'epoch_changed'>): void {
    this.#epoch(to)
  }

  deleted({ stream }: Seen<'deleted'>): void {
    this.#deleted.add(stream)
  }

  faults_stopped(): void {
    this.isCalm = true
  }

  end(): void {
    for (const chapter of this.chapters) this.#report.counts.committed += chapter.events.size
  }

  /** A device heard an event, and the epoch of its connection says where it stands. */
  placed(at: PlacedEvent): void {
    this.#event(at)
  }

  refused({ device, user }: { device: string; user: string }, stream: string): void {
    this.#refusals.push({ device, user, stream })
  }

  #event(at: PlacedEvent): void {
    const { stream, epoch, seq } = at
    const chapter = this.#chapter(stream, epoch)
    const event = asOnTheWire(stream, at.event)
    const known = chapter.events.get(seq)
    if (known === undefined) {
      chapter.events.set(seq, event)
      chapter.head = Math.max(chapter.head, seq)
    } else if (!isDeepStrictEqual(known, event)) {
      this.#report.violation(
        'same_event',
        { device: at.device, stream },
        `at ${epoch}:${seq} one saw ${excerpt(known)}, another ${excerpt(event)}`,
      )
    }
  }

  #point(stream: string, position: string, state: StreamState, of: StatePoint['of']): void {
    const at = parsePosition(position)
    if (!at) return
    const chapter = this.#chapter(stream, at.epoch)
    chapter.points.push({ seq: at.seq, state, of })
    // What a device says of itself proves nothing about the journal.
    if (of.what !== 'device') chapter.head = Math.max(chapter.head, at.seq)
  }

  #chapter(stream: string, epoch: string): Chapter {
    const key = `${epoch} ${stream}`
    const known = this.#chapters.get(key)
    if (known) return known
    this.#epoch(epoch)
    const chapter: Chapter = {
      stream,
      epoch,
      events: new Map(),
      points: [],
      head: 0,
      read: undefined,
      committed: false,
    }
    this.#chapters.set(key, chapter)
    return chapter
  }

  #epoch(epoch: string): void {
    if (!this.#epochs.includes(epoch)) this.#epochs.push(epoch)
  }
}

const excerpt = (event: WireEvent): string => JSON.stringify(event).slice(0, 200)

/** Without what only a journal knows, so that whatever saw the same event saw the same. */
function asOnTheWire(stream: string, event: AnyEvent): WireEvent {
  const schema = stream.startsWith('user:') ? userEventSchema : threadEventSchema
  const parsed = schema.safeParse(event)
  return structuredClone(parsed.success ? parsed.data : event) as WireEvent
}
