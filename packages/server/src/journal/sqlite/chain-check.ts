import type { Row } from '../../platform/statement.ts'
import { type ChainedRow, chainAfter, chainStart, payloadHash } from '../chain.ts'
import { isCorruption } from './failures.ts'
import type { LogEnd } from './log.ts'
import { NO_STREAM, Notes } from './notes.ts'
import type { Removals } from './removals.ts'
import type { Statements } from './statements.ts'

export interface ScannedRow extends ChainedRow {
  id: number
  payload: string | null
  chain: Uint8Array | null
}

/** Rows that are missing or not what was written. */
export interface Fault {
  first: number
  last: number
  why: string
}

/** One transaction's rows, verified. */
export interface Checked {
  rows: ScannedRow[]
  faults: Fault[]
  end: LogEnd
}

/** Verifies rows in their order: their payloads, that none is missing, and the chain over them. */
export class ChainCheck {
  readonly #removals: Removals
  /** Each epoch begins a chain of its own, at its first row. */
  readonly #starts: ReadonlyMap<number, Uint8Array>
  readonly #lost: readonly (readonly [first: number, last: number])[]
  #last: number
  #rows: ScannedRow[] = []
  #faults: Fault[] = []
  #excused = false
  /** What the chain may have been before: a stored value can be the damaged one itself. */
  #before: Uint8Array[]

  /** Begins behind `from`. What earlier epochs wrote down as lost is no news. */
  constructor(statements: Statements, removals: Removals, from: LogEnd) {
    const notes = new Notes(statements)
    const epochs = statements.prepare('select epoch, first_row from epoch order by id').all()
    const began = epochs.map((row) => [Number(row['first_row']), String(row['epoch'])] as const)
    this.#starts = new Map(began.map(([row, epoch]) => [row, chainStart(epoch)]))
    this.#lost = began.flatMap(([row]) => notes.at(row).lostRows ?? [])
    this.#removals = removals
    this.#last = from.row
    this.#before = [from.chain]
  }

  /** Takes the next row; the answer is the transaction that it ends. */
  add(row: ScannedRow): Checked | undefined {
    if (row.id !== this.#last + 1) this.#miss(this.#last + 1, row.id - 1)
    const start = this.#starts.get(row.id)
    if (start) this.#before = [start]
    this.#last = row.id
    if (this.#isLost(row.id)) this.#excused = true
    else if (!isWhole(this.#removals, row)) {
      this.#fault(row.id, row.id, `row ${row.id} is not what was written`)
    }
    this.#rows.push(row)
    return row.chain === null ? undefined : this.#end(row.chain)
  }

  /** The log ends here: what is left of a transaction has no end. */
  finish(end = this.#last): Checked | undefined {
    if (this.#last < end) this.#miss(this.#last + 1, end)
    this.#last = end
    const [first] = this.#rows
    if (first && !this.#excused) {
      this.#fault(first.id, end, `the last transaction, from row ${first.id}, has no end`)
    }
    if (this.#rows.length === 0 && this.#faults.length === 0) return undefined
    return this.#take(this.#before[0] ?? new Uint8Array())
  }

  #end(stored: Uint8Array): Checked {
    const computed = this.#before.map((before) => chainAfter(before, this.#rows))
    const holds = computed.some((chain) => chain.equals(stored))
    const first = this.#rows[0]?.id ?? this.#last
    if (!holds && !this.#excused) {
      this.#fault(first, this.#last, `the chain breaks at row ${this.#last}`)
    }
    this.#before = holds ? [stored] : [stored, ...computed]
    return this.#take(stored)
  }

  #take(chain: Uint8Array): Checked {
    const checked = { rows: this.#rows, faults: this.#faults, end: { row: this.#last, chain } }
    this.#rows = []
    this.#faults = []
    this.#excused = false
    return checked
  }

  #miss(first: number, last: number): void {
    this.#excused = true
    if (this.#isLost(first) && this.#isLost(last)) return
    this.#faults.push({ first, last, why: `rows ${first} to ${last} are missing` })
  }

  #fault(first: number, last: number, why: string): void {
    this.#excused = true
    this.#faults.push({ first, last, why })
  }

  #isLost(row: number): boolean {
    return this.#lost.some(([first, last]) => first <= row && row <= last)
  }
}

/** Whether the payload is what was written, or a chained note says why it need not be. */
export function isWhole(removals: Removals, { stream, seq, payload, hash }: ScannedRow): boolean {
  if (payload !== null && payloadHash(payload).equals(hash)) return true
  return stream !== NO_STREAM && removals.accepts(stream, seq, payload)
}

const COLUMNS = 'select id, stream, seq, payload, hash, chain from log'

/** The next rows of the log; one that cannot be read is left out, as if it were missing. */
export function rowsBehind(
  statements: Statements,
  after: number,
  count: number,
): { rows: ScannedRow[]; through: number } {
  try {
    const found = statements
      .prepare(`${COLUMNS} where id > ? order by id limit ?`)
      .all(after, count)
      .map(scanned)
    return { rows: found, through: found.at(-1)?.id ?? after }
  } catch (error) {
    if (!isCorruption(error)) throw error
    const one = statements.prepare(`${COLUMNS} where id = ?`)
    const rows: ScannedRow[] = []
    for (let id = after + 1; id <= after + count; id += 1) {
      const row = readable(() => one.get(id))
      if (row) rows.push(scanned(row))
    }
    return { rows, through: after + count }
  }
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isCorruption(error)) return undefined
    throw error
  }
}

function scanned(row: Row): ScannedRow {
  const { payload, hash, chain } = row
  return {
    id: Number(row['id']),
    stream: Number(row['stream']),
    seq: Number(row['seq']),
    payload: typeof payload === 'string' ? payload : null,
    hash: hash instanceof Uint8Array ? hash : new Uint8Array(),
    chain: chain instanceof Uint8Array ? chain : null,
  }
}

export function chainAt(statements: Statements, row: number): Uint8Array {
  const found = readable(() => statements.prepare('select chain from log where id = ?').get(row))
  const chain = found?.['chain']
  return chain instanceof Uint8Array ? chain : new Uint8Array()
}
