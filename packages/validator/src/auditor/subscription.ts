import { parsePosition } from '@netra/protocol'

/** What one message said about a subscription; a plain account, judged by the caller. */
export interface Finding {
  kind: 'hole' | 'duplicate' | 'reordered' | 'unreported' | 'out_of_place'
  /** Events concerned. */
  count: number
  detail: string
}

/**
 * One subscription of one connection: the cursor that the server promises to move by one. It knows
 * only what crossed the wire. `epoch` and `cursor` are undefined while they cannot be known.
 */
export class Subscription {
  epoch: string | undefined
  cursor: number | undefined
  /** Told that something may be lost; a snapshot is due. */
  #told = false
  readonly #claimed: string | null
  /** Passed over; what comes after all was late, not lost. */
  readonly #missing = new Set<number>()

  constructor(claimed: string | null) {
    this.#claimed = claimed
    const position = claimed === null ? undefined : parsePosition(claimed)
    this.epoch = position?.epoch
    this.cursor = claimed === null ? 0 : position?.seq
  }

  /** Events that were passed over and never came. */
  get missing(): number {
    return this.#missing.size
  }

  event(seq: number): Finding | undefined {
    if (this.cursor === undefined) {
      this.cursor = seq
      return {
        kind: 'out_of_place',
        count: 1,
        detail: `event ${seq} came where a snapshot was due after ${this.#told ? 'a reset' : `the position ${this.#claimed}`}`,
      }
    }
    const expected = this.cursor + 1
    if (seq > expected)
      return this.#passOver(seq - 1, `event ${seq} came where ${expected} was due`, seq)
    if (seq === expected) {
      this.cursor = seq
      return undefined
    }
    if (this.#missing.delete(seq)) {
      return { kind: 'reordered', count: 1, detail: `event ${seq} came after ${this.cursor}` }
    }
    return {
      kind: 'duplicate',
      count: 1,
      detail: `event ${seq} came again, or from before the position ${this.#claimed}; ${expected} was due`,
    }
  }

  reset(): void {
    this.#told = true
    this.cursor = undefined
  }

  snapshot(position: string): Finding | undefined {
    const to = parsePosition(position)
    if (!to) return unreadable('snapshot', position)
    const finding = this.#told ? undefined : this.#unproven(to.epoch, to.seq, 'a snapshot')
    this.#told = false
    this.epoch = to.epoch
    this.cursor = to.seq
    this.#missing.clear()
    return finding
  }

  live(position: string): Finding | undefined {
    const to = parsePosition(position)
    if (!to) return unreadable('live', position)
    if (this.cursor === undefined) {
      const detail = `live at ${position} came where a snapshot was due`
      this.cursor = to.seq
      this.epoch = to.epoch
      return { kind: 'out_of_place', count: 1, detail }
    }
    const known = this.epoch ?? to.epoch
    if (known !== to.epoch) {
      const finding = this.#unproven(to.epoch, to.seq, 'live')
      this.epoch = to.epoch
      this.cursor = to.seq
      return finding
    }
    this.epoch = to.epoch
    if (to.seq > this.cursor) {
      return this.#passOver(
        to.seq,
        `live at ${to.seq} came where ${this.cursor + 1} was due`,
        to.seq,
      )
    }
    if (to.seq < this.cursor) {
      return {
        kind: 'reordered',
        count: 1,
        detail: `live at ${to.seq} came after event ${this.cursor}`,
      }
    }
    return undefined
  }

  /** Another epoch, or a place before the one that was reached: a loss that only `reset` may precede. */
  #unproven(epoch: string, seq: number, what: string): Finding | undefined {
    const isOther = this.epoch !== undefined && this.epoch !== epoch
    const isBehind = this.epoch === epoch && this.cursor !== undefined && seq < this.cursor
    if (!isOther && !isBehind) return undefined
    return {
      kind: 'unreported',
      count: 1,
      detail: `${what} at ${epoch}:${seq} came after ${this.epoch}:${this.cursor} without a reset`,
    }
  }

  #passOver(last: number, detail: string, cursor: number): Finding {
    const first = (this.cursor ?? 0) + 1
    for (let seq = first; seq <= last; seq += 1) this.#missing.add(seq)
    this.cursor = cursor
    return { kind: 'hole', count: last - first + 1, detail }
  }
}

const unreadable = (what: string, position: string): Finding => ({
  kind: 'out_of_place',
  count: 1,
  detail: `${what} came with a position that cannot be read: ${JSON.stringify(position)}`,
})
