import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

import { Refusal } from './refusal.ts'

/** What a gzip file may hold. A few kilobytes can be made to hold any amount. */
const MOST_UNPACKED_BYTES = 4_000_000_000

/**
 * Unpacks a gzip file to `target`.
 *
 * @throws Refusal when it is damaged or holds more than `mostBytes`; nothing of it stays.
 */
export async function unpack(
  source: string,
  target: string,
  mostBytes = MOST_UNPACKED_BYTES,
): Promise<void> {
  let bytes = 0
  const measure = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > mostBytes) {
        throw new Refusal(
          `This gzip file holds more than ${mostBytes / 1_000_000_000} GB, which is more than Netra unpacks. Split it, or leave out columns you do not need, and upload the parts.`,
        )
      }
      yield chunk
    }
  }
  try {
    await pipeline(createReadStream(source), createGunzip(), measure, createWriteStream(target))
  } catch (error) {
    await rm(target, { force: true })
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (/^Z_|^ERR_ZLIB/.test(code) || code === 'Z_BUF_ERROR') {
      throw new Refusal(
        'This gzip file is damaged or was cut: it cannot be unpacked. Pack it again and upload it again.',
      )
    }
    throw error
  }
}
