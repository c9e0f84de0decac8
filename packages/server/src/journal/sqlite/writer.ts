import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

import { chainStart, payloadHash } from '../chain.ts'
import type { Compaction } from '../journal.ts'
import { BESIDE } from '../migrations/beside.ts'
import { rowMigrations } from '../migrations/migrations.ts'
import type { CommitOutcome, Failure } from '../outcome.ts'
import { Checkpoint } from './checkpoint.ts'
import type { Reached } from './crash-points.ts'
import { aboutThread, rangesOf } from './erasure.ts'
import { toFailure } from './failures.ts'
import { logMigrations } from './log-migrations.ts'
import { DamagedEvent, Log, type LogEnd, type NewRow } from './log.ts'
import { type MarkStore, openMarkFile } from './mark.ts'
import type { CommitRequest, KeptPayloads, NewEpoch, Opened, StoredPayloads } from './messages.ts'
import { migrate } from './migrate.ts'
import type { Note, NotedRange, NotedRemoval } from './notes.ts'
import { openDatabase } from './open-database.ts'
import { Overwrite } from './overwrite.ts'
import { Removals } from './removals.ts'
import { RowChanges } from './row-changes.ts'
import { type Damage, Scrub } from './scrub.ts'
import { disagreement, indexedThrough, scanTail } from './start-check.ts'
import { Statements } from './statements.ts'
import { type LiveStream, Streams } from './streams.ts'

const INDEX_EVERY = 16_384
/** Segments that one transaction writes on the side, so that no commit waits for all of them. */
const SEGMENTS_PER_COMMIT = 128

export interface WriterOptions {
  folder: string
  /** Written into the epoch's row, for people. */
  at: string
  /** Rows that segments may lag behind: a start scans at most about this many. */
  indexEvery?: number
  /**
   * Another handle failed before: what it could not sync must be written anew, for the kernel may
   * hold it without ever writing it.
   */
  afterFailure?: boolean
  /** The store is a copy of an earlier moment: positions given out since must not count in it. */
  newEpoch?: string
  /** Tests let it fail; never crosses threads. */
  openMark?: typeof openMarkFile
  /** Tests end the process at a named moment; never crosses threads. */
  reached?: Reached
}

const NO_DAMAGE: Damage = { faults: [], lost: [] }

/** The one connection that writes: transactions, group by group, and reads of streams. */
export class Writer {
  readonly opened: Opened
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #streams: Streams
  readonly #removals: Removals
  readonly #log: Log
  readonly #rows: RowChanges
  readonly #overwrite: Overwrite
  readonly #checkpoint: Checkpoint
  readonly #scrub: Scrub
  readonly #mark: MarkStore
  readonly #indexEvery: number
  readonly #at: string
  readonly #reached: Reached
  #epoch = ''
  #end: LogEnd
  #broken: Failure | undefined
  #indexed: number
  #scrubbingPages = false
  /** Where the index pass under way will have come when it ends. */
  #passTo = 0

