import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

import { rowMigrations } from '../migrations/migrations.ts'
import { chainStart } from './chain.ts'
import { type Failure, toFailure } from './failures.ts'
import { logMigrations } from './log-migrations.ts'
import { Log, type LogEnd, type NewRow } from './log.ts'
import { type MarkStore, openMarkFile } from './mark.ts'
import type { CommitOutcome, CommitRequest, Opened, StoredPayloads } from './messages.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open-database.ts'
import { RowChanges } from './row-changes.ts'
import { disagreement, indexedThrough, scanTail } from './start-check.ts'
import { Statements } from './statements.ts'
import { type LiveStream, Streams } from './streams.ts'

const INDEX_EVERY = 16_384
/** Segments that one transaction writes on the side, so that no commit waits for all of them. */
const SEGMENTS_PER_COMMIT = 128
/** SQLite's own default; fewer, larger checkpoints make longer pauses. */
const CHECKPOINT_PAGES = 1_000

export interface WriterOptions {
  folder: string
  /** Written into the epoch's row, for people. */
  at: string
  /** Rows that segments may lag behind: a start scans at most about this many. */
  indexEvery?: number
  /** Tests let it fail; never crosses threads. */
  openMark?: typeof openMarkFile
}

/** The one connection that writes: transactions, group by group, and reads of streams. */
export class Writer {
  readonly opened: Opened
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #streams: Streams
  readonly #log: Log
  readonly #rows: RowChanges
  readonly #mark: MarkStore
  readonly #epoch: string
  readonly #indexEvery: number
  #end: LogEnd
  #broken: Failure | undefined
  #indexed: number
  /** Where the index pass under way will have come when it ends. */
  #passTo = 0

