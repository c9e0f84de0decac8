import type { Journal } from '../../packages/server/src/journal/journal.ts'
import { noMarks } from '../../packages/server/src/journal/postgres/mark-file.ts'
import { SharedJournal } from '../../packages/server/src/journal/postgres/shared-journal.ts'
import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import type { Logger } from '../../packages/server/src/platform/logger.ts'
import { Disk } from './disk.ts'
import type { Host } from './host.ts'
import type { Random } from './random.ts'
import { RemoteStore, StoreLink } from './remote-store.ts'
import type { SharedDatabase } from './shared-database.ts'
import { storeThreads } from './store-threads.ts'
import type { Witness } from './witness.ts'

/** What may befall a disk while no process has it. */
export type DiskFault = 'loses its end' | 'flips a bit'

/** Where the nodes of one place, one after the other, keep their journal. */
export interface NodeStore {
  readonly isSoleOwner: boolean
  open(host: Host, logger: Logger): Promise<Journal>
  /** The process that had it is dead. */
  left(fault?: DiskFault): void
  /** For so long it takes nothing, or cannot be reached. */
  trouble(forMs: number): void
  heal(): void
}

/** A disk of the node's own: the shipped SQLite journal. */
export class OwnDisk implements NodeStore {
  readonly isSoleOwner = true
  readonly #disk: Disk
  readonly #parts: { random: Random; witness: Witness }
  #threads: ReturnType<typeof storeThreads> | undefined
  #host: Host | undefined

  constructor(folder: string, parts: { random: Random; witness: Witness }) {
    this.#disk = new Disk(folder, parts.witness)
    this.#parts = parts
  }

  open(host: Host, logger: Logger): Promise<Journal> {
    const threads = storeThreads(host, this.#disk, this.#parts.random)
    this.#threads = threads
    this.#host = host
    const { folder } = this.#disk
    return openSqliteJournal({ folder, logger, clock: host.clock, serving: threads })
  }

  left(fault?: DiskFault): void {
    const { random, witness } = this.#parts
    this.#disk.leave(random)
    if (fault === 'loses its end' && this.#disk.loseEnd(random))
      witness.note('disk', 'lost its end')
    if (fault === 'flips a bit') this.#disk.flipBit(random)
    this.#threads?.[Symbol.dispose]()
    this.#threads = undefined
  }

  trouble(forMs: number): void {
    this.#disk.isFull = true
    this.#host?.schedule.after(forMs, () => this.heal())
  }

  heal(): void {
    this.#disk.isFull = false
  }
}

/** A way to the database of all: the shipped front of the PostgreSQL journal. */
export class SharedAccess implements NodeStore {
  readonly isSoleOwner = false
  readonly #parts: { random: Random; database: SharedDatabase }
  #link = new StoreLink()
  #host: Host | undefined

  constructor(parts: { random: Random; database: SharedDatabase }) {
    this.#parts = parts
  }

  async open(host: Host, logger: Logger): Promise<Journal> {
    this.#host = host
    const store = new RemoteStore({ ...this.#parts, host, link: this.#link })
    const epoch = await store.check()
    return new SharedJournal({ store, clock: host.clock, logger, marks: noMarks }, epoch)
  }

  left(): void {
    this.#host = undefined
  }

  trouble(forMs: number): void {
    const { random } = this.#parts
    this.#link.state = random.pick(['cut', 'answers are lost'] as const)
    this.#host?.schedule.after(forMs, () => this.heal())
  }

  heal(): void {
    this.#link.state = 'whole'
  }
}
