import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Count, Metrics } from '../../platform/metrics.ts'
import { RECOVERY } from '../../platform/recovery/recovery-table.ts'
import { JournalUnavailable, type StreamName } from '../journal.ts'
import { messageOf } from '../outcome.ts'
import {
  type Epoch,
  type Mark,
  type SharedStore,
  StoreLost,
  StoreWentBack,
  StreamDamaged,
} from './shared-store.ts'

const { first: RETRY_FIRST_MS, most: RETRY_MOST_MS } = RECOVERY.store_lost.againMs

export interface StoreWatchOptions {
  store: SharedStore
  clock: Clock
  logger: Logger
  metrics?: Metrics | undefined
  /** The last event that this process knows to be durable. */
  mark: () => Mark | undefined
  /** How far this process knows streams to go. */
  heads: () => ReadonlyMap<StreamName, number>
  /** Called before anybody else hears of a new epoch. */
  onNewEpoch: () => void
}

/** Whether the store is there, and whether it still is what it was. */
export class StoreWatch {
  readonly #options: StoreWatchOptions
  readonly #listeners = new Set<(why: string) => void>()
  #epoch: Epoch
  #epochChanged: string | undefined
  #problem: string | undefined
  #closed = false
  readonly #damage: Count | undefined
  readonly #absences: Count | undefined

  constructor(options: StoreWatchOptions, epoch: Epoch, changed: string | undefined) {
    this.#options = options
    this.#epoch = epoch
    this.#damage = options.metrics?.counter(
      'netra_journal_damage_total',
      'Times the journal was found to be less than what it had acknowledged',
    )
    this.#absences = options.metrics?.counter(
      'netra_journal_unavailable_total',
      'Times the store of the journal could not be reached',
    )
    if (changed !== undefined) this.#alarm(changed)
  }

  get epoch(): string {
    return this.#epoch.name
  }

  /** Why the epoch changed while this process knew it, in words. */
  get epochChanged(): string | undefined {
    return this.#epochChanged
  }

  /** Why the store takes nothing, in words. */
  get problem(): string | undefined {
    return this.#problem
  }

  onEpochChanged(listener: (why: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes over an epoch that the store named, unless it is one of before. */
  adopt(found: Epoch): void {
    if (found.number <= this.#epoch.number) return
    this.#epoch = found
    this.#options.onNewEpoch()
    this.#alarm(found.why)
    for (const listener of this.#listeners) {
      try {
        listener(found.why)
      } catch (error) {
        this.#options.logger.error({ err: error }, 'a listener for the epoch failed')
      }
    }
  }

  #alarm(why: string): void {
    this.#epochChanged = why
    this.#damage?.add()
    this.#options.logger.error(
      { epoch: this.#epoch.name, why },
      'the journal is not what was acknowledged; it goes on under a new epoch',
    )
  }

  /**
   * Asks the store. When it is found to have lost something, a new epoch begins and it is asked
   * once more.
   *
   * @throws JournalUnavailable when it cannot be reached.
   */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new JournalUnavailable('the journal is closed')
    // What was found in an epoch is evidence in that one: somebody may have told it meanwhile.
    const asked = this.#epoch
    try {
      return await question()
    } catch (error) {
      if (error instanceof StoreWentBack || error instanceof StreamDamaged) {
        await this.#mend(error, asked)
        return await question().catch((again: unknown) => this.#refuse(again))
      }
      return this.#refuse(error)
    }
  }

  async #mend(error: StoreWentBack | StreamDamaged, since: Epoch): Promise<void> {
    const { store } = this.#options
    try {
      const epoch =
        error instanceof StreamDamaged
          ? await store.reseal(error.stream, since, error.message)
          : await store.beginEpoch(since, error.message)
      this.adopt(epoch)
    } catch (failure) {
      this.#refuse(failure)
    }
  }

  #refuse(error: unknown): never {
    if (error instanceof StoreLost) {
      this.#lost(error.message)
      throw new JournalUnavailable(error.message, { cause: error })
    }
    if (error instanceof StoreWentBack || error instanceof StreamDamaged) {
      throw new JournalUnavailable(error.message, { cause: error })
    }
    throw error
  }

  #lost(why: string): void {
    if (this.#closed || this.#problem !== undefined) return
    this.#problem = why
    this.#absences?.add()
    this.#options.logger.error({ problem: why }, 'the journal refuses commits')
    this.#retryAfter(RETRY_FIRST_MS)
  }

  #retryAfter(ms: number): void {
    this.#options.clock.after(ms, () => {
      if (this.#closed) return
      this.#recover().catch((error: unknown) => {
        this.#problem = messageOf(error)
        this.#options.logger.warn({ err: error }, 'the journal cannot be reached')
        this.#retryAfter(Math.min(2 * ms, RETRY_MOST_MS))
      })
    })
  }

  async #recover(): Promise<void> {
    const { store, heads, mark, logger } = this.#options
    try {
      this.adopt(await store.check({ mark: mark(), heads: heads() }))
    } catch (error) {
      if (!(error instanceof StoreWentBack)) throw error
      this.adopt(await store.beginEpoch(this.#epoch, error.message))
    }
    this.#problem = undefined
    logger.info('the journal takes commits again')
  }

  close(): void {
    this.#closed = true
  }
}
