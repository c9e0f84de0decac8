import { Kysely, type RawBuilder, sql } from 'kysely'

import { type Clock, systemClock } from '../../platform/clock.ts'
import { lockDataFolder } from '../../platform/data-folder-lock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Count, Metrics, Spread } from '../../platform/metrics.ts'
import { RECOVERY } from '../../platform/recovery/recovery-table.ts'
import type { Row, Statement } from '../../platform/statement.ts'
import { commitDuration } from '../commit-duration.ts'
import { CommitQueue } from '../commit-queue.ts'
import {
  type Commit,
  type CommitResult,
  type Compaction,
  EventsRemoved,
  type Journal,
  type JournalStatus,
  JournalUnavailable,
  type NewEvent,
  type Plan,
  type PoolNumbers,
  type StoredEvent,
  type StreamName,
  type Tables,
} from '../journal.ts'
import { type CommitOutcome, type Failure, toError } from '../outcome.ts'
import { planFrom } from '../plan.ts'
import { readOnlyDialect, SQLITE } from '../read-only-dialect.ts'
import { RecentEvents } from '../recent-events.ts'
import { packGroup, unpackOutcomes } from './group.ts'
import { KnownStreams } from './known-streams.ts'
import type {
  NewEpoch,
  Opened,
  ReaderAnswer,
  ReaderRequest,
  WriterAnswer,
  WriterRequest,
} from './messages.ts'
import { OverwriteTimer, ScrubTimer, UPKEEP_TIMES, type UpkeepTimes } from './timers.ts'
import { type Serving, startThread, WorkerLink } from './worker-link.ts'
import type { WriterOptions } from './writer.ts'

export interface SqliteJournalOptions {
  folder: string
  logger: Logger
  clock?: Clock
  metrics?: Metrics
  /** How many rows the index may lag behind the log; tests make it small. */
  indexEvery?: number
  upkeep?: Partial<UpkeepTimes>
  /** Where the writer and the reader run; threads unless time is simulated. */
  serving?: { writer: (options: WriterOptions) => Serving; reader: (folder: string) => Serving }
}

const THREADS: NonNullable<SqliteJournalOptions['serving']> = {
  writer: (options) => startThread(new URL('./writer-worker.ts', import.meta.url), options),
  reader: (folder) => startThread(new URL('./reader-worker.ts', import.meta.url), folder),
}

type WriterLink = WorkerLink<WriterRequest, WriterAnswer, Opened>
type ReaderLink = WorkerLink<ReaderRequest, ReaderAnswer, object>
type Listener = Parameters<Journal['onCommitted']>[0]
type Limit = { events: number; bytes: number }

const RECENT_CHARACTERS = 32 * 1024 * 1024
/** One in its transaction, one already waiting at the writer's door. */
const GROUPS_IN_FLIGHT = 2
/** How often a full disk is tried again. */
const FULL_RETRY_MS = RECOVERY.store_full.againMs.first
/** How long a store that failed is left alone before it is opened anew; doubled each time. */
const { first: REOPEN_FIRST_MS, most: REOPEN_MOST_MS } = RECOVERY.store_failed.againMs
const VERIFY_ROWS = 4_000

/** The journal of one process, with what only it can be asked. */
export interface OwnJournal extends Journal {
  /** Verifies the whole log at once; damage becomes a new epoch, as when the scrub finds it. */
  verify(): Promise<void>
  /** Makes every position given out before void, as after a restore: `why` is told to everybody. */
  beginEpoch(why: string): Promise<void>
}

/**
 * Opens the journal in `<folder>/journal.db` and holds the folder for this process.
 *
 * @throws DataFolderTaken when another process holds it.
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<OwnJournal> {
  const release = lockDataFolder(options.folder)
  const threads = new Threads(options)
  try {
    const opened = await threads.start()
    return new SqliteJournal({ ...options, threads, opened, release })
  } catch (error) {
    await threads.stop()
    release()
    throw error
  }
}

/** The writer's and the reader's threads; after a failure of the store both begin anew. */
class Threads {
  readonly #options: SqliteJournalOptions
  readonly #serving: NonNullable<SqliteJournalOptions['serving']>
  #links: { writer: WriterLink; reader: ReaderLink } | undefined
  #stopped: Promise<void> = Promise.resolve()
  onDeath: (error: Error) => void = () => undefined

