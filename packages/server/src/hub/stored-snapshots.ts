import { createHash } from 'node:crypto'

import { threadStateSchema, userStateSchema } from '@netra/protocol'

import type { Expectation, Journal, SnapshotRow, StreamName } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { asId, type ThreadId, type UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { DeliveryMetrics } from './delivery-metrics.ts'
import { keptOf, type Folded, type State } from './snapshots.ts'

/** Larger ones are folded again each time: they would cost more to keep than they save. */
const MOST_CHARACTERS = 4 * 1024 * 1024

export interface StoredSnapshots {
  /** Where a fold may begin; undefined when there is none that can be trusted. */
  find(stream: StreamName): Promise<Folded | undefined>
  /** Makes and stores one, unless the stream loses something meanwhile. */
  keep(stream: StreamName, fold: (stream: StreamName) => Promise<Folded>): Promise<void>
}

interface Parts {
  journal: Pick<Journal, 'db' | 'commit' | 'epoch' | 'head'>
  clock: Clock
  logger: Logger
  metrics: DeliveryMetrics
}

/**
 * Folds that were stored, each verified by its hash and its epoch before it is gone on from. They are
 * a short cut and nothing more: one that is damaged is ignored and made anew (F66).
 */
export function createStoredSnapshots(parts: Parts): StoredSnapshots {
  const { journal, clock, logger, metrics } = parts
  const { db } = journal
  return {
    async find(stream) {
      const row = await db
        .selectFrom('snapshot')
        .selectAll()
        .where('stream', '=', stream)
        .where('epoch', '=', journal.epoch)
        .executeTakeFirst()
      if (!row) return undefined
      const state = stateIn(row)
      if (state && row.seq <= (await journal.head(stream))) {
        return { epoch: row.epoch, seq: row.seq, state, isWhole: true }
      }
      metrics.stored.add({ result: 'corrupt' })
      logger.warn({ stream, seq: row.seq }, 'a stored snapshot is damaged; it is made anew')
      return undefined
    },

    async keep(stream, fold) {
      const unerased = await conditionFor(journal, stream)
      if (!unerased) return
      const folded = await fold(stream)
      const { epoch, seq, isWhole } = folded
      const state = JSON.stringify(keptOf(folded.state))
      if (!isWhole || epoch !== journal.epoch || state.length > MOST_CHARACTERS) return
      const kept = { stream, epoch, seq, state }
      const row = { ...kept, hash: hashOf(kept), made_at: isoTime(clock) }
      const statement = db
        .insertInto('snapshot')
        .values(row)
        .onConflict((conflict) => conflict.column('stream').doUpdateSet(row))
        .compile()
      const { status } = await journal.commit({
        appends: [],
        rows: [statement],
        expect: [unerased],
      })
      metrics.stored.add({ result: status === 'committed' ? 'kept' : 'refused' })
    },
  }
}

/** Of all that the row says: a fold under another name or position would be somebody else's, or skip. */
const hashOf = ({ stream, epoch, seq, state }: Omit<SnapshotRow, 'hash' | 'made_at'>): string =>
  createHash('sha256')
    .update(JSON.stringify([stream, epoch, seq, state]))
    .digest('hex')

function stateIn(row: SnapshotRow): State | undefined {
  if (hashOf(row) !== row.hash) return undefined
  const json: unknown = JSON.parse(row.state)
  if (row.stream.startsWith('user:')) {
    const parsed = userStateSchema.safeParse(json)
    return parsed.success ? { kind: 'user', value: parsed.data } : undefined
  }
  const parsed = threadStateSchema.safeParse(json)
  return parsed.success ? { kind: 'thread', value: parsed.data } : undefined
}

/**
 * What must hold when the fold is stored: nothing was erased since before it began, or it would bring
 * back what is gone. Erasure from a user's stream comes with the end of one of the user's threads;
 * their ids grow, so a thread that came in its place is seen too. Undefined: nothing to store.
 */
async function conditionFor(
  { db }: Pick<Journal, 'db'>,
  stream: StreamName,
): Promise<Expectation | undefined> {
  const id = stream.slice(stream.indexOf(':') + 1)
  if (stream.startsWith('thread:')) {
    const query = db.selectFrom('thread').select('id').where('id', '=', asId<ThreadId>(id))
    return { name: 'unerased', rows: 'some', query: query.compile() }
  }
  const threads = db
    .selectFrom('thread')
    .select(({ fn }) => [fn.countAll().as('count'), fn.max('id').as('newest')])
    .where('user_id', '=', asId<UserId>(id))
  const { count, newest } = await threads.executeTakeFirstOrThrow()
  if (newest === null) return undefined
  const query = threads.having((eb) =>
    eb.or([eb(eb.fn.countAll(), '!=', count), eb(eb.fn.max('id'), '!=', newest)]),
  )
  // What a condition finds is locked, where a store has locks for rows; totals have none.
  return { name: 'unerased', rows: 'none', query: query.compile() }
}
