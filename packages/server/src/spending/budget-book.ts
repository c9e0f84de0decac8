import type { Journal } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { asId, type UserId } from '../platform/ids.ts'
import type { Limits } from './limits.ts'

export type Role = 'user' | 'admin'
/** For whom limits are written down. */
export type Scope = 'everyone' | `role:${Role}` | `user:${string}`

export const userScope = (userId: UserId): `user:${string}` => `user:${userId}`

/** Undefined: it is not one person's. */
export const userIdOf = (scope: string): UserId | undefined =>
  scope.startsWith('user:') ? asId<UserId>(scope.slice('user:'.length)) : undefined

/** What holds for one person: their own limits, and those of everybody together. */
export interface Held {
  own: Limits
  everyone: Limits
  /** What is written down for the role `user` and does not hold, because they are an administrator. */
  usersOnly: Limits
}

export interface BookOptions {
  journal: Pick<Journal, 'db' | 'write'>
  clock: Clock
  /** What the settings say, under all that administrators wrote down. */
  defaults: { own: Limits; everyone: Limits }
}

/** How soon a node heeds what was written down at another. */
const FRESH_MS = 1_000

/**
 * The limits that hold: a person's own before those of their role before the settings'. Who has not
 * been seen since the start counts as of the role `user`.
 */
export class BudgetBook {
  readonly #options: BookOptions
  readonly #roles = new Map<UserId, Role>()
  readonly #known = new Map<Scope, { limits: Limits; readAt: number }>()

  constructor(options: BookOptions) {
    this.#options = options
  }

  noteRole(userId: UserId, role: Role): void {
    if (role === 'admin') this.#roles.set(userId, role)
    else this.#roles.delete(userId)
  }

  async of(userId: UserId): Promise<Held> {
    const role: Scope = `role:${this.#roles.get(userId) ?? 'user'}`
    const own = userScope(userId)
    const found = await this.#read([role, 'role:user', own, 'everyone'])
    const { defaults } = this.#options
    return {
      own: { ...defaults.own, ...found.get(role), ...found.get(own) },
      everyone: { ...defaults.everyone, ...found.get('everyone') },
      usersOnly: role === 'role:user' ? {} : (found.get('role:user') ?? {}),
    }
  }

  /** All that administrators wrote down. */
  async written(): Promise<
    { scope: string; limits: Limits; updated_at: string; updated_by: string }[]
  > {
    const rows = await this.#options.journal.db
      .selectFrom('budget')
      .selectAll()
      .orderBy('scope')
      .execute()
    return rows.map((row) => ({ ...row, limits: JSON.parse(row.limits) as Limits }))
  }

  get defaults(): BookOptions['defaults'] {
    return this.#options.defaults
  }

  /** In force here at once, elsewhere within a second. An empty one leaves the scope to the wider. */
  async write(scope: Scope, limits: Limits, by: UserId): Promise<void> {
    const { journal, clock } = this.#options
    const { db } = journal
    const row = { limits: JSON.stringify(limits), updated_at: isoTime(clock), updated_by: by }
    const change =
      Object.keys(limits).length === 0
        ? db.deleteFrom('budget').where('scope', '=', scope)
        : db
            .insertInto('budget')
            .values({ scope, ...row })
            .onConflict((conflict) => conflict.column('scope').doUpdateSet(row))
    await journal.write([change.compile()])
    this.#known.delete(scope)
  }

  async #read(scopes: readonly Scope[]): Promise<Map<Scope, Limits>> {
    const { journal, clock } = this.#options
    const now = clock.monotonic()
    const stale = scopes.filter((scope) => {
      const known = this.#known.get(scope)
      return known === undefined || now - known.readAt >= FRESH_MS
    })
    if (stale.length > 0) {
      const rows = await journal.db
        .selectFrom('budget')
        .select(['scope', 'limits'])
        .where('scope', 'in', stale)
        .execute()
      for (const scope of stale) {
        const row = rows.find((each) => each.scope === scope)
        this.#remember(scope, row === undefined ? {} : (JSON.parse(row.limits) as Limits), now)
      }
    }
    return new Map(scopes.map((scope) => [scope, this.#known.get(scope)?.limits ?? {}]))
  }

  #remember(scope: Scope, limits: Limits, readAt: number): void {
    // What is read again every second need not be kept of everybody who was ever here.
    if (this.#known.size > 10_000) this.#known.clear()
    this.#known.set(scope, { limits, readAt })
  }
}
