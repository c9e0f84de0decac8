import type { NewEvent, StoredEvent } from './journal.ts'

interface Recent {
  /** `seq` of the first entry of `payloads`. */
  base: number
  /** How many entries at the front were dropped: they are empty, and cut off now and then. */
  dropped: number
  payloads: string[]
  forgotten: boolean
}

/** Cutting an array's front off moves all the rest, so it waits until that is half of it. */
const CUT_FROM = 64

/** The newest events of all streams, up to a number of characters; the oldest commit goes first. */
export class RecentEvents {
  readonly #capacity: number
  readonly #streams = new Map<string, Recent>()
  readonly #order: { stream: string; recent: Recent; count: number; size: number }[] = []
  #dropped = 0
  #size = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** What came between by another hand leaves a hole: the stream begins anew behind it. */
  add(stream: string, first: number, events: readonly NewEvent[]): void {
    const before = this.#streams.get(stream)
    if (before && before.base + before.payloads.length !== first) this.forget(stream)
    const recent = this.#streams.get(stream) ?? {
      base: first,
      dropped: 0,
      payloads: [],
      forgotten: false,
    }
    this.#streams.set(stream, recent)
    let size = 0
    for (const { payload } of events) {
      recent.payloads.push(payload)
      size += payload.length
    }
    this.#order.push({ stream, recent, count: events.length, size })
    this.#size += size
    while (this.#size > this.#capacity) this.#dropOldest()
  }

  /** Drops a stream's events at once: they were erased, or nobody listens any more. */
  forget(stream: string): void {
    const recent = this.#streams.get(stream)
    if (!recent) return
    this.#streams.delete(stream)
    recent.forgotten = true
    recent.payloads = []
  }

  #dropOldest(): void {
    const oldest = this.#order[this.#dropped]
    if (!oldest) return
    this.#dropped += 1
    if (this.#dropped > 1024 && this.#dropped * 2 > this.#order.length) {
      this.#order.splice(0, this.#dropped)
      this.#dropped = 0
    }
    this.#size -= oldest.size
    const { stream, recent } = oldest
    if (recent.forgotten) return
    const { payloads } = recent
    payloads.fill('', recent.dropped, recent.dropped + oldest.count)
    recent.dropped += oldest.count
    if (recent.dropped === payloads.length) this.#streams.delete(stream)
    else if (recent.dropped >= CUT_FROM && recent.dropped * 2 >= payloads.length) {
      payloads.splice(0, recent.dropped)
      recent.base += recent.dropped
      recent.dropped = 0
    }
  }

  /** Events after `after` by the journal's limits; undefined when the first one is not kept. */
  read(
    stream: string,
    after: number,
    limit: { events: number; bytes: number },
  ): StoredEvent[] | undefined {
    const recent = this.#streams.get(stream)
    if (!recent || after + 1 < recent.base + recent.dropped) return undefined
    const events: StoredEvent[] = []
    let bytes = 0
    for (let index = after + 1 - recent.base; index < recent.payloads.length; index += 1) {
      const payload = recent.payloads[index]
      if (payload === undefined || events.length >= limit.events) break
      bytes += Buffer.byteLength(payload)
      if (bytes > limit.bytes && events.length > 0) break
      events.push({ seq: recent.base + index, payload })
    }
    return events
  }
}
