import type { Client, ClientBase, Pool } from 'pg'

import type { Row, Statement } from '../../platform/statement.ts'
import {
  type Commit,
  type Compaction,
  EventsRemoved,
  type PoolNumbers,
  type StoredEvent,
  type StreamName,
} from '../journal.ts'
import { connectWriter, readerPool } from './connection.ts'
import { EPOCH, GroupTransaction, Unguarded } from './group-transaction.ts'
import { beginEpoch, lacksMark, reseal, scrub, shorterStream } from './integrity.ts'
import { toPostgres } from './placeholders.ts'
import { readEvents, readKeptEvents } from './read-events.ts'
import { compactEvents } from './removal.ts'
import {
  type Epoch,
  type GroupAnswer,
  type Heads,
  type Known,
  type Mark,
  type ScrubPlace,
  type SharedStore,
  StoreLost,
  StoreWentBack,
  StreamDamaged,
  type StreamHead,
} from './shared-store.ts'
import { isCollision, lost, queryError } from './sql-errors.ts'
import { TakenClients } from './taken-clients.ts'

type Limit = { events: number; bytes: number }

/** Groups of two processes that block each other are told so at once; one of them goes again. */
const TRIES = 8
const SCRUB_LOCK = 723_820_191

const HEADS = `
  select
    (select json_build_object('number', number, 'name', name, 'why', why)
     from epoch order by number desc limit 1) as epoch,
    (select coalesce(json_agg(json_build_array(name, head, removed_through)), '[]')
     from stream where name = any($1)) as streams`

/** The journal in PostgreSQL: one connection that writes, a few that read. */
export class PostgresStore implements SharedStore {
  readonly #url: string
  readonly #pool: Pool
  readonly #taken: TakenClients
  #writer: Promise<Client> | undefined
  /** The writer's tasks, one after the other. */
  #lane: Promise<unknown> = Promise.resolve()
  /** Tasks of the writer that have no end yet. */
  #writing = 0

  constructor(url: string) {
    this.#url = url
    this.#pool = readerPool(url)
    this.#taken = new TakenClients(this.#pool)
  }

