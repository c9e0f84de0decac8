import { Kysely } from 'kysely'

import { type Clock, systemClock } from '../../platform/clock.ts'
import { lockDataFolder } from '../../platform/data-folder-lock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Row, Statement } from '../../platform/statement.ts'
import {
  type Commit,
  type CommitResult,
  type Journal,
  type JournalStatus,
  JournalUnavailable,
  type NewEvent,
  type Plan,
  type StoredEvent,
  type StreamName,
  type Tables,
} from '../journal.ts'
import { planFrom } from '../plan.ts'
import { RecentEvents } from '../recent-events.ts'
import { CommitQueue, toError } from './commit-queue.ts'
import type { Failure } from './failures.ts'
import { packGroup, unpackOutcomes } from './group.ts'
import type {
  CommitOutcome,
  Opened,
  ReaderAnswer,
  ReaderRequest,
  WriterAnswer,
  WriterRequest,
} from './messages.ts'
import { readOnlyDialect } from './read-only-dialect.ts'
import { WorkerLink } from './worker-link.ts'

export interface SqliteJournalOptions {
  folder: string
  logger: Logger
  clock?: Clock
  /** How many rows the index may lag behind the log; tests make it small. */
  indexEvery?: number
}

type WriterLink = WorkerLink<WriterRequest, WriterAnswer, Opened>
type ReaderLink = WorkerLink<ReaderRequest, ReaderAnswer, object>
type Listener = Parameters<Journal['onCommitted']>[0]

const RECENT_CHARACTERS = 32 * 1024 * 1024
const HEADS_KEPT = 50_000
/** How often a full disk is tried again. */
const FULL_RETRY_MS = 1_000