  constructor(options: SqliteJournalOptions) {
    this.#options = options
    this.#serving = options.serving ?? THREADS
  }

  get writer(): WriterLink {
    return this.#there().writer
  }

  get reader(): ReaderLink {
    return this.#there().reader
  }

  loads(): { pending: number; overdue: number }[] {
    return this.#links ? [this.#links.reader.load(), this.#links.writer.load()] : []
  }

  #there(): { writer: WriterLink; reader: ReaderLink } {
    if (!this.#links) throw new JournalUnavailable('the store failed and is opened anew')
    return this.#links
  }

  async start(afterFailure = false): Promise<Opened> {
    const { folder, clock = systemClock, indexEvery } = this.#options
    const at = new Date(clock.now()).toISOString()
    const onDeath = (error: Error): void => {
      if (this.#links === links) this.onDeath(error)
    }
    const writer: WriterLink = new WorkerLink(
      this.#serving.writer({
        folder,
        at,
        ...(indexEvery === undefined ? {} : { indexEvery }),
        ...(afterFailure && { afterFailure }),
      }),
      onDeath,
      clock,
    )
    const reader: ReaderLink = new WorkerLink(this.#serving.reader(folder), onDeath, clock)
    const links = { writer, reader }
    this.#links = links
    const [opened] = await Promise.all([writer.opened(), reader.opened()])
    return opened
  }

  /** Both end by themselves, after what was asked of them before; resolves when they are gone. */
  async stop(): Promise<void> {
    const links = this.#links
    this.#links = undefined
    if (links) {
      this.#stopped = links.reader
        .end({ kind: 'close' })
        .then(() => links.writer.end({ kind: 'close' }))
    }
    await this.#stopped
  }
}

interface Parts extends SqliteJournalOptions {
  threads: Threads
  opened: Opened
  release: () => void
}

class SqliteJournal implements OwnJournal {
  readonly db: Kysely<Tables>
  readonly #clock: Clock
  /** What the monotonic clock lacks of the time of day, as it was when the store was opened. */
  readonly #epochOffsetMs: number
  readonly #logger: Logger
  readonly #threads: Threads
  readonly #release: () => void
  readonly #queue: CommitQueue
  readonly #streams = new KnownStreams()
  readonly #listeners = new Set<Listener>()
  readonly #epochListeners = new Set<(why: string) => void>()
  readonly #overwrite: OverwriteTimer
  readonly #scrub: ScrubTimer
  readonly #damage: Count | undefined
  readonly #commitMs: Spread | undefined
  #recent = new RecentEvents(RECENT_CHARACTERS)
  #epoch: string
  #epochChanged: string | undefined
  #tablesDamaged = false
  #closed = false
  #problem: Failure | undefined
  #commits = 0
  #events = 0
  #lastCommitMs = 0
  #openTransactions = 0

