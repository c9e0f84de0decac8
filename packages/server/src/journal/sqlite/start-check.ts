import { chainAt, ChainCheck, type Checked, type Fault, rowsBehind } from './chain-check.ts'
import type { LogEnd } from './log.ts'
import type { Mark } from './mark.ts'
import { NO_STREAM } from './notes.ts'
import type { Removals } from './removals.ts'
import type { Statements } from './statements.ts'
import type { LiveStream, Streams } from './streams.ts'

export interface Tail {
  end: LogEnd
  faults: Fault[]
  /** Events that are missing or not what was written. */
  lost: LostEvent[]
}

export interface LostEvent {
  stream: LiveStream
  seq: number
}

const STEP = 2_048

/** The row up to which segments know every event, and the chain's value there. */
export function indexedThrough(statements: Statements): LogEnd {
  const through = Number(statements.prepare('select through from indexed').get()?.['through'] ?? 0)
  return { row: through, chain: chainAt(statements, through) }
}

/**
 * Reads the rows after the indexed part, fills the streams' memory from them, and verifies their
 * hashes and the chain. Older rows are verified when they are read, and by the scrub.
 */
export function scanTail(statements: Statements, streams: Streams, removals: Removals): Tail {
  const from = indexedThrough(statements)
  const check = new ChainCheck(statements, removals, from)
  const filling = new Filling(streams)
  const tail: Tail = { end: from, faults: [], lost: filling.lost }
  if (from.row > 0 && from.chain.length === 0) {
    tail.faults.push({ first: from.row, last: from.row, why: `row ${from.row} has no chain` })
  }
  const take = (checked: Checked | undefined): void => {
    if (!checked) return
    tail.end = checked.end
    tail.faults.push(...checked.faults)
    filling.add(checked)
  }
  const last = Number(statements.prepare('select max(id) as last from log').get()?.['last'] ?? 0)
  for (let at = from.row; at < last;) {
    const { rows, through } = rowsBehind(statements, at, STEP)
    for (const row of rows) take(check.add(row))
    at = Math.min(through, last)
  }
  take(check.finish(Math.max(last, from.row)))
  return tail
}

/** Puts verified rows into the streams' memory; what is doubtful moves no head far. */
class Filling {
  readonly lost: LostEvent[] = []
  readonly #streams: Streams
  readonly #named = new Map<number, LiveStream | undefined>()
  /** Rows that may have held events which later ones leave a hole for. */
  #missing = 0

  constructor(streams: Streams) {
    this.#streams = streams
  }

  add({ rows, faults }: Checked): void {
    for (const { first, last } of faults) this.#missing += last - first + 1
    for (const row of rows) {
      const stream = row.stream === NO_STREAM ? undefined : this.#streamOf(row.stream)
      if (!stream || row.seq <= stream.head) continue
      // A damaged number may be any: only holes that missing rows explain are believed.
      const hole = row.seq - stream.head - 1
      if (hole > this.#missing) continue
      for (let seq = stream.head + 1; seq < row.seq; seq += 1) this.#lose(stream, seq, row.id)
      if (faults.some(({ first, last }) => first <= row.id && row.id <= last)) {
        this.#lose(stream, row.seq, row.id)
      } else this.#streams.append(stream, row.id)
    }
  }

  /** The number is taken, by a row that is not its own: reading it would say so. */
  #lose(stream: LiveStream, seq: number, row: number): void {
    this.#streams.append(stream, row)
    this.lost.push({ stream, seq })
  }

  #streamOf(id: number): LiveStream | undefined {
    if (!this.#named.has(id)) this.#named.set(id, this.#streams.byId(id))
    return this.#named.get(id)
  }
}

/** Why the log is not what its mark promises, or undefined when it is. */
export function disagreement(
  statements: Statements,
  { epoch, mark, end }: { epoch: string | undefined; mark: Mark | undefined; end: LogEnd },
): string | undefined {
  if (epoch === undefined) return 'journal.db is new, but journal.mark is not'
  if (!mark) return 'journal.mark is missing or unreadable'
  if (mark.epoch !== epoch) return 'journal.mark belongs to another journal.db'
  if (mark.row > end.row) {
    return `the log ends at row ${end.row}, but row ${mark.row} was acknowledged`
  }
  if (mark.row === 0) return undefined
  const same = Buffer.from(mark.chain).equals(chainAt(statements, mark.row))
  return same ? undefined : `row ${mark.row} is not the one that was acknowledged`
}
