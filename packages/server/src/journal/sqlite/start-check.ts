import type { Row } from '../../platform/statement.ts'
import { type ChainedRow, chainAfter, chainStart, payloadHash } from './chain.ts'
import type { LogEnd } from './log.ts'
import { NO_STREAM } from './log.ts'
import type { Mark } from './mark.ts'
import type { Statements } from './statements.ts'
import type { Streams } from './streams.ts'

export interface Tail {
  end: LogEnd
  /** The first thing found wrong with the log. */
  broken: string | undefined
}

interface Scanned extends ChainedRow {
  id: number
  payload: string | null
  chain: Uint8Array | null
}

function scanned(row: Row): Scanned {
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

/** The row up to which segments know every event, and the chain's value there. */
export function indexedThrough(statements: Statements): LogEnd {
  const through = Number(statements.prepare('select through from indexed').get()?.['through'] ?? 0)
  return { row: through, chain: chainAt(statements, through) }
}

/** Each epoch begins a chain of its own, at its first row. */
function epochStarts(statements: Statements): Map<number, Uint8Array> {
  const epochs = statements.prepare('select epoch, first_row from epoch order by id').all()
  return new Map(epochs.map((row) => [Number(row['first_row']), chainStart(String(row['epoch']))]))
}

function chainAt(statements: Statements, row: number): Uint8Array {
  const found = statements.prepare('select chain from log where id = ?').get(row)?.['chain']
  return found instanceof Uint8Array ? found : new Uint8Array()
}

/**
 * Reads the rows after the indexed part, fills the streams' memory from them, and verifies their
 * hashes and the chain. Older rows are verified when they are read.
 */
export function scanTail(statements: Statements, streams: Streams): Tail {
  const starts = epochStarts(statements)
  let end = indexedThrough(statements)
  let broken = end.chain.length === 0 && end.row > 0 ? `row ${end.row} has no chain` : undefined
  let transaction: ChainedRow[] = []
  const names = new Map<number, ReturnType<Streams['byId']>>()
  const scan = statements.prepare(
    'select id, stream, seq, payload, hash, chain from log where id > ? order by id',
  )
  let last = end.row
  for (const found of scan.iterate(end.row)) {
    const row = scanned(found)
    end.chain = starts.get(row.id) ?? end.chain
    // Every row is noted, also behind the first fault: the streams' heads must not fall back.
    const misfit = note(streams, names, row)
    broken ??= faultOf(row, last) ?? misfit
    last = row.id
    transaction.push(row)
    if (row.chain === null) continue
    const chain = chainAfter(end.chain, transaction)
    if (!chain.equals(row.chain)) broken ??= `the chain breaks at row ${row.id}`
    end = { row: row.id, chain: row.chain }
    transaction = []
  }
  if (transaction.length > 0) broken ??= `the last transaction, from row ${end.row + 1}, has no end`
  return { end: { row: last, chain: end.chain }, broken }
}

function faultOf(row: Scanned, last: number): string | undefined {
  if (row.id !== last + 1) return `rows ${last + 1} to ${row.id - 1} are missing`
  if (row.payload === null || !payloadHash(row.payload).equals(row.hash)) {
    return `row ${row.id} is not what was written`
  }
  return undefined
}

/** Puts a row into its stream's memory; the answer says what does not fit. */
function note(
  streams: Streams,
  names: Map<number, ReturnType<Streams['byId']>>,
  row: Scanned,
): string | undefined {
  if (row.stream === NO_STREAM) return undefined
  if (!names.has(row.stream)) names.set(row.stream, streams.byId(row.stream))
  const stream = names.get(row.stream)
  if (!stream) return `row ${row.id} belongs to no stream`
  if (row.seq <= stream.indexedTo) return undefined
  if (row.seq <= stream.head) return `${stream.name} has event ${row.seq} twice`
  const expected = stream.head + 1
  // A hole points at a row that is not its own: reading it says so.
  while (stream.head + 1 < row.seq) streams.append(stream, row.id)
  streams.append(stream, row.id)
  return row.seq === expected ? undefined : `${stream.name} lacks event ${expected}`
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
