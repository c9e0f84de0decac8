import type { Pool } from 'pg'

import { HASH_BYTES, payloadHash } from '../chain.ts'
import { EventsRemoved, type StoredEvent, type StreamName } from '../journal.ts'
import { StreamDamaged } from './shared-store.ts'

type Limit = { events: number; bytes: number }

export interface Range {
  stream: StreamName
  after: number
  limit: Limit
}

/** An event's row; no payload where it was removed. */
export interface EventRow {
  seq: number
  payload: Buffer | null
  hash: Buffer
  kept_hash: Buffer | null
}

/**
 * A page that never holds much more than its limit: `total` counts sizes, which needs no payload to
 * be fetched. The first row always fits, and says how far the stream goes.
 */
const PAGE = `
  with wanted as (select id, head from stream where name = $1)
  select head, seq, payload, hash, kept_hash from (
    select
      wanted.head, event.seq, event.payload, event.hash, event.kept_hash,
      sum(coalesce(octet_length(event.payload), 0)) over (order by event.seq) as total,
      row_number() over (order by event.seq) as place
    from wanted join lateral (
      select * from event
      where stream = wanted.id and seq > $2 and seq <= wanted.head
      order by seq limit $3
    ) as event on true
  ) as page
  where place = 1 or total <= $4
  order by seq`

const MOST_ROWS = 4_096

async function pageOf(
  pool: Pool,
  stream: StreamName,
  after: number,
  limit: Limit,
): Promise<(EventRow & { head: number })[]> {
  const { rows } = await pool.query<EventRow & { head: number }>({
    name: 'read events',
    text: PAGE,
    values: [stream, after, Math.min(limit.events, MOST_ROWS), limit.bytes],
  })
  let expected = after
  for (const row of rows) {
    expected += 1
    if (row.seq !== expected) throw new StreamDamaged(stream, `${stream} lacks event ${expected}`)
    if (!isWhole(row)) {
      throw new StreamDamaged(stream, `event ${row.seq} of ${stream} is not what was written`)
    }
  }
  if (rows.length === 0) await refuseMissing(pool, stream, after)
  return rows
}

export const isWhole = ({ payload, hash, kept_hash }: EventRow): boolean =>
  hash.length === HASH_BYTES && (payload === null || payloadHash(payload).equals(kept_hash ?? hash))

/** An end before the head is no end. */
async function refuseMissing(pool: Pool, stream: StreamName, after: number): Promise<void> {
  const { rows } = await pool.query<{ missing: number }>(
    `select $2::bigint + 1 as missing from stream
     where name = $1 and head > $2
       and not exists (select from event where stream = stream.id and seq = $2::bigint + 1)`,
    [stream, after],
  )
  const [found] = rows
  if (found) throw new StreamDamaged(stream, `${stream} lacks event ${found.missing}`)
}

/** Pages until the limits are reached, the stream ends, or `stop` says that a row is not wanted. */
async function collect(
  pool: Pool,
  { stream, after, limit }: Range,
  stop: (row: EventRow) => boolean,
): Promise<{ events: StoredEvent[]; through: number }> {
  const events: StoredEvent[] = []
  let bytes = 0
  let through = after
  for (;;) {
    const rest = { events: limit.events - events.length, bytes: Math.max(0, limit.bytes - bytes) }
    const page = await pageOf(pool, stream, through, rest)
    for (const row of page) {
      if (stop(row)) return { events, through }
      const size = row.payload?.length ?? 0
      if (bytes + size > limit.bytes && events.length > 0) return { events, through }
      if (row.payload !== null) events.push({ seq: row.seq, payload: row.payload.toString() })
      bytes += size
      through = row.seq
    }
    const head = page[0]?.head ?? through
    if (through >= head || events.length >= limit.events) return { events, through }
  }
}

export async function readEvents(pool: Pool, range: Range): Promise<StoredEvent[]> {
  let removed = false
  const { events } = await collect(pool, range, (row) => {
    removed = row.payload === null || row.kept_hash !== null
    return removed
  })
  if (removed && events.length === 0) {
    throw new EventsRemoved(`event ${range.after + 1} of ${range.stream} was removed`)
  }
  return events
}

/** Passes over what was removed and takes what was kept. */
export const readKeptEvents = (
  pool: Pool,
  range: Range,
): Promise<{ events: StoredEvent[]; through: number }> => collect(pool, range, () => false)
