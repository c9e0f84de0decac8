import { Kysely, type RawBuilder, sql } from 'kysely'

import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics, Spread } from '../../platform/metrics.ts'
import type { Row, Statement } from '../../platform/statement.ts'
import { commitDuration } from '../commit-duration.ts'
import { CommitQueue } from '../commit-queue.ts'
import {
  type Commit,
  type CommitResult,
  type Compaction,
  type Journal,
  type JournalStatus,
  JournalUnavailable,
  type Plan,
  type StoredEvent,
  type StreamName,
  type Tables,
} from '../journal.ts'
import type { CommitOutcome } from '../outcome.ts'
import { planFrom } from '../plan.ts'
import { POSTGRES, readOnlyDialect } from '../read-only-dialect.ts'
import { HeadAsks } from './head-asks.ts'
import type { MarkKeeper } from './mark-file.ts'
import { Repeat } from './repeat.ts'
import {
  type Epoch,
  type Known,
  type Heads,
  type Mark,
  type ScrubPlace,
  type SharedStore,
  type StreamHead,
} from './shared-store.ts'
import { StoreWatch } from './store-watch.ts'
import { StreamMemory } from './stream-memory.ts'

export interface SharedJournalOptions {
  store: SharedStore
  clock: Clock
  logger: Logger
  metrics?: Metrics | undefined
  /** Remembers an acknowledged event over restarts, apart from the store. */
  marks: MarkKeeper
  /** How often followed streams are looked at. */
  pollMs?: number
  /** How often some events are verified; Infinity for never. */
  scrubMs?: number
}

type Listener = Parameters<Journal['onCommitted']>[0]
type Limit = { events: number; bytes: number }

const POLL_MS = 250
/** With nothing to follow it is only the epoch that may have changed. */
const IDLE_POLL_MS = 1_000
const SCRUB_MS = 1_000
const SCRUB_EVENTS = 1_000

/** What a server process holds of a journal that others write as well. */
export class SharedJournal implements Journal {
  readonly db: Kysely<Tables>
  readonly #options: SharedJournalOptions
  readonly #store: SharedStore
  readonly #watch: StoreWatch
  readonly #queue: CommitQueue
  readonly #memory: StreamMemory
  readonly #asks = new HeadAsks((streams) => this.#look(streams))
  readonly #listeners = new Set<Listener>()
  readonly #repeat: Repeat
  readonly #known: Known
  #mark: Mark | undefined
  #scrubPlace: ScrubPlace | undefined
  #closed = false
  #commits = 0
  #events = 0
  #lastCommitMs = 0
  readonly #commitMs: Spread | undefined