  check(known: { mark: Mark | undefined; heads: ReadonlyMap<StreamName, number> }): Promise<Epoch> {
    return this.#write(async (client) => {
      // A server that only copies another gives no number to a transaction.
      await client.query('select pg_current_xact_id()')
      const why =
        (known.mark && (await lacksMark(client, known.mark))) ??
        (await shorterStream(client, known.heads))
      if (why !== undefined) throw new StoreWentBack(why)
      const { rows } = await client.query<Epoch>(EPOCH)
      if (!rows[0]) throw new StoreLost('the database has no epoch: its tables were emptied')
      return rows[0]
    })
  }

  async commit(commits: readonly Commit[], known: Known): Promise<GroupAnswer> {
    const progress = { committing: false }
    try {
      return await this.#commit(commits, known, progress)
    } catch (error) {
      // A connection that broke before the commit was sent took nothing: another one may.
      if (!(error instanceof StoreLost) || progress.committing) throw error
      return this.#commit(commits, known, progress)
    }
  }

  #commit(
    commits: readonly Commit[],
    known: Known,
    progress: { committing: boolean },
  ): Promise<GroupAnswer> {
    return this.#write(async (client, fresh) => {
      const mark = known.mark()
      const why = fresh && mark ? await lacksMark(client, mark) : undefined
      if (why !== undefined) throw new StoreWentBack(why)
      let guarded = false
      for (let tries = 1; ; tries += 1) {
        const transaction = new GroupTransaction(client, commits, guarded)
        try {
          return await transaction.run(known)
        } catch (error) {
          progress.committing = transaction.committing
          await client.query('rollback')
          if (error instanceof Unguarded) guarded = true
          else if (!isCollision(error) || tries >= TRIES) throw error
        }
      }
    })
  }

  async heads(streams: readonly StreamName[]): Promise<Heads> {
    const { rows } = await this.#read((pool) =>
      pool.query<{ epoch: Epoch | null; streams: [StreamName, number, number][] }>({
        name: 'heads',
        text: HEADS,
        values: [streams],
      }),
    )
    const [found] = rows
    if (!found?.epoch) throw new StoreLost('the database has no epoch: its tables were emptied')
    const entries = found.streams.map(([name, head, removedThrough]): [StreamName, StreamHead] => [
      name,
      { head, removedThrough },
    ])
    return { epoch: found.epoch, streams: new Map(entries) }
  }

  read(stream: StreamName, after: number, limit: Limit): Promise<StoredEvent[]> {
    return this.#read((pool) => readEvents(pool, { stream, after, limit }))
  }

  readKept(
    stream: StreamName,
    after: number,
    limit: Limit,
  ): Promise<{ events: StoredEvent[]; through: number }> {
    return this.#read((pool) => readKeptEvents(pool, { stream, after, limit }))
  }

  async query<R extends Row = Row>(statement: Statement): Promise<R[]> {
    const { text, values } = toPostgres(statement)
    const { rows } = await this.#read((pool) => pool.query<R>(text, values))
    return rows
  }

  compact(compaction: Compaction): Promise<void> {
    return this.#write((client) => compactEvents(client, compaction))
  }

  pool(): PoolNumbers {
    const { max } = this.#pool.options
    return {
      inUse: this.#taken.count + Math.min(1, this.#writing),
      waiting: this.#pool.waitingCount + Math.max(0, this.#writing - 1),
      leaked: this.#taken.overdue(),
      size: max + 1,
    }
  }

  beginEpoch(since: Epoch, why: string): Promise<Epoch> {
    return this.#write((client) => beginEpoch(client, since.number, why))
  }

  reseal(stream: StreamName, since: Epoch, why: string): Promise<Epoch> {
    return this.#write((client) => reseal(client, stream, since.number, why))
  }

  scrub(from: ScrubPlace | undefined, events: number): Promise<ScrubPlace | undefined> {
    return this.#read(async (pool) => {
      const client = await pool.connect()
      try {
        return await this.#scrubAlone(client, from, events)
      } finally {
        client.release()
      }
    })
  }

  async #scrubAlone(
    client: ClientBase,
    from: ScrubPlace | undefined,
    events: number,
  ): Promise<ScrubPlace | undefined> {
    await client.query('begin')
    try {
      const { rows } = await client.query<{ mine: boolean }>(
        'select pg_try_advisory_xact_lock($1, hashtext(current_schema())) as mine',
        [SCRUB_LOCK],
      )
      return rows[0]?.mine ? await scrub(client, from, events) : from
    } finally {
      await client.query('rollback')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lane
    const writer = this.#writer
    this.#writer = undefined
    await Promise.allSettled([writer?.then((client) => client.end()), this.#pool.end()])
  }

  async #read<T>(read: (pool: Pool) => Promise<T>): Promise<T> {
    try {
      return await this.#readOnce(read)
    } catch (error) {
      // A connection that broke says nothing of the server: reading again harms nobody.
      if (!(error instanceof StoreLost)) throw error
      return this.#readOnce(read)
    }
  }

  async #readOnce<T>(read: (pool: Pool) => Promise<T>): Promise<T> {
    try {
      return await read(this.#pool)
    } catch (error) {
      if (error instanceof StreamDamaged || error instanceof EventsRemoved) throw error
      throw queryError(error)
    }
  }

  /** One task of the writer after the other; whatever breaks its connection ends that task alone. */
  #write<T>(task: (client: Client, fresh: boolean) => Promise<T>): Promise<T> {
    this.#writing += 1
    const result = this.#lane
      .then(() => this.#attempt(task))
      .finally(() => {
        this.#writing -= 1
      })
    this.#lane = result.catch(() => undefined)
    return result
  }

  async #attempt<T>(task: (client: Client, fresh: boolean) => Promise<T>): Promise<T> {
    const fresh = this.#writer === undefined
    this.#writer ??= connectWriter(this.#url, (ended) => this.#drop(ended))
    const connecting = this.#writer
    try {
      const client = await connecting
      return await task(client, fresh)
    } catch (error) {
      if (error instanceof StoreWentBack || error instanceof StreamDamaged) throw error
      // Whether the server took it is unknown: nothing more is sent over this connection.
      if (this.#writer === connecting) this.#writer = undefined
      void connecting.then((client) => client.end()).catch(() => undefined)
      throw lost(error)
    }
  }

  #drop(ended: Client): void {
    const writer = this.#writer
    const forget = (client: Client): void => {
      if (client === ended && this.#writer === writer) this.#writer = undefined
    }
    // One that never opened is forgotten by whoever waits for it.
    writer?.then(forget, () => undefined)
  }
}
