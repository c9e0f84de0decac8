import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import {
  EventsRemoved,
  type Commit,
  type StoredEvent,
  type StreamName,
} from '../../packages/server/src/journal/journal.ts'
import type { CommitOutcome } from '../../packages/server/src/journal/outcome.ts'
import type {
  GroupAnswer,
  Known,
  Mark,
  StreamHead,
} from '../../packages/server/src/journal/postgres/shared-store.ts'
import { Statements, toInput } from '../../packages/server/src/journal/sqlite/statements.ts'
import { Writer } from '../../packages/server/src/journal/sqlite/writer.ts'
import type { Row, Statement } from '../../packages/server/src/platform/statement.ts'
import type { JournalEvent } from '../../packages/validator/src/auditor/auditor.ts'
import { BEGINNING } from './host.ts'
import type { Schedule } from './schedule.ts'
import type { Witness } from './witness.ts'

const STORE_TIME = '(extract(epoch from clock_timestamp()) * 1000)::bigint'

/** The database that several nodes share: never wrong, on a clock of its own. */
export class SharedDatabase implements Disposable {
  readonly #writer: Writer
  readonly #reader: DatabaseSync
  readonly #statements: Statements
  readonly #schedule: Schedule
  readonly #witness: Witness
  readonly epoch: { number: number; name: string; why: string }

  constructor(folder: string, { schedule, witness }: { schedule: Schedule; witness: Witness }) {
    this.#writer = new Writer({ folder, at: 'the beginning' })
    this.#reader = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
    this.#statements = new Statements(this.#reader)
    this.#schedule = schedule
    this.#witness = witness
    this.epoch = { number: 1, name: this.#writer.opened.epoch, why: 'it was made' }
  }

  commit(commits: readonly Commit[], known: Known): GroupAnswer {
    const requests = commits.map(({ appends, rows = [], expect = [], erase = [], fence }) => ({
      appends: appends.map(({ stream, events }) => ({
        stream,
        payloads: events.map(({ payload }) => payload),
      })),
      rows: rows.map((row) => this.#translated(row)),
      expect: expect.map((it) => ({ ...it, query: this.#translated(it.query) })),
      erase,
      fence,
    }))
    for (const { appends } of commits) {
      for (const { stream } of appends) {
        if (this.#writer.head(stream) < known.head(stream)) {
          this.#witness.complain('database', `${stream} is shorter than a node knows`)
        }
      }
    }
    const { outcomes } = this.#writer.commit(requests)
    return { epoch: this.epoch, outcomes, mark: this.#tell(commits, outcomes) }
  }

  /** What is durable is told the auditor at once, whoever learns of it later. */
  #tell(commits: readonly Commit[], outcomes: readonly CommitOutcome[]): Mark | undefined {
    let mark: Mark | undefined
    const epoch = this.epoch.name
    commits.forEach((commit, index) => {
      const outcome = outcomes[index]
      if (outcome?.status !== 'committed') return
      commit.appends.forEach(({ stream, events }, append) => {
        const first = outcome.appended[append]?.first ?? 1
        events.forEach(({ payload }, offset) => {
          const event = JSON.parse(payload) as JournalEvent
          const seq = first + offset
          const fence = commit.fence && { fence: commit.fence.fence }
          if (event.type === 'agent_started') this.#claimed(event.run_id ?? '')
          this.#witness.see({ kind: 'committed', stream, epoch, seq, event, ...fence })
          mark = { epoch, stream, seq, hash: createHash('sha256').update(payload).digest('hex') }
        })
      })
    })
    return mark
  }

  #claimed(run: string): void {
    const [row] = this.query({ sql: 'select fence from run where id = ?', parameters: [run] })
    this.#witness.see({ kind: 'claimed', run, fence: Number(row?.['fence']) })
  }

  heads(streams: readonly StreamName[]): Map<StreamName, StreamHead> {
    return new Map(
      streams
        .map((stream) => [stream, this.#writer.head(stream)] as const)
        .filter(([, head]) => head > 0)
        .map(([stream, head]) => [
          stream,
          { head, removedThrough: this.#writer.removedThrough(stream) },
        ]),
    )
  }

  read(stream: StreamName, after: number, limit: { events: number; bytes: number }): StoredEvent[] {
    const { first, payloads, removed } = this.#writer.read(stream, after, limit)
    if (removed) throw new EventsRemoved(`event ${first} of ${stream} was removed`)
    return payloads.map((payload, index) => ({ seq: first + index, payload }))
  }

  readKept(stream: StreamName, after: number, limit: { events: number; bytes: number }) {
    const { seqs, payloads, through } = this.#writer.readKept(stream, after, limit)
    const events = payloads.map((payload, index) => ({ seq: seqs[index] ?? 0, payload }))
    return { events, through }
  }

  query<R extends Row = Row>(statement: Statement): R[] {
    const { sql, parameters } = this.#translated(statement)
    return this.#statements.prepare(sql).all(...parameters.map(toInput)) as R[]
  }

  /** PostgreSQL's words in SQLite's. */
  #translated({ sql, parameters }: Statement): Statement {
    const now = String(Math.floor(BEGINNING + this.#schedule.now))
    const text = sql.replaceAll(STORE_TIME, now).replaceAll(/\$(\d+)/g, '?$1')
    return { sql: text, parameters }
  }

  [Symbol.dispose](): void {
    this.#reader.close()
    this.#writer.close()
  }
}