  constructor({ folder, at, indexEvery = INDEX_EVERY, openMark = openMarkFile }: WriterOptions) {
    this.#indexEvery = indexEvery
    this.#database = openDatabase(join(folder, 'journal.db'))
    migrate(this.#database, 'log', logMigrations)
    migrate(this.#database, 'rows', rowMigrations)
    this.#statements = new Statements(this.#database)
    this.#streams = new Streams(this.#statements)
    this.#rows = new RowChanges(this.#database, this.#statements)
    this.#log = new Log(this.#statements, this.#streams)
    const { file, mark } = openMark(join(folder, 'journal.mark'))
    this.#mark = file
    const known = this.#statements.prepare('select epoch from epoch order by id desc limit 1').get()
    const epoch = known === undefined ? undefined : String(known['epoch'])
    const tail = scanTail(this.#statements, this.#streams)
    this.#end = tail.end
    this.#indexed = indexedThrough(this.#statements).row
    // Killed while it was made: nothing was ever acknowledged.
    const fresh = mark === undefined && tail.end.row <= 1
    const why =
      tail.broken ??
      (fresh ? undefined : disagreement(this.#statements, { epoch, mark, end: tail.end }))
    if (epoch !== undefined && !fresh && why === undefined) {
      this.#epoch = epoch
      this.opened = { epoch }
      return
    }
    this.#epoch = this.#beginEpoch(why ?? 'the journal was made', at)
    this.opened = { epoch: this.#epoch, ...(why === undefined ? {} : { epochChanged: why }) }
  }

  /** The log goes on behind what is left of it, under a name that no old position carries. */
  #beginEpoch(why: string, at: string): string {
    const epoch = randomBytes(9).toString('base64url')
    const settleAll = this.#inTransaction(() => {
      const start = { row: this.#end.row, chain: chainStart(epoch) }
      this.#statements
        .prepare('insert into epoch (epoch, first_row, why, at) values (?, ?, ?, ?)')
        .run(epoch, start.row + 1, why, at)
      const { end, settle } = this.#log.append(start, [], why)
      this.#streams.beginPass()
      const settleSegments = this.#streams.writeSegments(this.#streams.closing)
      this.#setIndexed(end.row)
      return () => {
        settle()
        settleSegments()
        this.#end = end
        this.#indexed = end.row
      }
    })
    settleAll()
    this.#writeMark(epoch, this.#end)
    return epoch
  }

  #inTransaction<T>(body: () => T): T {
    this.#database.exec('begin immediate')
    try {
      const result = body()
      this.#database.exec('commit')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  #writeMark(epoch: string, end: LogEnd): void {
    this.#mark.write({ epoch, row: end.row, chain: end.chain })
  }

  /**
   * All requests in one transaction and one sync of the disk. One that fails by its own fault leaves
   * nothing and harms no other; when the store fails, all of them do.
   */
  commit(requests: readonly CommitRequest[]): { outcomes: CommitOutcome[]; problem?: Failure } {
    if (this.#broken) return failed(requests, this.#broken)
    try {
      const { outcomes, written } = this.#inTransaction(() => this.#apply(requests))
      if (written) this.#writeMark(this.#epoch, written.end)
      written?.settle()
      this.#streams.trim()
      return { outcomes }
    } catch (error) {
      const problem = toFailure(error)
      // A failed sync may have dropped what it should have kept: this handle writes no more.
      if (problem.kind === 'broken') this.#broken = problem
      return failed(requests, problem)
    }
  }

  /**
   * Moves pages from the WAL into the database once enough have gathered. SQLite's own automatic
   * checkpoint would do it at the same moment, but swallow a failed sync and try it again.
   */
  checkpointIfDue(): void {
    if (this.#broken) return
    try {
      const size = this.#statements.prepare('pragma wal_checkpoint(noop)').get()
      if (Number(size?.['log']) - Number(size?.['checkpointed']) < CHECKPOINT_PAGES) return
      this.#statements.prepare('pragma wal_checkpoint(passive)').get()
    } catch (error) {
      const problem = toFailure(error)
      if (problem.kind === 'broken') this.#broken = problem
    }
  }

  #apply(requests: readonly CommitRequest[]): {
    outcomes: CommitOutcome[]
    written: { end: LogEnd; settle: () => void } | undefined
  } {
    const touched = new Map<string, LiveStream>()
    const heads = new Map<LiveStream, number>()
    const events: NewRow[] = []
    let wrote = false
    const outcomes = requests.map((request): CommitOutcome => {
      const refused = this.#rows.apply(request)
      if (refused) return refused
      wrote ||= request.rows.length > 0 || request.appends.length > 0
      const appended = request.appends.map(({ stream: name, payloads }) => {
        const stream = touched.get(name) ?? this.#streams.get(name)
        touched.set(name, stream)
        const before = heads.get(stream) ?? stream.head
        payloads.forEach((payload, index) => {
          events.push({ stream, seq: before + 1 + index, payload })
        })
        heads.set(stream, before + payloads.length)
        return { stream: name, first: before + 1, last: before + payloads.length }
      })
      return { status: 'committed', appended }
    })
    if (!wrote) return { outcomes, written: undefined }
    const { end, settle } = this.#log.append(this.#end, events)
    const settleIndex = this.#index()
    const settleAll = (): void => {
      settleIndex?.()
      settle()
      this.#end = end
    }
    return { outcomes, written: { end, settle: settleAll } }
  }

  /** Moves the index on by a few segments when enough rows have gathered. */
  #index(): (() => void) | undefined {
    if (this.#streams.closing === 0) {
      if (this.#end.row - this.#indexed < this.#indexEvery) return undefined
      this.#streams.beginPass()
      this.#passTo = this.#end.row
    }
    const settle = this.#streams.writeSegments(SEGMENTS_PER_COMMIT)
    const done = this.#streams.closing <= SEGMENTS_PER_COMMIT
    if (done) this.#setIndexed(this.#passTo)
    return () => {
      settle()
      if (done) this.#indexed = this.#passTo
    }
  }

  #setIndexed(row: number): void {
    this.#statements.prepare('update indexed set through = ?').run(row)
  }

  head(stream: string): number {
    return this.#streams.get(stream).head
  }

  read(stream: string, after: number, limit: { events: number; bytes: number }): StoredPayloads {
    return this.#log.read(this.#streams.get(stream), after, limit)
  }

  close(): void {
    if (!this.#broken) this.#database.exec('pragma wal_checkpoint(truncate)')
    this.#database.close()
    this.#mark.close()
  }
}

const failed = (
  requests: readonly CommitRequest[],
  problem: Failure,
): { outcomes: CommitOutcome[]; problem: Failure } => ({
  outcomes: requests.map(() => ({ status: 'failed', failure: problem })),
  problem,
})
