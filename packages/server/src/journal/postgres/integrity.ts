import type { ClientBase } from 'pg'

import { chainAfter, type ChainedRow, HASH_BYTES } from '../chain.ts'
import type { StreamName } from '../journal.ts'
import { EPOCH } from './group-transaction.ts'
import { type EventRow, isWhole } from './read-events.ts'
import { type Epoch, type Mark, type ScrubPlace, StreamDamaged } from './shared-store.ts'
import { streamChainStart } from './stream-rows.ts'

/** Streams whose ends a start looks at; the scrub comes to all of them. */
const START_CHECK_STREAMS = 10_000

/** Why the store is not the one that acknowledged the marked event; undefined when it is. */
export async function lacksMark(client: ClientBase, mark: Mark): Promise<string | undefined> {
  const { rows: epochs } = await client.query<{ name: string; latest: boolean }>(
    `select name, number = max(number) over () as latest from epoch`,
  )
  const epoch = epochs.find(({ name }) => name === mark.epoch)
  if (!epoch) return `the database does not know epoch ${mark.epoch}, in which it was written last`
  // A later epoch has told everybody already.
  if (!epoch.latest) return undefined
  const { rows } = await client.query<{ hash: string }>(
    `select encode(event.hash, 'hex') as hash from stream
     join event on event.stream = stream.id and event.seq = $2 where stream.name = $1`,
    [mark.stream, mark.seq],
  )
  return rows[0]?.hash === mark.hash
    ? undefined
    : `event ${mark.seq} of ${mark.stream}, which was acknowledged, is not there`
}

/** The first stream that ends before its known head. */
export async function shorterStream(
  client: ClientBase,
  heads: ReadonlyMap<StreamName, number>,
): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string; known: number; head: number }>(
    `select known.name, known.head as known, coalesce(stream.head, 0) as head
     from unnest($1::text[], $2::bigint[]) as known (name, head)
     left join stream on stream.name = known.name
     where coalesce(stream.head, 0) < known.head limit 1`,
    [[...heads.keys()], [...heads.values()]],
  )
  const [found] = rows
  return found && `${found.name} ends at ${found.head}, but event ${found.known} was acknowledged`
}

/** The first of the youngest streams whose last event is not the one that its row names. */
export async function brokenEnd(client: ClientBase): Promise<StreamName | undefined> {
  const { rows } = await client.query<{ name: StreamName }>(
    `select young.name from (
       select id, name, head, chain from stream where head > 0 order by id desc limit $1
     ) as young
     left join event on event.stream = young.id and event.seq = young.head
     where event.chain is distinct from young.chain limit 1`,
    [START_CHECK_STREAMS],
  )
  return rows[0]?.name
}

const randomEpoch = `replace(gen_random_uuid()::text, '-', '')`

/** In a transaction: the epoch that began since, or a new one. */
async function begin(client: ClientBase, since: number, why: string): Promise<Epoch> {
  await client.query('lock table epoch in exclusive mode')
  const { rows } = await client.query<Epoch>(EPOCH)
  const [latest] = rows
  if (latest && latest.number > since) return latest
  const { rows: made } = await client.query<Epoch>(
    `insert into epoch (number, name, why) values ($1, left(${randomEpoch}, 12), $2)
     returning number, name, why`,
    [(latest?.number ?? 0) + 1, why],
  )
  if (!made[0]) throw new Error('the new epoch was not returned')
  return made[0]
}

