import type { Client } from 'pg'

import { payloadHash } from '../chain.ts'
import type { Compaction } from '../journal.ts'
import { lockStreams, type StreamRow } from './stream-rows.ts'

const REMOVED_THROUGH = `
  update stream set removed_through = greatest(removed_through, $2) where id = $1`

const CANDIDATES = `
  select seq, payload from event
  where stream = $1 and seq <= $2 and payload is not null and position($3::bytea in payload) > 0
  order by seq`

/** Takes the payloads of a locked stream away: all so far, or those of one thread. */
export async function eraseEvents(
  client: Client,
  stream: StreamRow,
  threadId: string | undefined,
): Promise<void> {
  const seqs = threadId === undefined ? undefined : await seqsOf(client, stream, threadId)
  const through = seqs === undefined ? stream.head : (seqs.at(-1) ?? 0)
  if (through === 0) return
  const only = seqs === undefined ? '' : 'and seq = any($3)'
  const values = [stream.id, through, ...(seqs === undefined ? [] : [seqs])]
  await Promise.all([
    client.query(
      `update event set payload = null, kept_hash = null
       where stream = $1 and seq <= $2 and payload is not null ${only}`,
      values,
    ),
    client.query(`delete from damaged_event where stream = $1 and seq <= $2 ${only}`, values),
    client.query(REMOVED_THROUGH, [stream.id, through]),
  ])
}

/** The bytes of the id narrow it down; the event itself decides. */
async function seqsOf(client: Client, stream: StreamRow, threadId: string): Promise<number[]> {
  const { rows } = await client.query<{ seq: number; payload: Buffer }>({
    text: CANDIDATES,
    values: [stream.id, stream.head, Buffer.from(JSON.stringify(threadId))],
  })
  return rows.filter(({ payload }) => threadOf(payload) === threadId).map(({ seq }) => seq)
}

function threadOf(payload: Buffer): unknown {
  const event: unknown = JSON.parse(payload.toString())
  return typeof event === 'object' && event !== null && 'thread_id' in event
    ? event.thread_id
    : undefined
}

const KEEP = `
  update event set payload = $3, kept_hash = $4
  where stream = $1 and seq = $2 and payload is not null`

const REMOVE = `
  update event set payload = null, kept_hash = null
  where stream = $1 and seq between $2 and $3 and seq <> $4 and payload is not null`

/** Leaves of each range what a fold needs; what was erased before stays so. */
export async function compactEvents(client: Client, { stream, ranges }: Compaction): Promise<void> {
  await client.query('begin')
  try {
    const row = (await lockStreams(client, [stream])).get(stream)
    if (row) for (const range of ranges) await compactRange(client, row, range)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

async function compactRange(
  client: Client,
  { id, head }: StreamRow,
  { first, last, keep }: Compaction['ranges'][number],
): Promise<void> {
  if (first > head) return
  const through = Math.min(last, head)
  if (keep) {
    await client.query(KEEP, [id, keep.seq, Buffer.from(keep.payload), payloadHash(keep.payload)])
  }
  await client.query(REMOVE, [id, first, through, keep?.seq ?? 0])
  await client.query(REMOVED_THROUGH, [id, through])
}