  constructor(options: WriterOptions) {
    const { folder, at, indexEvery = INDEX_EVERY, openMark = openMarkFile } = options
    this.#indexEvery = indexEvery
    this.#at = at
    this.#reached = options.reached ?? (() => undefined)
    this.#database = openDatabase(join(folder, 'journal.db'))
    this.#reached('start: file opened')
    migrateAll(this.#database)
    this.#reached('start: tables made')
    this.#statements = new Statements(this.#database)
    this.#streams = new Streams(this.#statements)
    this.#removals = new Removals(this.#statements)
    this.#rows = new RowChanges(this.#database, this.#statements)
    this.#log = new Log(this.#statements, this.#streams, this.#removals)
    this.#overwrite = new Overwrite(this.#statements, this.#streams)
    this.#checkpoint = new Checkpoint(folder, this.#database, this.#reached)
    this.#scrub = new Scrub(this.#statements, this.#streams, this.#removals)
    const { file, mark } = openMark(join(folder, 'journal.mark'))
    this.#mark = file
    const known = this.#statements.prepare('select epoch from epoch order by id desc limit 1').get()
    const epoch = known === undefined ? undefined : String(known['epoch'])
    const tail = scanTail(this.#statements, this.#streams, this.#removals)
    this.#end = tail.end
    this.#indexed = indexedThrough(this.#statements).row
    this.#reached('start: log verified')
    const emptied = this.#emptyWalAtStart(tail.end.row)
    if (!emptied && options.afterFailure) throw new Error('the WAL cannot be written anew yet')
    // Killed while it was made: nothing was ever acknowledged.
    const fresh = mark === undefined && tail.end.row <= 1
    const why =
      tail.faults[0]?.why ??
      options.newEpoch ??
      (fresh ? undefined : disagreement(this.#statements, { epoch, mark, end: tail.end }))
    if (epoch !== undefined && !fresh && why === undefined) this.#epoch = epoch
    else this.#beginEpoch(why ?? 'the journal was made', tail)
    this.opened = {
      epoch: this.#epoch,
      toOverwrite: !emptied || this.#overwrite.pending,
      ...(why === undefined ? {} : { epochChanged: why }),
    }
  }

  /** What a killed process left in the WAL may be what an erasure was to overwrite. */
  #emptyWalAtStart(row: number): boolean {
    try {
      return this.#checkpoint.begin(row)
    } catch (error) {
      if (toFailure(error).kind === 'full') return false
      throw error
    }
  }

  /** The log goes on behind what is left of it, under a name that no old position carries. */
  #beginEpoch(why: string, { faults, lost }: Damage): void {
    const epoch = randomBytes(9).toString('base64url')
    this.#reached('epoch: begun')
    const settleAll = this.#inTransaction(() => {
      const start = { row: this.#end.row, chain: chainStart(epoch) }
      this.#statements
        .prepare('insert into epoch (epoch, first_row, why, at) values (?, ?, ?, ?)')
        .run(epoch, start.row + 1, why, this.#at)
      const removed = rangesOf(lost).map(([stream, ranges]): NotedRemoval => ({
        stream: stream.id,
        cause: 'damaged',
        ranges,
      }))
      const note: Note = {
        epoch: why,
        ...(removed.length > 0 && { removed }),
        ...(faults.length > 0 && { lostRows: faults.map(({ first, last }) => [first, last]) }),
      }
      const { end, settle } = this.#log.append(start, [], note)
      for (const removal of removed) this.#removals.add(removal, end.row)
      this.#streams.beginPass()
      const settleSegments = this.#streams.writeSegments(this.#streams.closing)
      this.#setIndexed(end.row)
      this.#reached('epoch: written')
      return () => {
        settle()
        settleSegments()
        this.#end = end
        this.#indexed = end.row
      }
    })
    settleAll()
    this.#epoch = epoch
    this.#reached('epoch: durable, the mark is of the old one')
    this.#writeMark()
    this.#reached('epoch: marked')
  }

  #inTransaction<T>(body: () => T): T {
    this.#database.exec('begin immediate')
    try {
      const result = body()
      this.#database.exec('commit')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      this.#removals.forget()
      throw error
    }
  }

  #writeMark(end = this.#end): void {
    this.#mark.write({ epoch: this.#epoch, row: end.row, chain: end.chain })
  }

  /** Runs what writes; a failing store ends writing, unless it was only full. */
  #guard<T>(body: () => T): T | { problem: Failure } {
    if (this.#broken) return { problem: this.#broken }
    try {
      return body()
    } catch (error) {
      if (error instanceof DamagedEvent) throw error
      const problem = toFailure(error)
      // A failed sync may have dropped what it should have kept: this handle writes no more.
      if (problem.kind === 'broken') this.#broken = problem
      return { problem }
    }
  }

