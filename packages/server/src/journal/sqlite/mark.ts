import { hash } from 'node:crypto'
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** How far the log has come, as remembered apart from it. */
export interface Mark {
  epoch: string
  /** The last row of the last durable commit; 0 before the first. */
  row: number
  /** The chain's value at that row. */
  chain: Uint8Array
}

const MAGIC = 'netra-mark-1'
const SLOT = 4096
const CHECK = 32

export interface MarkStore {
  /** Returns once the mark is on the disk. */
  write(mark: Mark): void
  close(): void
}

/**
 * Two slots on blocks of their own, written in turn: a write that is torn by a crash leaves the one
 * before it readable, and that one is still true, for the log may be ahead of its mark.
 */
export function openMarkFile(path: string): { file: MarkStore; mark: Mark | undefined } {
  closeSync(openSync(path, 'a', 0o600))
  const file = openSync(path, 'r+')
  const content = Buffer.alloc(2 * SLOT)
  const found = readSync(file, content, 0, content.length, 0)
  if (found < content.length) allocate(file, path)
  const slots = [decode(content.subarray(0, SLOT)), decode(content.subarray(SLOT))]
  const newest = slots.reduce((best, slot) =>
    slot && (!best || slot.turn > best.turn) ? slot : best,
  )
  return { file: new MarkFile(file, newest?.turn ?? 0), mark: newest?.mark }
}

class MarkFile implements MarkStore {
  readonly #file: number
  readonly #slot = Buffer.alloc(SLOT)
  #turn: number

  constructor(file: number, turn: number) {
    this.#file = file
    this.#turn = turn
  }

  write(mark: Mark): void {
    this.#turn += 1
    encode(this.#slot, this.#turn, mark)
    writeSync(this.#file, this.#slot, 0, SLOT, (this.#turn % 2) * SLOT)
    fdatasyncSync(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** The blocks exist before the first commit, so that no later mark waits for a file to grow. */
function allocate(file: number, path: string): void {
  // What a cut file still holds stays; its slots are judged by their checks.
  const { size } = fstatSync(file)
  writeSync(file, Buffer.alloc(2 * SLOT - size), 0, 2 * SLOT - size, size)
  fsyncSync(file)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function encode(slot: Buffer, turn: number, mark: Mark): void {
  const body = JSON.stringify({
    magic: MAGIC,
    turn,
    epoch: mark.epoch,
    row: mark.row,
    chain: Buffer.from(mark.chain).toString('hex'),
  })
  const length = slot.write(body, CHECK + 2)
  slot.writeUInt16BE(length, CHECK)
  hash('sha256', slot.subarray(CHECK, CHECK + 2 + length), 'buffer').copy(slot)
}

function decode(slot: Buffer): { turn: number; mark: Mark } | undefined {
  const length = slot.readUInt16BE(CHECK)
  const end = CHECK + 2 + length
  if (length === 0 || end > SLOT) return undefined
  const check = hash('sha256', slot.subarray(CHECK, end), 'buffer')
  if (!check.equals(slot.subarray(0, CHECK))) return undefined
  const body: {
    magic: string
    turn: number
    epoch: string
    row: number
    chain: string
  } = JSON.parse(slot.toString('utf8', CHECK + 2, end))
  if (body.magic !== MAGIC) return undefined
  const chain = Buffer.from(body.chain, 'hex')
  return { turn: body.turn, mark: { epoch: body.epoch, row: body.row, chain } }
}
