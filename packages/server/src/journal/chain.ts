import { hash } from 'node:crypto'

export const HASH_BYTES = 32
const ENTRY = 16 + HASH_BYTES

export interface ChainedRow {
  stream: number
  seq: number
  hash: Uint8Array
}

export const payloadHash = (payload: string | Uint8Array): Buffer =>
  hash('sha256', payload, 'buffer')

/** Where a chain begins: at an epoch's first row. */
export const chainStart = (epoch: string): Buffer => payloadHash(`netra epoch ${epoch}`)

/**
 * The chain's next value after the rows of one transaction. It covers hashes instead of payloads, so
 * that a payload can be removed later and the chain still be verified.
 */
export function chainAfter(previous: Uint8Array, rows: readonly ChainedRow[]): Buffer {
  const bytes = Buffer.allocUnsafe(HASH_BYTES + rows.length * ENTRY)
  bytes.set(previous, 0)
  let at = HASH_BYTES
  for (const row of rows) {
    bytes.writeDoubleBE(row.stream, at)
    bytes.writeDoubleBE(row.seq, at + 8)
    bytes.set(row.hash, at + 16)
    at += ENTRY
  }
  return hash('sha256', bytes, 'buffer')
}

/**
 * Hashes the payloads of one transaction and takes the chain over them. The hashes are views of one
 * buffer, and each comes out of the hash function as text: a buffer for each costs twice the hash.
 */
export function chainPayloads(
  previous: Uint8Array,
  rows: readonly { stream: number; seq: number; payload: string }[],
): { hashes: Uint8Array[]; chain: Buffer } {
  const bytes = Buffer.allocUnsafeSlow(HASH_BYTES + rows.length * ENTRY)
  bytes.set(previous, 0)
  let at = HASH_BYTES
  const hashes = rows.map(({ stream, seq, payload }) => {
    bytes.writeDoubleBE(stream, at)
    bytes.writeDoubleBE(seq, at + 8)
    bytes.write(hash('sha256', payload, 'binary'), at + 16, 'latin1')
    at += ENTRY
    return bytes.subarray(at - HASH_BYTES, at)
  })
  return { hashes, chain: hash('sha256', bytes, 'buffer') }
}