  /**
   * All requests in one transaction and one sync of the disk. One that fails by its own fault leaves
   * nothing and harms no other; when the store fails, all of them do.
   *
   * @throws DamagedEvent when an erasure has to read one; nothing was written.
   */
  commit(requests: readonly CommitRequest[]): { outcomes: CommitOutcome[]; problem?: Failure } {
    const done = this.#guard(() => {
      const { outcomes, written } = this.#inTransaction(() => this.#apply(requests))
      if (written) {
        this.#reached('commit: durable, not marked')
        this.#writeMark(written.end)
        this.#reached('commit: marked, not answered')
      }
      written?.settle()
      this.#streams.trim()
      return { outcomes }
    })
    if ('outcomes' in done) return done
    const { problem } = done
    return { outcomes: requests.map(() => ({ status: 'failed', failure: problem })), problem }
  }

  checkpointIfDue(): void {
    this.#guard(() => this.#checkpoint.ifDue(this.#end.row))
  }

  #apply(requests: readonly CommitRequest[]): {
    outcomes: CommitOutcome[]
    written: { end: LogEnd; settle: () => void } | undefined
  } {
    this.#reached('commit: begun')
    const touched = new Map<string, LiveStream>()
    const heads = new Map<LiveStream, number>()
    const events: NewRow[] = []
    const removed: NotedRemoval[] = []
    let wrote = false
    const streamOf = (name: string): LiveStream => {
      const stream = touched.get(name) ?? this.#streams.get(name)
      touched.set(name, stream)
      return stream
    }
    const outcomes = requests.map((request): CommitOutcome => {
      const refused = this.#rows.apply(request)
      if (refused) return refused
      wrote ||= request.rows.length > 0 || request.appends.length > 0 || request.erase.length > 0
      for (const { stream: name, threadId } of request.erase) {
        const stream = streamOf(name)
        const ranges =
          threadId === undefined
            ? [{ first: 1, last: heads.get(stream) ?? stream.head }]
            : aboutThread(this.#log, stream, events, threadId)
        if (!ranges[0] || ranges[0].last === 0) continue
        this.#log.name(stream)
        removed.push({ stream: stream.id, cause: 'erased', ranges })
      }
      const appended = request.appends.map(({ stream: name, payloads }) => {
        const stream = streamOf(name)
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
    this.#reached('commit: rows changed')
    const { end, settle } = this.#append(events, removed)
    this.#reached('commit: events written')
    const settleIndex = this.#index()
    this.#reached('commit: index moved')
    const settleAll = (): void => {
      settleIndex?.()
      settle()
      this.#end = end
    }
    return { outcomes, written: { end, settle: settleAll } }
  }

  #append(
    events: readonly NewRow[],
    removed: readonly NotedRemoval[],
  ): { end: LogEnd; settle: () => void } {
    if (removed.length === 0) return this.#log.append(this.#end, events)
    const appended = this.#log.append(this.#end, events, { removed })
    for (const removal of removed) this.#removals.add(removal, appended.end.row)
    this.#reached('erase: noted, not durable')
    return appended
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

  /** Leaves of each range what a fold needs; what was removed before stays so. */
  compact({ stream: name, ranges }: Compaction): Failure | undefined {
    const done = this.#guard(() => {
      const stream = this.#streams.get(name)
      const noted = ranges.flatMap(({ first, last, keep }) =>
        this.#removals
          .present(stream.id, Math.max(first, 1), Math.min(last, stream.head))
          .map((part): NotedRange & { payload?: string } => {
            if (!keep || keep.seq < part.first || keep.seq > part.last) return part
            const hash = payloadHash(keep.payload).toString('hex')
            return { ...part, keep: { seq: keep.seq, hash }, payload: keep.payload }
          }),
      )
      if (noted.length === 0) return {}
      const end = this.#inTransaction(() => this.#compact(stream, noted))
      this.#reached('compact: durable, not marked')
      this.#writeMark(end)
      this.#end = end
      this.#reached('compact: marked, not answered')
      return {}
    })
    return 'problem' in done ? done.problem : undefined
  }

  #compact(stream: LiveStream, noted: readonly (NotedRange & { payload?: string })[]): LogEnd {
    this.#reached('compact: begun')
    const update = this.#statements.prepare('update log set payload = ? where id = ?')
    for (const { keep, payload } of noted) {
      const [row] = keep ? this.#streams.rowsAfter(stream, keep.seq - 1, 1) : []
      if (row !== undefined && payload !== undefined) update.run(payload, row)
    }
    this.#reached('compact: kept event written')
    const removal: NotedRemoval = {
      stream: stream.id,
      cause: 'compacted',
      ranges: noted.map(({ first, last, keep }) => ({ first, last, ...(keep && { keep }) })),
    }
    const { end } = this.#log.append(this.#end, [], { removed: [removal] })
    this.#removals.add(removal, end.row)
    this.#reached('compact: noted, not durable')
    return end
  }

  /** Takes some more payloads of removed events out of the file; says where some are left. */
  overwrite(): { left: 'rows' | 'wal' | 'nothing' } | { problem: Failure } {
    return this.#guard(() => {
      this.#reached('overwrite: begun')
      const worked = this.#inTransaction(() => {
        const more = this.#overwrite.step()
        this.#reached('overwrite: rows emptied')
        return more
      })
      this.#reached('overwrite: rows durable')
      if (worked) return { left: 'rows' }
      this.#reached('overwrite: all rows empty, the WAL is not')
      if (!this.#checkpoint.empty(this.#end.row)) return { left: 'wal' }
      this.#reached('overwrite: WAL emptied')
      return { left: 'nothing' }
    })
  }

  /** Verifies some more rows of the log, then pages of the file. Damage begins a new epoch. */
  scrub(rows: number): { done: boolean; changed?: NewEpoch } {
    if (this.#scrubbingPages) return this.#scrubPages(rows)
    const { done, damage } = this.#scrub.step(this.#end, rows)
    this.#scrubbingPages = done
    const why = damage?.faults[0]?.why
    return { done: false, ...(why !== undefined && { changed: this.lose(why, damage) }) }
  }

  #scrubPages(pages: number): { done: boolean; changed?: NewEpoch } {
    const { done, damaged } = this.#checkpoint.scrub(pages, this.#end.row)
    this.#scrubbingPages = !done
    if (damaged.length === 0) return { done }
    const why = `page ${damaged.join(', ')} of journal.db is not what was written`
    return { done, changed: this.lose(why) }
  }

  /** The event counts as removed from now on, with what is damaged around it. */
  loseEvent({ stream: name, seq, message }: DamagedEvent): NewEpoch {
    const stream = this.#streams.get(name)
    const [row = 0] = this.#streams.rowsAfter(stream, seq - 1, 1)
    const { faults, lost } = this.#scrub.around(row, this.#end)
    return this.lose(message, { faults, lost: [...lost, { stream, seq }] })
  }

  /**
   * What was acknowledged is not there as it was: a new epoch says so to everybody.
   *
   * @throws when even that cannot be written.
   */
  lose(why: string, damage: Damage = NO_DAMAGE): NewEpoch {
    const done = this.#guard(() => {
      this.#beginEpoch(why, damage)
      return { epoch: this.#epoch, why }
    })
    if ('problem' in done) throw new Error(`${why}; ${done.problem.message}`)
    return done
  }

  head(stream: string): number {
    return this.#streams.get(stream).head
  }

  /** The last event of the stream that was removed; 0 when none was. */
  removedThrough(stream: string): number {
    return this.#removals.through(this.#streams.get(stream).id)
  }

  /** @throws DamagedEvent */
  read(stream: string, after: number, limit: { events: number; bytes: number }): StoredPayloads {
    return this.#log.read(this.#streams.get(stream), after, limit)
  }

  /** @throws DamagedEvent */
  readKept(stream: string, after: number, limit: { events: number; bytes: number }): KeptPayloads {
    return this.#log.readKept(this.#streams.get(stream), after, limit)
  }

  close(): void {
    if (!this.#broken) this.#checkpoint.empty(this.#end.row)
    this.#database.close()
    this.#checkpoint.close()
    this.#mark.close()
  }
}

function migrateAll(database: DatabaseSync): void {
  migrate(database, 'log', logMigrations)
  migrate(database, 'rows', rowMigrations)
  for (const [part, steps] of Object.entries(BESIDE)) migrate(database, part, steps)
}
