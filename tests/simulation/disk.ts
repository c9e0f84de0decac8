import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import type { JournalEvent } from '../../packages/validator/src/auditor/auditor.ts'
import type { Random } from './random.ts'
import type { Witness } from './witness.ts'

const FILES = ['journal.db', 'journal.db-wal', 'journal.mark'] as const

/** A commit that the writer has done and nobody was told of yet. */
export interface Untold {
  events: { stream: string; seq: number; event: JournalEvent; fence?: number }[]
  claims: { run: string; fence: number }[]
  /** As it was before: the log's end, and the mark. */
  before: { wal: number; mark: Buffer }
}

interface LogRow {
  stream: string
  seq: number
  payload: string
  hash: Uint8Array
}

/**
 * The disk of one machine. A node that is killed leaves it as it was at that instant; the next one
 * gets a copy, because two generations of one process cannot hold the same files.
 */
export class Disk {
  readonly #root: string
  readonly #witness: Witness
  readonly #untold: Untold[] = []
  /** Events that became known under the present epoch, by stream. */
  #known = new Map<string, number>()
  #epoch = ''
  #generation = 0
  /** While it is, no commit is taken. */
  isFull = false

  constructor(root: string, witness: Witness) {
    this.#root = root
    this.#witness = witness
    mkdirSync(this.folder, { recursive: true })
  }

  get folder(): string {
    return join(this.#root, String(this.#generation))
  }

  get epoch(): string {
    return this.#epoch
  }

  /** The state that the next commit finds. */
  before(): Untold['before'] {
    const wal = join(this.folder, 'journal.db-wal')
    return {
      wal: existsSync(wal) ? statSync(wal).size : 0,
      mark: readFileSync(join(this.folder, 'journal.mark')),
    }
  }

  done(commit: Untold): void {
    this.#untold.push(commit)
  }

  /** The oldest untold commit was answered: from now on it is a promise. */
  told(): void {
    const commit = this.#untold.shift()
    if (!commit) return
    for (const { run, fence } of commit.claims) this.#witness.see({ kind: 'claimed', run, fence })
    for (const event of commit.events) this.#commit(event)
  }

  /** A node begins with this epoch: all that its log holds and nobody was told of becomes known. */
  begins(epoch: string): void {
    if (epoch !== this.#epoch) {
      if (this.#epoch !== '') this.#witness.see({ kind: 'epoch_changed', to: epoch })
      this.#known = new Map()
      this.#epoch = epoch
    }
    for (const { stream, seq, payload } of this.#log()) {
      if (seq <= (this.#known.get(stream) ?? 0)) continue
      this.#commit({ stream, seq, event: JSON.parse(payload) as JournalEvent })
    }
  }

  #commit({ stream, seq, event, fence }: Untold['events'][number]): void {
    this.#known.set(stream, seq)
    this.#witness.see({
      kind: 'committed',
      stream,
      epoch: this.#epoch,
      seq,
      event,
      ...(fence !== undefined && { fence }),
    })
  }

  /** What is damaged was never said. */
  #log(): LogRow[] {
    const database = new DatabaseSync(join(this.folder, 'journal.db'), { readOnly: true })
    try {
      return database
        .prepare(
          `select stream.name as stream, log.seq, log.payload, log.hash from log
           join stream on stream.id = log.stream where log.payload is not null order by log.id`,
        )
        .all()
        .map((row) => row as unknown as LogRow)
        .filter(({ payload, hash }) => createHash('sha256').update(payload).digest().equals(hash))
    } finally {
      database.close()
    }
  }

  /** What a process that was killed just now leaves: the last commit may be half done. */
  leave(random: Random): void {
    const from = this.folder
    const last = this.#untold.at(-1)
    this.#untold.length = 0
    this.#generation += 1
    mkdirSync(this.folder, { recursive: true })
    for (const file of FILES) {
      if (existsSync(join(from, file))) copyFileSync(join(from, file), join(this.folder, file))
    }
    if (!last) return
    const how = random.pick(['whole', 'unmarked', 'torn mark', 'torn log'] as const)
    this.#witness.note('disk', `the last commit is ${how}`)
    if (how === 'whole') return
    this.#restoreMark(last.before.mark, how === 'torn mark' ? random.between(1, 8_191) : 0)
    const wal = join(this.folder, 'journal.db-wal')
    const size = existsSync(wal) ? statSync(wal).size : 0
    if (how === 'torn log' && size > last.before.wal) {
      truncateSync(wal, random.between(last.before.wal, size - 1))
    }
  }

  /** Of the newer mark only so many bytes came to the disk. */
  #restoreMark(before: Buffer, written: number): void {
    const path = join(this.folder, 'journal.mark')
    const now = readFileSync(path)
    writeFileSync(path, Buffer.concat([now.subarray(0, written), before.subarray(written)]))
  }

  /**
   * The disk lied: the end of the log, acknowledged or not, is not there. Answers false when there
   * was nothing to lose.
   */
  loseEnd(random: Random): boolean {
    const wal = join(this.folder, 'journal.db-wal')
    const size = existsSync(wal) ? statSync(wal).size : 0
    if (size < 64 * 1024) return false
    truncateSync(wal, random.between(Math.floor(size / 2), size - 1))
    return true
  }

  /** One bit of one event's text is another. Answers false when the text lies nowhere in the open. */
  flipBit(random: Random): boolean {
    for (const file of ['journal.db', 'journal.db-wal'] as const) {
      const path = join(this.folder, file)
      if (!existsSync(path)) continue
      const bytes = readFileSync(path)
      const places: number[] = []
      for (let at = bytes.indexOf('"agent_thinking"'); at >= 0;) {
        places.push(at)
        at = bytes.indexOf('"agent_thinking"', at + 1)
      }
      if (places.length === 0) continue
      const at = random.pick(places) + random.between(1, 14)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.between(0, 6))
      writeFileSync(path, bytes)
      this.#witness.note('disk', `a bit of ${file} flips at ${at}`)
      return true
    }
    return false
  }
}
