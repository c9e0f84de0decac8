import type { Client } from 'pg'

import type { Commit, Expectation, StreamName } from '../journal.ts'
import { type CommitOutcome, messageOf } from '../outcome.ts'
import { EventRows } from './event-rows.ts'
import { toPostgres } from './placeholders.ts'
import { eraseEvents } from './removal.ts'
import {
  type Epoch,
  type GroupAnswer,
  type Known,
  refuseShorter,
  StoreLost,
  StreamDamaged,
} from './shared-store.ts'
import { detailOf, isDuplicate, isOwnFault } from './sql-errors.ts'
import { inLockOrder, lockStreams, makeStreams, type StreamRow } from './stream-rows.ts'

export const EPOCH = 'select number, name, why from epoch order by number desc limit 1'

const LOCK_RUNS = 'select id, fence from run where id = any($1) order by id for update'

const NO_EVENTS = { first: 1, last: 0 }

/** A statement failed where nothing guards the commits before it: the group must be tried guarded. */
export class Unguarded extends Error {
  override readonly name = 'Unguarded'
}

/**
 * One transaction for a group of commits. All stream rows are locked first, in one order for all
 * processes, then the runs whose fences are claimed; conditions are judged under these locks, so
 * they still hold when the commit is durable. Only a `guarded` group pays for savepoints.
 */
export class GroupTransaction {
  readonly #client: Client
  readonly #commits: readonly Commit[]
  readonly #guarded: boolean
  readonly #streams = new Map<StreamName, StreamRow>()
  #fences: Map<string, number> | undefined
  #events = new EventRows('')
  /** Once true, only an answer can tell whether the group was taken. */
  committing = false

  constructor(client: Client, commits: readonly Commit[], guarded: boolean) {
    this.#client = client
    this.#commits = commits
    this.#guarded = guarded
  }

  async run(known: Known): Promise<GroupAnswer> {
    const epoch = await this.#begin(known)
    const outcomes: CommitOutcome[] = []
    for (const commit of this.#commits) outcomes.push(await this.#apply(commit))
    this.committing = true
    const [, ended] = await Promise.all([
      this.#events.flush(this.#client)?.catch((error: unknown) => this.#refuseTaken(error)),
      this.#client.query('commit'),
    ])
    if (ended.command !== 'COMMIT') throw new StoreLost('PostgreSQL rolled the commit back')
    return { epoch, outcomes, mark: this.#events.mark }
  }

  /** Behind a stream's head there is an event already: its row and its events do not agree. */
  #refuseTaken(error: unknown): never {
    const [, id] = isDuplicate(error)
      ? (/\(stream, seq\)=\((\d+),/.exec(detailOf(error)) ?? [])
      : []
    for (const { id: stream, name } of id === undefined ? [] : this.#streams.values()) {
      if (stream === Number(id)) throw new StreamDamaged(name, `${name} goes on behind its end`)
    }
    throw error
  }

  async #begin(known: Known): Promise<Epoch> {
    const appends = this.#commits.flatMap((commit) => commit.appends)
    const erasures = this.#commits.flatMap(({ erase = [] }) => erase)
    const names = inLockOrder([...appends, ...erasures].map(({ stream }) => stream))
    const runs = this.#commits.flatMap(({ fence }) => (fence ? [fence.runId] : []))
    const [, locked, epochs, held] = await Promise.all([
      this.#client.query('begin'),
      lockStreams(this.#client, names),
      this.#client.query<Epoch>({ name: 'epoch', text: EPOCH }),
      runs.length === 0
        ? undefined
        : this.#client.query<{ id: string; fence: number }>({
            name: 'lock runs',
            text: LOCK_RUNS,
            values: [[...new Set(runs)]],
          }),
    ])
    const [epoch] = epochs.rows
    if (!epoch) throw new StoreLost('the database has no epoch: its tables were emptied')
    for (const name of names) refuseShorter(name, locked.get(name)?.head ?? 0, known.head(name))
    const written = appends.filter(({ events }) => events.length > 0)
    const missing = written.map(({ stream }) => stream).filter((name) => !locked.has(name))
    const made = await makeStreams(this.#client, inLockOrder(missing), epoch)
    for (const row of [...locked.values(), ...made.values()]) this.#streams.set(row.name, row)
    this.#fences = new Map(held?.rows.map(({ id, fence }) => [id, fence]))
    this.#events = new EventRows(epoch.name)
    return epoch
  }

  async #apply(commit: Commit): Promise<CommitOutcome> {
    const { appends, erase = [], fence, rows = [], expect = [] } = commit
    if (fence && (await this.#fenceOf(fence.runId)) !== fence.fence) {
      return { status: 'stale_fence' }
    }
    if (rows.length > 0 || expect.length > 0) {
      const refused = await (this.#guarded ? this.#guard(commit) : this.#change(commit))
      if (refused) return refused
    }
    for (const { stream, threadId } of erase) {
      await this.#events.flush(this.#client)
      const row = this.#streams.get(stream)
      if (row) await eraseEvents(this.#client, row, threadId)
    }
    return {
      status: 'committed',
      appended: appends.map(({ stream, events }) => {
        const row = this.#streams.get(stream)
        return { stream, ...(row ? this.#events.append(row, events) : NO_EVENTS) }
      }),
    }
  }

  /** The fence that a run holds now; a commit with rows may have changed it. */
  async #fenceOf(runId: string): Promise<number | undefined> {
    if (this.#fences) return this.#fences.get(runId)
    const { rows } = await this.#client.query<{ fence: number }>({
      name: 'lock runs',
      text: LOCK_RUNS,
      values: [[runId]],
    })
    return rows[0]?.fence
  }

  /** Its own savepoint, so that a wrong statement takes back this commit alone. */
  async #guard(commit: Commit): Promise<CommitOutcome | undefined> {
    await this.#client.query('savepoint one')
    try {
      const refused = await this.#change(commit)
      await this.#client.query('release one')
      return refused
    } catch (error) {
      if (!isOwnFault(error)) throw error
      await this.#client.query('rollback to one; release one')
      // What another process wrote after the check, and before the insert, is visible now.
      const refused = isDuplicate(error) ? await this.#unmet(commit.expect ?? []) : undefined
      return (
        refused ?? { status: 'failed', failure: { kind: 'statement', message: messageOf(error) } }
      )
    }
  }

  async #change({ expect = [], rows = [] }: Commit): Promise<CommitOutcome | undefined> {
    try {
      const refused = await this.#unmet(expect)
      if (refused || rows.length === 0) return refused
      this.#fences = undefined
      await Promise.all(rows.map((row) => this.#client.query(toPostgres(row))))
      return undefined
    } catch (error) {
      if (!this.#guarded && isOwnFault(error))
        throw new Unguarded(messageOf(error), { cause: error })
      throw error
    }
  }

  async #unmet(expect: readonly Expectation[]): Promise<CommitOutcome | undefined> {
    for (const { name, query, rows: wanted } of expect) {
      const { text, values } = toPostgres(query)
      // Rows that must be there must also stay there until the commit.
      const locking = wanted === 'some' ? `${text} for update` : text
      const { rows } = await this.#client.query<Record<string, unknown>>(locking, values)
      if ((wanted === 'some') !== rows.length > 0) return { status: 'unexpected', name, rows }
    }
    return undefined
  }
}