async function inTransaction<T>(client: ClientBase, body: () => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    const result = await body()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

/** A new epoch, unless one has begun since. */
export const beginEpoch = (client: ClientBase, since: number, why: string): Promise<Epoch> =>
  inTransaction(client, () => begin(client, since, why))

const DAMAGED = `(octet_length(hash) <> ${HASH_BYTES} or (
  payload is not null and sha256(payload) is distinct from coalesce(kept_hash, hash)))`

/** The chain that `chainAfter` makes, over all events of a stream at once. */
const WHOLE_CHAIN = `
  sha256($2::bytea || (
    select string_agg(float8send(stream) || float8send(seq) || hash, ''::bytea order by seq)
    from event where stream = $1
  ))`

/**
 * A new epoch in which lost events of the stream count as removed, and the chain runs over what is
 * there. What could be a damaged text is put aside, for people to look at.
 */
export const reseal = (
  client: ClientBase,
  name: StreamName,
  since: number,
  why: string,
): Promise<Epoch> =>
  inTransaction(client, async () => {
    const epoch = await begin(client, since, why)
    const { rows } = await client.query<{ id: number; head: number }>(
      `select id, greatest(head, (select max(seq) from event where stream = stream.id)) as head
       from stream where name = $1 for update`,
      [name],
    )
    const [stream] = rows
    if (!stream) return epoch
    const { id, head } = stream
    await client.query(
      `insert into damaged_event (stream, seq, payload, hash)
       select stream, seq, payload, hash from event where stream = $1 and ${DAMAGED}`,
      [id],
    )
    await client.query(
      `update event set payload = null, kept_hash = null, hash = sha256(''::bytea)
       where stream = $1 and ${DAMAGED}`,
      [id],
    )
    await client.query(
      `insert into event (stream, seq, hash)
       select $1, seq, sha256(''::bytea) from generate_series(1, $2::bigint) as seq
       on conflict do nothing`,
      [id, head],
    )
    await client.query('update event set chain = null where stream = $1', [id])
    await client.query(
      `update stream set head = $3, chain = coalesce(${WHOLE_CHAIN}, $2), epoch = $4, removed_through =
         greatest(removed_through,
           (select max(seq) from event where stream = $1 and payload is null))
       where id = $1`,
      [id, streamChainStart(epoch.name, name), head, epoch.number],
    )
    await client.query(
      `update event set chain = stream.chain from stream
       where stream.id = $1 and event.stream = $1 and event.seq = $2`,
      [id, head],
    )
    return epoch
  })

interface ScrubbedStream {
  id: number
  name: StreamName
  head: number
  chain: Buffer
  epoch: string
}

const NEXT_STREAM = `
  select stream.id, stream.name, stream.head, stream.chain, epoch.name as epoch
  from stream join epoch on epoch.number = stream.epoch
  where stream.id >= $1 and stream.head > 0 order by stream.id limit 1`

/**
 * Verifies about so many events from a place on, hashes and chain.
 *
 * @throws StreamDamaged at the first fault.
 */
export async function scrub(
  client: ClientBase,
  from: ScrubPlace | undefined,
  events: number,
): Promise<ScrubPlace | undefined> {
  let place = from
  for (let seen = 0; seen < events;) {
    const { rows } = await client.query<ScrubbedStream>(NEXT_STREAM, [place?.stream ?? 0])
    const [stream] = rows
    if (!stream) return undefined
    const resumed = place?.stream === stream.id && place.seq > 0
    const start =
      resumed && place ? place : { seq: 0, chain: streamChainStart(stream.epoch, stream.name) }
    const { seq, chain, rows: count } = await verify(client, stream, start, events - seen)
    seen += Math.max(1, count)
    place =
      seq === stream.head
        ? { stream: stream.id + 1, seq: 0, chain: new Uint8Array() }
        : { stream: stream.id, seq, chain }
  }
  return place
}

async function verify(
  client: ClientBase,
  stream: ScrubbedStream,
  from: { seq: number; chain: Uint8Array },
  limit: number,
): Promise<{ seq: number; chain: Uint8Array; rows: number }> {
  const { name, head } = stream
  const { rows } = await client.query<EventRow & { chain: Buffer | null }>({
    text: `select seq, payload, hash, kept_hash, chain from event
           where stream = $1 and seq > $2 and seq <= $3 order by seq limit $4`,
    values: [stream.id, from.seq, head, limit],
  })
  let { seq, chain } = from
  let open: ChainedRow[] = []
  for (const row of rows) {
    const expected = seq + open.length + 1
    if (row.seq !== expected) throw new StreamDamaged(name, `${name} lacks event ${expected}`)
    if (!isWhole(row)) {
      throw new StreamDamaged(name, `event ${row.seq} of ${name} is not what was written`)
    }
    open.push({ stream: stream.id, seq: row.seq, hash: row.hash })
    if (row.chain === null) continue
    chain = chainAfter(chain, open)
    if (!row.chain.equals(chain)) {
      throw new StreamDamaged(name, `the chain of ${name} breaks at event ${row.seq}`)
    }
    seq = row.seq
    open = []
  }
  // An append that is longer than the limit is taken as a whole.
  if (rows.length === limit && seq === from.seq) return verify(client, stream, from, 4 * limit)
  if (rows.length < limit && seq < head) {
    throw new StreamDamaged(name, `${name} lacks its end after event ${seq}`)
  }
  if (seq === head && !stream.chain.equals(chain)) {
    throw new StreamDamaged(name, `the chain of ${name} does not end as its row says`)
  }
  return { seq, chain, rows: rows.length }
}
