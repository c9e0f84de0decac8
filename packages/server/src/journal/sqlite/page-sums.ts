import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

const BLOCK = 4_096
/** Sums in a block; before them stands the block's own sum. */
const PER_BLOCK = BLOCK / 4 - 1
const WAL_HEADER = 32
const FRAME_HEADER = 24
const READ_PAGES = 256
/** A sum that is not known; no page has it. */
const UNKNOWN = 0

const sumOf = (page: Uint8Array): number => crc32(page) || 1

/**
 * A sum for each page of the database's file, kept apart from it: rows beside the log, indexes and
 * pages that nobody reads have no hash of their own. They hold as of the last checkpoint; what lies in
 * the WAL has SQLite's own sums. The first entry is the log's last row at that checkpoint.
 */
export class PageSums {
  readonly #database: number
  readonly #file: number
  readonly #wal: string
  readonly #pageSize: number
  #entries: Uint32Array<ArrayBuffer>
  readonly #dirty = new Set<number>()
  #at = 1

  /**
   * `database` is opened here and stays open: closing a file gives up all locks that the process
   * holds on it, SQLite's among them.
   */
  constructor(path: { database: string; wal: string; sums: string }, pageSize: number) {
    this.#database = openSync(path.database, 'r')
    closeSync(openSync(path.sums, 'a', 0o600))
    this.#file = openSync(path.sums, 'r+')
    this.#wal = path.wal
    this.#pageSize = pageSize
    this.#entries = this.#load()
  }

  /** Whether a checkpoint by other hands, as of a tool that opened the file, left these behind. */
  isBehind(row: number): boolean {
    return (this.#entries[0] ?? 0) !== row % 2 ** 32
  }

  /** Takes the file as it is for what was written: a new one, or one that others checkpointed. */
  rebuild(row: number): void {
    this.#entries = new Uint32Array(0)
    const pages = this.#pages()
    for (let page = 1; page <= pages; page += READ_PAGES) {
      this.#read(page, READ_PAGES).forEach((content, index) => this.#set(page + index, content))
    }
    this.save(row)
  }

  /** Notes what a checkpoint moved: the first `frames` frames of the WAL. */
  checkpointed(frames: number, row: number): void {
    const wal = openSync(this.#wal, 'r')
    try {
      const frame = FRAME_HEADER + this.#pageSize
      const content = Buffer.allocUnsafe(READ_PAGES * frame)
      for (let at = 0; at < frames; at += READ_PAGES) {
        const count = Math.min(READ_PAGES, frames - at)
        readSync(wal, content, 0, count * frame, WAL_HEADER + at * frame)
        for (let index = 0; index < count; index += 1) {
          const begin = index * frame
          const page = content.readUInt32BE(begin)
          this.#set(page, content.subarray(begin + FRAME_HEADER, begin + frame))
        }
      }
    } finally {
      closeSync(wal)
    }
    this.save(row)
  }

  /** Verifies some more pages; `done` at the end of the file. What is damaged is told once. */
  step(count: number): { done: boolean; damaged: number[] } {
    const damaged: number[] = []
    this.#read(this.#at, count).forEach((content, index) => {
      const page = this.#at + index
      const known = this.#entries[page] ?? UNKNOWN
      if (known === UNKNOWN || known === sumOf(content)) return
      damaged.push(page)
      this.#set(page, content)
    })
    this.#at += count
    const done = this.#at > this.#pages()
    if (done) this.#at = 1
    return { done, damaged }
  }

  close(): void {
    closeSync(this.#file)
    closeSync(this.#database)
  }

  #pages(): number {
    return Math.floor(fstatSync(this.#database).size / this.#pageSize)
  }

  #read(first: number, count: number): Buffer[] {
    const content = Buffer.alloc(count * this.#pageSize)
    const from = (first - 1) * this.#pageSize
    const bytes = readSync(this.#database, content, 0, content.length, from)
    const pages = Math.floor(bytes / this.#pageSize)
    return Array.from({ length: pages }, (_, index) =>
      content.subarray(index * this.#pageSize, (index + 1) * this.#pageSize),
    )
  }

  #set(page: number, content: Uint8Array): void {
    this.#put(page, sumOf(content))
  }

  #put(entry: number, value: number): void {
    if (entry >= this.#entries.length) {
      const blocks = Math.ceil(((entry + 1) * 5) / 4 / PER_BLOCK)
      const grown = new Uint32Array(blocks * PER_BLOCK)
      grown.set(this.#entries)
      this.#entries = grown
    }
    if (this.#entries[entry] === value) return
    this.#entries[entry] = value
    this.#dirty.add(Math.floor(entry / PER_BLOCK))
  }

  /** Before the WAL is overwritten: until then a start finds there what was not saved here. */
  save(row: number): void {
    this.#put(0, row % 2 ** 32)
    if (this.#dirty.size === 0) return
    for (const block of this.#dirty) {
      const entries = this.#entries.subarray(block * PER_BLOCK, (block + 1) * PER_BLOCK)
      const bytes = Buffer.alloc(BLOCK)
      bytes.set(new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength), 4)
      bytes.writeUInt32LE(sumOf(bytes.subarray(4)), 0)
      writeSync(this.#file, bytes, 0, BLOCK, block * BLOCK)
    }
    fdatasyncSync(this.#file)
    this.#dirty.clear()
  }

  /** A block that is not what was written here knows nothing. */
  #load(): Uint32Array<ArrayBuffer> {
    const blocks = Math.floor(fstatSync(this.#file).size / BLOCK)
    const entries = new Uint32Array(blocks * PER_BLOCK)
    const bytes = Buffer.alloc(BLOCK)
    for (let block = 0; block < blocks; block += 1) {
      readSync(this.#file, bytes, 0, BLOCK, block * BLOCK)
      if (bytes.readUInt32LE(0) !== sumOf(bytes.subarray(4))) continue
      for (let index = 0; index < PER_BLOCK; index += 1) {
        entries[block * PER_BLOCK + index] = bytes.readUInt32LE(4 + index * 4)
      }
    }
    return entries
  }
}
