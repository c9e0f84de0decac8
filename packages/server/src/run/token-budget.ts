import { sql } from 'kysely'

import type { Journal } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'

const DAY_MS = 24 * 3600_000
const PREFIX = 'tokens '

const dayOf = (clock: Clock): string => isoTime(clock).slice(0, 10)

/** Where one user's tokens of today are counted. */
export const tokensKey = (clock: Clock, userId: UserId): string =>
  `${PREFIX}${dayOf(clock)} ${userId}`

/**
 * Tokens that models read and wrote for each user in a day (UTC): counted in the commit of the step
 * that used them, so that neither a restart nor another process forgets any.
 */
export class TokenBudget {
  readonly #journal: Pick<Journal, 'db'>
  readonly #clock: Clock
  readonly #perDay: number
  #tidied = ''

  /** @param perDay of one user; 0 is no limit, and then nothing is counted. */
  constructor(journal: Pick<Journal, 'db'>, clock: Clock, perDay: number) {
    this.#journal = journal
    this.#clock = clock
    this.#perDay = perDay
  }

  /** 0 while the user has some left; else the milliseconds until there are new ones. */
  async waitMs(userId: UserId): Promise<number> {
    if (this.#perDay === 0) return 0
    const row = await this.#journal.db
      .selectFrom('setting')
      .select('value')
      .where('key', '=', tokensKey(this.#clock, userId))
      .executeTakeFirst()
    return Number(row?.value ?? 0) < this.#perDay ? 0 : DAY_MS - (this.#clock.now() % DAY_MS)
  }

  /** Counts what one step used, in whatever commit takes these. */
  used(userId: UserId, tokens: number): Statement[] {
    if (this.#perDay === 0 || tokens === 0) return []
    const { db } = this.#journal
    const count = db
      .insertInto('setting')
      .values({
        key: tokensKey(this.#clock, userId),
        value: String(tokens),
        updated_at: isoTime(this.#clock),
      })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet({
          value: sql<string>`cast(cast(setting.value as bigint) + ${tokens} as text)`,
        }),
      )
    return [...this.#tidy(), count.compile()]
  }

  /** Once a day, the days before are forgotten. */
  #tidy(): Statement[] {
    const today = dayOf(this.#clock)
    if (this.#tidied === today) return []
    this.#tidied = today
    const { db } = this.#journal
    return [
      db
        .deleteFrom('setting')
        .where('key', 'like', `${PREFIX}%`)
        .where('key', 'not like', `${PREFIX}${today}%`)
        .compile(),
    ]
  }
}
