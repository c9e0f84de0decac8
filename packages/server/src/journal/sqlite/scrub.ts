import { ChainCheck, type Fault, isWhole, rowsBehind } from './chain-check.ts'
import type { LogEnd } from './log.ts'
import { NO_STREAM } from './notes.ts'
import type { Removals } from './removals.ts'
import type { LostEvent } from './start-check.ts'
import type { Statements } from './statements.ts'
import type { Streams } from './streams.ts'

/** What a step of the scrub found wrong. */
export interface Damage {
  faults: readonly Fault[]
  lost: readonly LostEvent[]
}

const NEAR = 256

/** Verifies the whole log, a few rows at a time: what nobody reads is damaged in silence. */
export class Scrub {
  readonly #statements: Statements
  readonly #streams: Streams
  readonly #removals: Removals
  #check: ChainCheck | undefined
  #at = 0

  constructor(statements: Statements, streams: Streams, removals: Removals) {
    this.#statements = statements
    this.#streams = streams
    this.#removals = removals
  }

  /** Verifies about `count` more rows; `done` when that was the end of the log. */
  step(end: LogEnd, count: number): { done: boolean; damage: Damage | undefined } {
    this.#check ??= new ChainCheck(this.#statements, this.#removals, {
      row: 0,
      chain: new Uint8Array(),
    })
    const check = this.#check
    const { rows, through } = rowsBehind(this.#statements, this.#at, count)
    const faults = rows.flatMap((row) => check.add(row)?.faults ?? [])
    this.#at = through
    // Rows missing at the end leave nothing behind `through`.
    const done = through >= end.row || rows.length === 0
    if (done) {
      faults.push(...(check.finish(end.row)?.faults ?? []))
      this.#check = undefined
      this.#at = 0
    }
    return { done, damage: faults.length > 0 ? { faults, lost: this.#lostIn(faults) } : undefined }
  }

  /** What else is damaged near a row: a bad page holds many, and one alarm is enough. */
  around(row: number, end: LogEnd): Damage {
    const first = Math.max(1, row - NEAR)
    const last = Math.min(end.row, row + NEAR)
    const found = new Map(
      rowsBehind(this.#statements, first - 1, last - first + 1).rows.map((each) => [each.id, each]),
    )
    const faults: Fault[] = []
    for (let id = first; id <= last; id += 1) {
      const there = found.get(id)
      if (there && isWhole(this.#removals, there)) continue
      faults.push({ first: id, last: id, why: `row ${id} is not what was written` })
    }
    return { faults, lost: this.#lostIn(faults) }
  }

  /** Which events lay in these rows: by what the rows say, if the index says so too, else by the index. */
  #lostIn(faults: readonly Fault[]): LostEvent[] {
    const rows = new Set<number>()
    for (const { first, last } of faults) for (let row = first; row <= last; row += 1) rows.add(row)
    const lost: LostEvent[] = []
    for (const row of rows) {
      const [found] = rowsBehind(this.#statements, row - 1, 1).rows
      if (found?.id !== row) continue
      const stream = found.stream === NO_STREAM ? undefined : this.#streams.byId(found.stream)
      const own = stream && this.#streams.rowsAfter(stream, found.seq - 1, 1)[0] === row
      if (own) lost.push({ stream, seq: found.seq })
      if (own || found.stream === NO_STREAM) rows.delete(row)
    }
    if (rows.size > 0) lost.push(...this.#streams.eventsIn(rows))
    return lost
  }
}
