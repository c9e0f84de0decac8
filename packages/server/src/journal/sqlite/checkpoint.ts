import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

import type { Reached } from './crash-points.ts'
import { PageSums } from './page-sums.ts'

/** SQLite's own default; fewer, larger checkpoints make longer pauses. */
const CHECKPOINT_PAGES = 1_000

/**
 * Moves pages from the WAL into the database. SQLite's own automatic checkpoint would do it at the
 * same moment, but swallow a failed sync and try it again; and the sums of the pages must follow
 * before the WAL is written over.
 */
export class Checkpoint {
  readonly #database: DatabaseSync
  readonly #sums: PageSums
  readonly #reached: Reached

  constructor(folder: string, database: DatabaseSync, reached: Reached) {
    this.#database = database
    this.#reached = reached
    const path = {
      database: join(folder, 'journal.db'),
      wal: join(folder, 'journal.db-wal'),
      sums: join(folder, 'journal.sums'),
    }
    const size = database.prepare('pragma page_size').get()
    this.#sums = new PageSums(path, Number(size?.['page_size']))
  }

  /** After a start: the log ends at `row`, as far as the file without its WAL goes. */
  begin(row: number): boolean {
    const { log } = this.#run('noop')
    if (log <= 0) {
      if (this.#sums.isBehind(row)) this.#sums.rebuild(row)
      return true
    }
    return this.empty(row)
  }

  /** One checkpoint once enough pages have gathered. */
  ifDue(row: number): void {
    const { log, checkpointed } = this.#run('noop')
    if (log - checkpointed < CHECKPOINT_PAGES) return
    this.#reached('checkpoint: due')
    this.#passive(row)
    this.#reached('checkpoint: done')
  }

  /** Moves all of the WAL and cuts it to nothing; false while a reader is in its way. */
  empty(row: number): boolean {
    this.#database.exec('pragma busy_timeout = 20')
    try {
      return this.#passive(row) && this.#run('truncate').busy === 0
    } finally {
      this.#database.exec('pragma busy_timeout = 2000')
    }
  }

  #passive(row: number): boolean {
    const { log, checkpointed } = this.#run('passive')
    this.#reached('checkpoint: moved, sums behind')
    if (checkpointed > 0) this.#sums.checkpointed(checkpointed, row)
    return checkpointed >= log
  }

  /** Verifies some pages of the file; names those that are not what was written. */
  scrub(pages: number, row: number): { done: boolean; damaged: number[] } {
    const step = this.#sums.step(pages)
    if (step.damaged.length > 0) this.#sums.save(row)
    return step
  }

  close(): void {
    this.#sums.close()
  }

  #run(mode: 'noop' | 'passive' | 'truncate'): { busy: number; log: number; checkpointed: number } {
    const found = this.#database.prepare(`pragma wal_checkpoint(${mode})`).get()
    return {
      busy: Number(found?.['busy']),
      log: Number(found?.['log']),
      checkpointed: Number(found?.['checkpointed']),
    }
  }
}