/**
 * Opens the journal in `<folder>/journal.db` and holds the folder for this process.
 *
 * @throws DataFolderTaken when another process holds it.
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const { folder, logger, clock = systemClock, indexEvery } = options
  const release = lockDataFolder(folder)
  const deaths: ((error: Error) => void)[] = []
  const onDeath = (error: Error): void => deaths.forEach((listener) => listener(error))
  const at = new Date(clock.now()).toISOString()
  const writer: WriterLink = new WorkerLink(
    new URL('./writer-worker.ts', import.meta.url),
    { folder, at, indexEvery },
    onDeath,
  )
  const reader: ReaderLink = new WorkerLink(
    new URL('./reader-worker.ts', import.meta.url),
    folder,
    onDeath,
  )
  try {
    const [opened] = await Promise.all([writer.opened(), reader.opened()])
    const journal = new SqliteJournal({ writer, reader, opened, logger, clock, release })
    deaths.push((error) => journal.died(error))
    return journal
  } catch (error) {
    await Promise.all([writer.terminate(), reader.terminate()])
    release()
    throw error
  }
}

interface Parts {
  writer: WriterLink
  reader: ReaderLink
  opened: Opened
  logger: Logger
  clock: Clock
  release: () => void
}

class SqliteJournal implements Journal {
  readonly epoch: string
  readonly db: Kysely<Tables>
  readonly #parts: Parts
  readonly #queue: CommitQueue
  readonly #recent = new RecentEvents(RECENT_CHARACTERS)
  readonly #heads = new Map<StreamName, number>()
  readonly #listeners = new Set<Listener>()
  #closed = false
  #problem: Failure | undefined
  #commits = 0
  #events = 0
  #lastCommitMs = 0

  constructor(parts: Parts) {
    this.#parts = parts
    this.epoch = parts.opened.epoch
    this.db = new Kysely<Tables>({ dialect: readOnlyDialect((statement) => this.#ask(statement)) })
    this.#queue = new CommitQueue({
      send: (commits) => this.#send(commits),
      onOutcome: (commit, outcome) => this.#note(commit, outcome),
    })
    if (parts.opened.epochChanged !== undefined) {
      parts.logger.error(
        { epoch: this.epoch, why: parts.opened.epochChanged },
        'the journal is not what was acknowledged; it goes on under a new epoch',
      )
    }
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

  async #ask<R>({ sql, parameters }: Statement): Promise<R[]> {
    this.#refuseWhenClosed()
    const answer = await this.#parts.reader.ask({ kind: 'query', statement: { sql, parameters } })
    if (answer.kind === 'failed') throw toError(answer.failure)
    return answer.kind === 'rows' ? (answer.rows as R[]) : []
  }

  async head(stream: StreamName): Promise<number> {
    this.#refuseWhenClosed()
    const known = this.#heads.get(stream)
    if (known !== undefined) return known
    const answer = await this.#parts.writer.ask({ kind: 'head', stream })
    if (answer.kind === 'failed') throw toError(answer.failure)
    const head = answer.kind === 'head' ? answer.head : 0
    this.#keepHead(stream, Math.max(head, this.#heads.get(stream) ?? 0))
    return this.#heads.get(stream) ?? head
  }

  async plan(stream: StreamName, position: string | null): Promise<Plan> {
    return planFrom(position, this.epoch, await this.head(stream))
  }

  async read(
    stream: StreamName,
    after: number,
    limit: { events: number; bytes: number },
  ): Promise<StoredEvent[]> {
    this.#refuseWhenClosed()
    if (limit.events < 1 || after >= (this.#heads.get(stream) ?? Infinity)) return []
    const recent = this.#recent.read(stream, after, limit)
    if (recent) return recent
    const answer = await this.#parts.writer.ask({ kind: 'read', stream, after, limit })
    if (answer.kind === 'failed') throw toError(answer.failure)
    if (answer.kind !== 'read') return []
    const { first, payloads } = answer.events
    return payloads.map((payload, index) => ({ seq: first + index, payload }))
  }

  onCommitted(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  status(): JournalStatus {
    const { epochChanged } = this.#parts.opened
    return {
      writable: !this.#closed && this.#problem === undefined,
      ...(this.#problem === undefined ? {} : { problem: this.#problem.message }),
      ...(epochChanged === undefined ? {} : { epochChanged }),
      commits: this.#commits,
      events: this.#events,
      pendingCommits: this.#queue.pending,
      lastCommitMs: this.#lastCommitMs,
    }
  }

  /** A worker thread ended: what it held is on the disk or was never acknowledged. */
  died(error: Error): void {
    if (!this.#closed)
      this.#fail({ kind: 'broken', message: `the journal's thread died: ${error.message}` })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const { reader, writer, release } = this.#parts
    await this.#queue.drained()
    await reader.ask({ kind: 'close' }).catch(() => undefined)
    await writer.ask({ kind: 'close' }).catch(() => undefined)
    await Promise.all([reader.terminate(), writer.terminate()])
    release()
  }

  async #send(commits: readonly Commit[]): Promise<CommitOutcome[]> {
    const { writer, clock } = this.#parts
    if (this.#problem?.kind === 'broken') throw new JournalUnavailable(this.#problem.message)
    const started = clock.monotonic()
    const answer = await writer.ask({ kind: 'commits', group: packGroup(commits) })
    this.#lastCommitMs = clock.monotonic() - started
    if (answer.kind === 'failed') throw toError(answer.failure)
    if (answer.kind !== 'commits') return []
    if (answer.problem) this.#fail(answer.problem)
    else if (this.#problem?.kind === 'full') this.#recover()
    return unpackOutcomes(commits, answer.outcomes)
  }

  #note(commit: Commit, outcome: CommitOutcome): void {
    if (outcome.status !== 'committed') return
    this.#commits += 1
    commit.appends.forEach(({ stream, events }, index) => {
      const first = outcome.appended[index]?.first
      if (first === undefined || events.length === 0) return
      this.#events += events.length
      this.#keepHead(stream, first + events.length - 1)
      this.#recent.add(stream, first, events)
      this.#tell(stream, first, events)
    })
  }

  #tell(stream: StreamName, first: number, events: readonly NewEvent[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(stream, first, events)
      } catch (error) {
        this.#parts.logger.error({ err: error, stream }, 'a listener of the journal failed')
      }
    }
  }

  #keepHead(stream: StreamName, head: number): void {
    this.#heads.set(stream, head)
    if (this.#heads.size <= HEADS_KEPT) return
    const [oldest] = this.#heads.keys()
    if (oldest !== undefined) this.#heads.delete(oldest)
  }

  #fail(failure: Failure): void {
    if (this.#problem?.kind === 'broken') return
    const first = this.#problem === undefined
    this.#problem = failure
    if (first) this.#parts.logger.error({ problem: failure.message }, 'the journal refuses commits')
    if (failure.kind === 'full' && first) this.#retryWhenFull()
  }

  /** An empty commit finds out whether there is room again; nobody else may try meanwhile. */
  #retryWhenFull(): void {
    this.#parts.clock.after(FULL_RETRY_MS, () => {
      if (this.#closed || this.#problem?.kind !== 'full') return
      const probe = { sql: 'delete from setting where false', parameters: [] }
      this.#queue.add({ appends: [], rows: [probe] }).then(undefined, () => this.#retryWhenFull())
    })
  }

  #recover(): void {
    this.#problem = undefined
    this.#parts.logger.info('the journal takes commits again')
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new JournalUnavailable('the journal is closed')
  }

  #unfit(): JournalUnavailable | undefined {
    if (this.#closed) return new JournalUnavailable('the journal is closed')
    return this.#problem && new JournalUnavailable(this.#problem.message)
  }
}
