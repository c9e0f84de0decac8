import type { Client } from 'pg'

import { chainAfter, HASH_BYTES, payloadHash } from '../chain.ts'
import type { NewEvent } from '../journal.ts'
import type { Mark } from './shared-store.ts'
import type { StreamRow } from './stream-rows.ts'

/**
 * All events of a group and the new ends of their streams in one statement. Payloads and hashes
 * cross as two long byte strings that the server cuts up: an array of them would be written in hex.
 */
const INSERT = `
  with ended as (
    update stream set head = last.head, chain = substring($8::bytea from last.at for ${HASH_BYTES})
    from unnest($5::bigint[], $6::bigint[], $7::int[]) as last (id, head, at)
    where stream.id = last.id
  )
  insert into event (stream, seq, payload, hash, chain)
  select
    made.stream,
    made.seq,
    substring($9::bytea from made.at for made.bytes),
    substring($10::bytea from ((made.ordinal - 1) * ${HASH_BYTES} + 1)::int for ${HASH_BYTES}),
    case when made.chain > 0 then substring($8::bytea from made.chain for ${HASH_BYTES}) end
  from unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $11::int[])
    with ordinality as made (stream, seq, at, bytes, chain, ordinal)`

interface Pending {
  stream: StreamRow
  seq: number
  payload: string
  hash: Buffer
  /** The chain's value after this event, on the last of an append. */
  chain: Buffer | undefined
}

/** Events that a group has numbered and not yet sent. */
export class EventRows {
  readonly #epoch: string
  #pending: Pending[] = []
  #last: Pending | undefined

  constructor(epoch: string) {
    this.#epoch = epoch
  }

  /** Numbers the events behind the stream's head and moves it; its row must be locked. */
  append(stream: StreamRow, events: readonly NewEvent[]): { first: number; last: number } {
    const before = stream.head
    const hashed = events.map(({ payload }, index) => ({
      stream: stream.id,
      seq: before + 1 + index,
      payload,
      hash: payloadHash(payload),
    }))
    if (hashed.length === 0) return { first: before + 1, last: before }
    const chain = chainAfter(stream.chain, hashed)
    for (const { seq, payload, hash } of hashed) {
      const ends = seq === before + hashed.length
      this.#pending.push({ stream, seq, payload, hash, chain: ends ? chain : undefined })
    }
    this.#last = this.#pending.at(-1)
    stream.head = before + hashed.length
    stream.chain = chain
    return { first: before + 1, last: stream.head }
  }

  get mark(): Mark | undefined {
    if (!this.#last) return undefined
    const { stream, seq, hash } = this.#last
    return { epoch: this.#epoch, stream: stream.name, seq, hash: hash.toString('hex') }
  }

  /** Sends what is pending; undefined when nothing is. */
  flush(client: Client): Promise<unknown> | undefined {
    if (this.#pending.length === 0) return undefined
    const pending = this.#pending
    this.#pending = []
    const texts = Buffer.from(pending.map(({ payload }) => payload).join(''))
    const lengths = pending.map(({ payload }) => Buffer.byteLength(payload))
    let at = 1
    const starts = lengths.map((length) => (at += length) - length)
    const chains: Buffer[] = []
    const chainAt = pending.map(({ chain }) =>
      chain === undefined ? 0 : (chains.push(chain) - 1) * HASH_BYTES + 1,
    )
    const ends = new Map(pending.map(({ stream }, index) => [stream, chainAt[index] ?? 0]))
    const streams = [...ends.keys()]
    return client.query({
      name: 'insert events',
      text: INSERT,
      values: [
        pending.map(({ stream }) => stream.id),
        pending.map(({ seq }) => seq),
        starts,
        lengths,
        streams.map(({ id }) => id),
        streams.map(({ head }) => head),
        [...ends.values()],
        Buffer.concat(chains),
        texts,
        Buffer.concat(pending.map(({ hash }) => hash)),
        chainAt,
      ],
    })
  }
}
