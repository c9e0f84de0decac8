import type { Readable } from 'node:stream'

const BLOCK = 512

/** A file of an archive, to be read to its end before the next one is asked for. */
export interface TarEntry {
  path: string
  bytes: number
  content: AsyncIterable<Buffer>
}

/** The header of one file in the ustar format, which every tar reads; up to 8 GB in octal, above in binary. */
export function tarHeader(path: string, bytes: number, madeAtMs: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new Error(`the name ${path} is too long for an archive`)
  const block = Buffer.alloc(BLOCK)
  block.write(path, 0)
  block.write('0000600\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  writeSize(block, bytes)
  block.write(`${octal(Math.floor(madeAtMs / 1000), 11)}\0`, 136)
  block.write('        0', 148)
  block.write('ustar\u000000', 257)
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${octal(sum, 6)}\0 `, 148)
  return block
}

/** What fills the last block of a file. */
export const tarPadding = (bytes: number): Buffer => Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK)

export const TAR_END = Buffer.alloc(2 * BLOCK)

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')

function writeSize(block: Buffer, bytes: number): void {
  if (bytes < 8 ** 11) block.write(`${octal(bytes, 11)}\0`, 124)
  else {
    block[124] = 0x80
    block.writeBigUInt64BE(BigInt(bytes), 128)
  }
}

/** @throws when it is no archive or ends before its time. */
export async function* readTar(stream: Readable): AsyncGenerator<TarEntry> {
  const source = new Blocks(stream)
  while (true) {
    const header = await source.exactly(BLOCK)
    // Behind the end lie the sums of what carries the archive: unread they would judge nothing.
    if (header.every((byte) => byte === 0)) return source.drain()
    if (header.toString('latin1', 257, 262) !== 'ustar') throw new Error('it is no archive')
    const path = header.toString('utf8', 0, 100).replace(/\0.*$/s, '')
    const bytes =
      header[124] === 0x80
        ? Number(header.readBigUInt64BE(128))
        : Number.parseInt(header.toString('latin1', 124, 135), 8)
    yield { path, bytes, content: source.upTo(bytes) }
    await source.exactly(tarPadding(bytes).length)
  }
}

/** Bytes in the portions that the reader asks for. */
class Blocks {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  async exactly(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for await (const part of this.upTo(bytes)) parts.push(part)
    return Buffer.concat(parts)
  }

  async drain(): Promise<void> {
    while (!(await this.#chunks.next()).done);
  }

  async *upTo(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next()
        if (next.done) throw new Error('it ends before its time')
        this.#rest = next.value
        continue
      }
      const part = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(part.length)
      left -= part.length
      yield part
    }
  }
}
