import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

import { Refusal } from './refusal.ts'

/**
 * What a gzip file may hold: a few kilobytes can be made to hold any amount. Tables pack to a tenth,
 * very even ones to a fiftieth.
 */
const MOST_UNPACKED_BYTES = 4_000_000_000
const MOST_UNPACKED_OF_ANY = 250_000_000
const MOST_RATIO = 100

const mostUnpackedOf = (packed: number): number =>
  Math.min(MOST_UNPACKED_BYTES, Math.max(MOST_UNPACKED_OF_ANY, MOST_RATIO * packed))

/**
 * Unpacks a gzip file to `target`.
 *
 * @param mostBytes what it may hold; unless given, what a file of its size may.
 * @throws Refusal when it is damaged or holds more; nothing of it stays.
 */
export async function unpack(source: string, target: string, mostBytes?: number): Promise<void> {
  const most = mostBytes ?? mostUnpackedOf((await stat(source)).size)
  let bytes = 0
  const measure = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > most) {
        throw new Refusal(
          `This gzip file holds more than ${Math.round(most / 1_000_000)} MB, which is more than Netra unpacks of a file of its size. Split it, or leave out columns you do not need, and upload the parts.`,
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
