import type { Expectation, Journal, StopOrderRow } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Statement } from '../platform/statement.ts'
import { userScope } from './budget-book.ts'

/** `everyone`, or `user:<id>`. */
export type StopScope = 'everyone' | `user:${string}`

/** How soon a node heeds an order that was given at another. */
const LOOK_MS = 200

export interface StopOrdersOptions {
  journal: Journal
  clock: Clock
  logger: Logger
  /** The store belongs to this process alone: no other gives orders. */
  isSoleOwner: boolean
}

/**
 * Orders of administrators that nothing runs, of everybody or of one person. They are rows, so they
 * outlive a restart and hold on every node; each node looks for them five times a second.
 */
export class StopOrders implements Disposable {
  readonly #options: StopOrdersOptions
  readonly #listeners = new Set<(scope: StopScope) => void>()
  #standing = new Map<StopScope, StopOrderRow>()
  #stopLooking: () => void = () => undefined
  #isUnreadable = false
  #isClosed = false
  /** Before, a start tries itself out: no order holds for that. */
  #hasBegun = false

  constructor(options: StopOrdersOptions) {
    this.#options = options
  }

  /** Those that stand from before; then those of other nodes as they come. */
  async begin(): Promise<void> {
    await this.#read()
    this.#hasBegun = true
    this.#look()
  }

  /** Called for each order of another node, as this one hears of it. */
  onOrder(listener: (scope: StopScope) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Why this person's runs may not run; undefined: they may. */
  of(userId: UserId): StopOrderRow | undefined {
    return this.#standing.get('everyone') ?? this.#standing.get(userScope(userId))
  }

  /** Why nobody's may. */
  ofEveryone(): StopOrderRow | undefined {
    return this.#standing.get('everyone')
  }

  all(): StopOrderRow[] {
    return [...this.#standing.values()]
  }

  /** Hears now of what other nodes ordered or lifted, rather than at the next look. */
  async catchUp(): Promise<void> {
    // A read that this node's own order overtook says nothing of now.
    while (!(await this.#read())) continue
  }

  /**
   * Nothing of the scope starts from here on, on any node. @param rows of the same commit.
   */
  async give(
    scope: StopScope,
    order: { why: string; by: string },
    rows: readonly Statement[],
  ): Promise<void> {
    const { journal, clock } = this.#options
    const { db } = journal
    const row = { why: order.why, by_user: order.by, at: isoTime(clock) }
    await journal.write([
      db
        .insertInto('stop_order')
        .values({ scope, ...row })
        .onConflict((conflict) => conflict.column('scope').doUpdateSet(row))
        .compile(),
      ...rows,
    ])
    this.#standing = new Map(this.#standing).set(scope, { scope, ...row })
  }

  /** False when there was none. */
  async lift(scope: StopScope): Promise<boolean> {
    const { journal } = this.#options
    const { db } = journal
    const found = await db
      .selectFrom('stop_order')
      .select('scope')
      .where('scope', '=', scope)
      .executeTakeFirst()
    await journal.write([db.deleteFrom('stop_order').where('scope', '=', scope).compile()])
    this.#standing = new Map([...this.#standing].filter(([each]) => each !== scope))
    return found !== undefined
  }

  /** Of the commit that accepts a run: no order came in between. */
  expectNone(userId: UserId): Expectation[] {
    if (!this.#hasBegun) return []
    const { db } = this.#options.journal
    return [
      {
        name: 'not stopped by order',
        rows: 'none',
        query: db
          .selectFrom('stop_order')
          .select('scope')
          .where('scope', 'in', ['everyone', userScope(userId)])
          .compile(),
      },
    ]
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#stopLooking()
  }

  #look(): void {
    const { clock, logger, isSoleOwner } = this.#options
    if (this.#isClosed || isSoleOwner) return
    this.#stopLooking = clock.after(LOOK_MS, () => {
      void this.#read()
        .then(() => {
          this.#isUnreadable = false
        })
        .catch((error: unknown) => {
          // What held before holds on.
          if (!this.#isClosed && !this.#isUnreadable)
            logger.warn({ err: error }, 'orders to stop cannot be read')
          this.#isUnreadable = true
        })
        .finally(() => this.#look())
    })
  }

  /** False when what was read is older than what is known. */
  async #read(): Promise<boolean> {
    const before = this.#standing
    const rows = await this.#options.journal.db.selectFrom('stop_order').selectAll().execute()
    // What was given or lifted here meanwhile is newer than what was read.
    if (this.#standing !== before) return false
    const after = new Map(rows.map((row) => [row.scope as StopScope, row]))
    this.#standing = after
    for (const [scope, { at }] of after) if (before.get(scope)?.at !== at) this.#tell(scope)
    return true
  }

  #tell(scope: StopScope): void {
    for (const listener of this.#listeners) listener(scope)
  }
}
