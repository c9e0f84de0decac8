import { sql, type RawBuilder } from 'kysely'

import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { RunId, UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { Lease, type LeaseTimes } from './lease.ts'
import type { RunMetrics } from './run-metrics.ts'
import { statesThatAllow } from './state.ts'

/** `lease_until` of a run whose last attempt ended in order and left it to the next. */
export const GIVEN_UP = 0

export interface LeasesOptions {
  journal: Pick<Journal, 'db' | 'write' | 'now'>
  clock: Clock
  times: LeaseTimes
  logger: Logger
  metrics: RunMetrics
  /** A person asked, on whatever node, that the run stop. */
  onCancel: (runId: RunId, userId: UserId) => void
}

/** Every lease that this process holds: renewed together, watched together. */
export class Leases implements Disposable {
  readonly #options: LeasesOptions
  readonly #held = new Map<RunId, Lease>()
  readonly #cancelTimers: (() => void)[] = []
  #isRenewing = false
  #isLooking = false

  constructor(options: LeasesOptions) {
    this.#options = options
    this.#every(options.times.renewEveryMs, () => this.#renew())
    this.#every(options.times.lookEveryMs, () => this.#look())
  }

  of(runId: RunId): Lease | undefined {
    return this.#held.get(runId)
  }

  /**
   * A lease that the store gives with a commit sent at `asked`; noted before it is sent, so that no
   * look at the row in between mistakes the new fence for somebody else's.
   */
  hold(run: { id: RunId; fence: number }, asked: number): Lease {
    const lease = new Lease(run, { ...this.#options, asked })
    this.#held.set(run.id, lease)
    return lease
  }

  /** Puts back a lease that another one of the same run stood in for. */
  keep(lease: Lease): void {
    this.#held.set(lease.runId, lease)
  }

  drop(lease: Lease | undefined): void {
    if (!lease) return
    lease.note('released')
    if (this.#held.get(lease.runId) === lease) this.#held.delete(lease.runId)
  }

  /** `lease_until` of a lease that begins now. */
  ending(): RawBuilder<number> {
    const { journal, times } = this.#options
    return sql<number>`${journal.now()} + ${sql.lit(times.leaseMs)}`
  }

  /** What an earlier process held in a store that is ours alone. */
  async voidOthers(): Promise<void> {
    const held = [...this.#held.keys()]
    const open = this.#options.journal.db
      .updateTable('run')
      .set({ lease_until: null })
      .where('state', 'in', statesThatAllow('started'))
      .where('lease_until', '!=', GIVEN_UP)
    await this.#options.journal.write([
      (held.length === 0 ? open : open.where('id', 'not in', held)).compile(),
    ])
  }

  /** At the end, in order: others, or the next start, take up at once what has not begun here. */
  giveUpAll(): Promise<void> {
    return this.giveUp([...this.#held.keys()])
  }

  async giveUp(runIds: readonly RunId[]): Promise<void> {
    const { journal, logger } = this.#options
    const leases = runIds.flatMap((id) => this.#held.get(id) ?? [])
    if (leases.length === 0) return
    for (const lease of leases) this.drop(lease)
    try {
      await journal.write(
        leases.map(({ runId, fence }) =>
          journal.db
            .updateTable('run')
            .set({ lease_until: null })
            .where('id', '=', runId)
            .where('fence', '=', fence)
            .compile(),
        ),
      )
    } catch (error) {
      logger.warn({ err: error, runs: leases.length }, 'leases could not be given up')
    }
  }

  [Symbol.dispose](): void {
    for (const cancel of this.#cancelTimers.splice(0)) cancel()
  }

  #every(ms: number, work: () => Promise<void>): void {
    const slot = this.#cancelTimers.push(() => undefined) - 1
    const arm = (): void => {
      this.#cancelTimers[slot] = this.#options.clock.after(ms, () => {
        arm()
        void work()
      })
    }
    arm()
  }

  async #renew(): Promise<void> {
    const { journal, clock, logger, metrics } = this.#options
    const leases = [...this.#held.values()].filter(({ state }) => state === 'held')
    if (leases.length === 0 || this.#isRenewing) return
    this.#isRenewing = true
    const asked = clock.monotonic()
    try {
      await journal.write(
        leases.map(({ runId, fence }) =>
          journal.db
            .updateTable('run')
            .set({ lease_until: this.ending() })
            .where('id', '=', runId)
            .where('fence', '=', fence)
            .compile(),
        ),
      )
      for (const lease of leases) lease.renewed(asked)
    } catch (error) {
      metrics.renewalsFailed.add()
      logger.warn({ err: error, runs: leases.length }, 'leases of runs could not be renewed')
    } finally {
      this.#isRenewing = false
    }
  }

  async #look(): Promise<void> {
    // Reading the state notes the silence of a lease that could not be renewed.
    const leases = [...this.#held.values()].filter(({ state }) => state === 'held')
    if (leases.length === 0 || this.#isLooking) return
    this.#isLooking = true
    try {
      const rows = await this.#options.journal.db
        .selectFrom('run')
        .select(['id', 'user_id', 'fence', 'cancel_requested'])
        .where(
          'id',
          'in',
          leases.map(({ runId }) => runId),
        )
        .execute()
      const found = new Map<string, (typeof rows)[number]>(rows.map((row) => [row.id, row]))
      for (const lease of leases) {
        const row = found.get(lease.runId)
        if (!row || row.fence > lease.fence) lease.note('taken')
        else if (row.cancel_requested) this.#options.onCancel(row.id, row.user_id)
      }
    } catch (error) {
      // A store that cannot be read is found out by the renewals.
      this.#options.logger.debug({ err: error }, 'runs could not be looked at')
    } finally {
      this.#isLooking = false
    }
  }
}
