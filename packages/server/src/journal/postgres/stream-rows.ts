import type { Client } from 'pg'

import { payloadHash } from '../chain.ts'
import type { StreamName } from '../journal.ts'
import type { Epoch } from './shared-store.ts'

/** A stream's row, locked until the transaction ends. */
export interface StreamRow {
  id: number
  name: StreamName
  head: number
  chain: Uint8Array
}

/** Where a stream's chain begins: nowhere else, and in no other epoch. */
export const streamChainStart = (epoch: string, stream: string): Buffer =>
  payloadHash(`netra stream ${epoch} ${stream}`)

const LOCK = `
  select id, name, head, chain from stream where name = any($1) order by name for update`

const MAKE = `
  insert into stream (name, head, chain, epoch)
  select name, 0, chain, $3 from unnest($1::text[], $2::bytea[]) as made (name, chain)
  order by name collate "C"
  on conflict (name) do nothing`

/** One order for everybody, so that two groups wait for each other but never in a circle. */
export const inLockOrder = (names: Iterable<StreamName>): StreamName[] =>
  [...new Set(names)].toSorted((one, other) => (one < other ? -1 : 1))

/** Locks the rows of streams that exist; the answer comes from one round trip. */
export async function lockStreams(
  client: Client,
  names: readonly StreamName[],
): Promise<Map<StreamName, StreamRow>> {
  if (names.length === 0) return new Map()
  const { rows } = await client.query<StreamRow>({
    name: 'lock streams',
    text: LOCK,
    values: [names],
  })
  return new Map(rows.map((row) => [row.name, row]))
}

/** Makes rows for streams that have none yet, and locks them too. */
export async function makeStreams(
  client: Client,
  names: readonly StreamName[],
  epoch: Epoch,
): Promise<Map<StreamName, StreamRow>> {
  if (names.length === 0) return new Map()
  const chains = names.map((name) => streamChainStart(epoch.name, name))
  const [, locked] = await Promise.all([
    client.query(MAKE, [names, chains, epoch.number]),
    // What another process made meanwhile is waited for here.
    lockStreams(client, names),
  ])
  return locked
}