  /** `epoch`: as `check` of the store found it; `changed`: why it began anew at this start. */
  constructor(options: SharedJournalOptions, epoch: Epoch, changed?: string) {
    const { store, clock, logger, metrics, pollMs = POLL_MS, scrubMs = SCRUB_MS } = options
    this.#options = options
    this.#store = store
    this.#commitMs = metrics && commitDuration(metrics)
    this.#memory = new StreamMemory(logger)
    const mark = (): Mark | undefined => this.#mark
    this.#known = { mark, head: (stream) => this.#memory.headOf(stream) }
    const watched = { store, clock, logger, metrics, mark, heads: () => this.#memory.heads() }
    this.#watch = new StoreWatch({ ...watched, onNewEpoch: () => this.#forget() }, epoch, changed)
    this.db = new Kysely<Tables>({
      dialect: readOnlyDialect(POSTGRES, (statement) => this.#rows(statement)),
    })
    this.#queue = new CommitQueue({
      inFlight: 1,
      send: (commits) => this.#send(commits),
      onOutcome: (commit, outcome) => this.#note(commit, outcome),
    })
    this.#repeat = new Repeat(clock, (error) =>
      logger.warn({ err: error }, 'the journal was not looked at'),
    )
    const idleMs = Math.max(pollMs, IDLE_POLL_MS)
    this.#repeat.every(
      () => (this.#memory.followed.length > 0 ? pollMs : idleMs),
      () => this.#poll(),
    )
    if (scrubMs < Infinity) {
      this.#repeat.every(
        () => scrubMs,
        () => this.#scrub(),
      )
    }
  }

  get epoch(): string {
    return this.#watch.epoch
  }

  commit(commit: Commit): Promise<CommitResult> {
    const problem = this.#closed ? 'the journal is closed' : this.#watch.problem
    if (problem !== undefined) return Promise.reject(new JournalUnavailable(problem))
    return this.#queue.add(commit)
  }

  async write(statements: readonly Statement[]): Promise<void> {
    await this.commit({ appends: [], rows: statements })
  }

  query<R extends Row = Row>(statement: Statement): Promise<R[]> {
    return this.#rows<R>(statement)
  }

  #rows<R>(statement: Statement): Promise<R[]> {
    return this.#ask(async () => (await this.#store.query(statement)) as R[])
  }

  async head(stream: StreamName): Promise<number> {
    return (await this.#headOf(stream)).head
  }

  async plan(stream: StreamName, position: string | null): Promise<Plan> {
    const { head, removedThrough } = await this.#headOf(stream)
    const plan = planFrom(position, this.epoch, head)
    if (plan.kind !== 'range' || plan.after >= removedThrough) return plan
    return { kind: 'snapshot', why: 'compacted', head }
  }

  async read(stream: StreamName, after: number, limit: Limit): Promise<StoredEvent[]> {
    if (this.#closed) throw new JournalUnavailable('the journal is closed')
    if (limit.events < 1) return []
    const recent = this.#memory.read(stream, after, limit)
    if (recent) return recent
    const known = this.#memory.headOf(stream)
    if (after >= known && after >= (await this.head(stream))) return []
    return this.#ask(() => this.#store.read(stream, after, limit))
  }

  readKept(
    stream: StreamName,
    after: number,
    limit: Limit,
  ): Promise<{ events: StoredEvent[]; through: number }> {
    return this.#ask(() => this.#store.readKept(stream, after, limit))
  }

  compact(compaction: Compaction): Promise<void> {
    return this.#ask(async () => {
      await this.#store.compact(compaction)
      this.#memory.forget(compaction.stream)
    })
  }

  now(): RawBuilder<number> {
    return sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
  }

  onCommitted(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onEpochChanged(listener: (why: string) => void): () => void {
    return this.#watch.onEpochChanged(listener)
  }

  follow(stream: StreamName, listener: (head: number) => void): () => void {
    return this.#memory.follow(stream, listener)
  }

  status(): JournalStatus {
    const { problem, epochChanged } = this.#watch
    const pool = this.#store.pool?.()
    return {
      ...(pool && { pool: { ...pool, waiting: pool.waiting + this.#queue.waiting } }),
      writable: !this.#closed && problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      ...(epochChanged === undefined ? {} : { epochChanged }),
      commits: this.#commits,
      events: this.#events,
      pendingCommits: this.#queue.pending,
      lastCommitMs: this.#lastCommitMs,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#queue.drained()
    this.#watch.close()
    await this.#repeat.stop()
    this.#options.marks.flush()
    await this.#store[Symbol.asyncDispose]()
  }

  #ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new JournalUnavailable('the journal is closed'))
    return this.#watch.ask(question)
  }

  async #send(commits: readonly Commit[]): Promise<CommitOutcome[]> {
    const { clock, marks } = this.#options
    const started = clock.monotonic()
    const { epoch, outcomes, mark } = await this.#watch.ask(() =>
      this.#store.commit(commits, this.#known),
    )
    this.#lastCommitMs = clock.monotonic() - started
    this.#commitMs?.observe(this.#lastCommitMs)
    this.#watch.adopt(epoch)
    if (mark) {
      this.#mark = mark
      marks.keep(mark)
    }
    return outcomes
  }

  #note(commit: Commit, outcome: CommitOutcome): void {
    if (outcome.status !== 'committed') return
    this.#commits += 1
    for (const { stream } of commit.erase ?? []) this.#memory.forget(stream)
    commit.appends.forEach(({ stream, events }, index) => {
      const first = outcome.appended[index]?.first
      if (first === undefined || events.length === 0) return
      this.#events += events.length
      this.#memory.appended(stream, first, events)
      this.#tell(stream, first, events)
    })
  }

  #tell(...[stream, first, events]: Parameters<Listener>): void {
    for (const listener of this.#listeners) {
      try {
        listener(stream, first, events)
      } catch (error) {
        this.#options.logger.error({ err: error, stream }, 'a listener of the journal failed')
      }
    }
  }

  #headOf(stream: StreamName): Promise<StreamHead> {
    return this.#ask(() => this.#asks.ask(stream))
  }

  #look(streams: readonly StreamName[]): Promise<Heads['streams']> {
    return this.#memory.look(streams, async (names) => {
      const { epoch, streams: found } = await this.#store.heads(names)
      this.#watch.adopt(epoch)
      return found
    })
  }

  /** While the store is away, its watch alone tries it. */
  async #poll(): Promise<void> {
    if (this.#watch.problem !== undefined) return
    await this.#watch.ask(() => this.#look(this.#memory.followed))
    this.#options.marks.flush()
  }

  async #scrub(): Promise<void> {
    if (this.#watch.problem !== undefined) return
    const from = this.#scrubPlace
    // Where damage is found the next round begins again: by then it is mended.
    this.#scrubPlace = undefined
    this.#scrubPlace = await this.#watch.ask(() => this.#store.scrub(from, SCRUB_EVENTS))
  }

  #forget(): void {
    this.#memory.forgetAll()
    this.#mark = undefined
  }
}