  constructor({ threads, opened, logger, clock = systemClock, metrics, upkeep, release }: Parts) {
    this.#clock = clock
    this.#epochOffsetMs = this.#clock.now() - this.#clock.monotonic()
    this.#logger = logger
    this.#threads = threads
    this.#release = release
    this.#damage = metrics?.counter(
      'netra_journal_damage_total',
      'Times the journal was found to be less than what it had acknowledged',
    )
    this.#commitMs = metrics && commitDuration(metrics)
    this.db = new Kysely<Tables>({
      dialect: readOnlyDialect(SQLITE, (statement) => this.#ask(statement)),
    })
    this.#queue = new CommitQueue({
      inFlight: GROUPS_IN_FLIGHT,
      send: (commits) => this.#send(commits),
      onOutcome: (commit, outcome) => this.#note(commit, outcome),
    })
    const times = { ...UPKEEP_TIMES, ...upkeep }
    this.#overwrite = new OverwriteTimer({
      clock,
      logger,
      afterMs: times.overwriteAfterMs,
      step: async () => {
        const answer = await this.#askWriter({ kind: 'overwrite' })
        return answer.kind === 'overwritten' ? answer.left : 'nothing'
      },
    })
    this.#scrub = new ScrubTimer({
      clock,
      logger,
      times,
      commits: () => this.#commits,
      step: (rows) => this.#scrubStep(rows),
    })
    threads.onDeath = (error) => this.#died(error)
    this.#epoch = opened.epoch
    this.#opened(opened)
  }

  get epoch(): string {
    return this.#epoch
  }

  #opened({ epoch, epochChanged, toOverwrite }: Opened): void {
    if (epochChanged !== undefined) this.#changed({ epoch, why: epochChanged })
    if (toOverwrite) this.#overwrite.due()
  }

  commit(commit: Commit): Promise<CommitResult> {
    const unfit = this.#unfit()
    return unfit ? Promise.reject(unfit) : this.#queue.add(commit)
  }

  async write(statements: readonly Statement[]): Promise<void> {
    await this.commit({ appends: [], rows: statements })
  }

  query<R extends Row = Row>(statement: Statement): Promise<R[]> {
    return this.#ask<R>(statement)
  }

  async #ask<R>({ sql: text, parameters }: Statement): Promise<R[]> {
    this.#refuseWhenClosed()
    const statement = { sql: text, parameters }
    const answer = await this.#threads.reader.ask({ kind: 'query', statement })
    if (answer.kind === 'failed') {
      if (answer.corrupt) await this.#tablesAreDamaged(answer.failure.message)
      throw toError(answer.failure)
    }
    if (answer.kind !== 'rows') return []
    this.#openTransactions = answer.open ? 1 : 0
    return answer.rows as R[]
  }

  /** Told once: the next query may meet the same page. */
  async #tablesAreDamaged(why: string): Promise<void> {
    if (this.#tablesDamaged) return
    this.#tablesDamaged = true
    await this.#askWriter({ kind: 'damaged', why: `a table of journal.db is damaged: ${why}` })
  }

  async #askWriter(request: WriterRequest): Promise<WriterAnswer> {
    this.#refuseWhenClosed()
    const answer = await this.#threads.writer.ask(request)
    if (answer.changed) this.#changed(answer.changed)
    if (answer.kind === 'failed') throw toError(answer.failure)
    return answer
  }

  #changed({ epoch, why }: NewEpoch): void {
    this.#epoch = epoch
    this.#epochChanged = why
    this.#streams.forget()
    this.#recent = new RecentEvents(RECENT_CHARACTERS)
    this.#damage?.add()
    this.#logger.error(
      { epoch, why },
      'the journal is not what was acknowledged; it goes on under a new epoch',
    )
    for (const listener of this.#epochListeners) {
      try {
        listener(why)
      } catch (error) {
        this.#logger.error({ err: error }, 'a listener for the epoch failed')
      }
    }
  }

  async head(stream: StreamName): Promise<number> {
    this.#refuseWhenClosed()
    return this.#streams.head(stream) ?? (await this.#askHead(stream)).head
  }

  async #askHead(stream: StreamName): Promise<{ head: number; removedThrough: number }> {
    const answer = await this.#askWriter({ kind: 'head', stream })
    if (answer.kind !== 'head') return { head: 0, removedThrough: 0 }
    return this.#streams.asked(stream, answer)
  }

  async plan(stream: StreamName, position: string | null): Promise<Plan> {
    this.#refuseWhenClosed()
    const { head, removedThrough } = this.#streams.get(stream) ?? (await this.#askHead(stream))
    const plan = planFrom(position, this.#epoch, head)
    if (plan.kind !== 'range' || plan.after >= removedThrough) return plan
    return { kind: 'snapshot', why: 'compacted', head }
  }

  async read(stream: StreamName, after: number, limit: Limit): Promise<StoredEvent[]> {
    this.#refuseWhenClosed()
    if (limit.events < 1 || after >= (this.#streams.head(stream) ?? Infinity)) return []
    const recent = this.#recent.read(stream, after, limit)
    if (recent) return recent
    const answer = await this.#askWriter({ kind: 'read', stream, after, limit })
    if (answer.kind !== 'read') return []
    const { first, payloads, removed } = answer.events
    if (removed) throw new EventsRemoved(`event ${first} of ${stream} was removed`)
    return payloads.map((payload, index) => ({ seq: first + index, payload }))
  }

  async readKept(
    stream: StreamName,
    after: number,
    limit: Limit,
  ): Promise<{ events: StoredEvent[]; through: number }> {
    const answer = await this.#askWriter({ kind: 'read_kept', stream, after, limit })
    if (answer.kind !== 'read_kept') return { events: [], through: after }
    const { seqs, payloads, through } = answer.events
    return {
      events: payloads.map((payload, index) => ({ seq: seqs[index] ?? 0, payload })),
      through,
    }
  }

  follow(): () => void {
    return () => undefined
  }

  onEpochChanged(listener: (why: string) => void): () => void {
    this.#epochListeners.add(listener)
    return () => this.#epochListeners.delete(listener)
  }

  async compact(compaction: Compaction): Promise<void> {
    const unfit = this.#unfit()
    if (unfit) throw unfit
    await this.#askWriter({ kind: 'compact', compaction })
    this.#removedFrom(compaction.stream)
  }

  #removedFrom(stream: StreamName): void {
    this.#streams.removed(stream)
    this.#recent.forget(stream)
    this.#overwrite.due()
  }

  async #scrubStep(rows: number): Promise<boolean> {
    if (this.#problem) return false
    const answer = await this.#askWriter({ kind: 'scrub', rows })
    return answer.kind === 'scrubbed' && answer.done
  }

  async verify(): Promise<void> {
    // The pass under way began somewhere in the middle: its end is the next one's beginning.
    for (const _ of ['the rest of a pass', 'a whole one']) {
      while (!(await this.#scrubStep(VERIFY_ROWS)));
    }
  }

  async beginEpoch(why: string): Promise<void> {
    await this.#askWriter({ kind: 'damaged', why })
  }

  /** The store belongs to this process, so its time is this process's; a clock that steps moves no lease. */
  now(): RawBuilder<number> {
    return sql<number>`${Math.floor(this.#epochOffsetMs + this.#clock.monotonic())}`
  }

  onCommitted(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  status(): JournalStatus {
    return {
      writable: !this.#closed && this.#problem === undefined,
      pool: this.#pool(),
      ...(this.#problem === undefined ? {} : { problem: this.#problem.message }),
      ...(this.#epochChanged === undefined ? {} : { epochChanged: this.#epochChanged }),
      commits: this.#commits,
      events: this.#events,
      pendingCommits: this.#queue.pending,
      lastCommitMs: this.#lastCommitMs,
    }
  }

  /** One thread reads and one writes; everything else waits for them. */
  #pool(): PoolNumbers {
    const loads = this.#threads.loads()
    const inUse = loads.filter(({ pending }) => pending > 0).length
    const pending = loads.reduce((sum, load) => sum + load.pending, 0)
    const overdue = loads.reduce((sum, load) => sum + load.overdue, 0)
    return {
      inUse,
      waiting: pending - inUse + this.#queue.waiting,
      leaked: overdue + this.#openTransactions,
      size: 2,
    }
  }

  /** A worker thread ended: what it held is on the disk or was never acknowledged. */
  #died(error: Error): void {
    if (!this.#closed)
      this.#fail({ kind: 'broken', message: `the journal's thread died: ${error.message}` })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#overwrite.close()
    this.#scrub.close()
    await this.#queue.drained()
    await this.#threads.stop()
    this.#release()
  }

  async #send(commits: readonly Commit[]): Promise<CommitOutcome[]> {
    if (this.#problem?.kind === 'broken') throw new JournalUnavailable(this.#problem.message)
    const started = this.#clock.monotonic()
    const answer = await this.#threads.writer.ask({ kind: 'commits', group: packGroup(commits) })
    this.#lastCommitMs = this.#clock.monotonic() - started
    this.#commitMs?.observe(this.#lastCommitMs)
    if (answer.changed) this.#changed(answer.changed)
    if (answer.kind === 'failed') throw toError(answer.failure)
    if (answer.kind !== 'commits') return []
    if (answer.problem) this.#fail(answer.problem)
    else if (this.#problem?.kind === 'full') this.#recover()
    return unpackOutcomes(commits, answer.outcomes)
  }

  #note(commit: Commit, outcome: CommitOutcome): void {
    if (outcome.status !== 'committed') return
    this.#commits += 1
    for (const { stream } of commit.erase ?? []) this.#removedFrom(stream)
    // What rows held before lies in the WAL until it is emptied.
    if (commit.rows?.length) this.#overwrite.due()
    commit.appends.forEach(({ stream, events }, index) => {
      const first = outcome.appended[index]?.first
      if (first === undefined || events.length === 0) return
      this.#events += events.length
      this.#streams.appended(stream, first + events.length - 1)
      this.#recent.add(stream, first, events)
      this.#tell(stream, first, events)
    })
  }

  #tell(stream: StreamName, first: number, events: readonly NewEvent[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(stream, first, events)
      } catch (error) {
        this.#logger.error({ err: error, stream }, 'a listener of the journal failed')
      }
    }
  }

  #fail(failure: Failure): void {
    if (this.#problem?.kind === 'broken') return
    const first = this.#problem === undefined
    this.#problem = failure
    if (first) this.#logger.error({ problem: failure.message }, 'the journal refuses commits')
    if (failure.kind === 'broken') this.#reopenAfter(REOPEN_FIRST_MS)
    else if (first) this.#retryWhenFull()
  }

  /** An empty commit finds out whether there is room again; nobody else may try meanwhile. */
  #retryWhenFull(): void {
    this.#clock.after(FULL_RETRY_MS, () => {
      if (this.#closed || this.#problem?.kind !== 'full') return
      const probe = { sql: 'delete from setting where false', parameters: [] }
      this.#queue.add({ appends: [], rows: [probe] }).then(undefined, () => this.#retryWhenFull())
    })
  }

  /**
   * The failed handle writes no more. A new one, after a whole start check, may: it writes anew what
   * the failed sync may have dropped.
   */
  #reopenAfter(ms: number): void {
    this.#clock.after(ms, () => {
      if (this.#closed) return
      this.#reopen().catch((error: unknown) => {
        if (this.#closed) return
        this.#logger.warn({ err: error }, 'the journal cannot be opened again')
        this.#reopenAfter(Math.min(2 * ms, REOPEN_MOST_MS))
      })
    })
  }

  async #reopen(): Promise<void> {
    await this.#queue.drained()
    await this.#threads.stop()
    // The folder may be another's by now.
    if (this.#closed) return
    const opened = await this.#threads.start(true)
    if (this.#closed) return this.#threads.stop()
    // Commits whose answer was lost may be there after all: nothing that was known still counts.
    this.#streams.forget()
    this.#recent = new RecentEvents(RECENT_CHARACTERS)
    this.#opened(opened)
    this.#recover()
  }

  #recover(): void {
    this.#problem = undefined
    this.#logger.info('the journal takes commits again')
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new JournalUnavailable('the journal is closed')
  }

  #unfit(): JournalUnavailable | undefined {
    if (this.#closed) return new JournalUnavailable('the journal is closed')
    return this.#problem && new JournalUnavailable(this.#problem.message)
  }
}
