import type { Commands } from '../command/command.ts'
import type { Journal } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { asId, type UserId } from '../platform/ids.ts'

const PREFIX = 'startup check '
const SEEN = 'clock seen'
/** Another process may be in the middle of its start; longer than any start may take. */
const ABANDONED_MS = 5 * 60_000

interface Parts {
  journal: Journal
  clock: Clock
  userId: UserId
}

/**
 * What a start leaves in the store while it lasts: who tries the server out, so that the next start
 * erases what a process killed in the middle of its checks left; and, lastingly, what time it was.
 */
export class StartupMarks {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** What time it was, as far as the store knows; undefined for a new one. */
  async lastSeenMs(): Promise<number | undefined> {
    const { db } = this.#parts.journal
    const [mark, newest] = await Promise.all([
      db.selectFrom('setting').select('value').where('key', '=', SEEN).executeTakeFirst(),
      db
        .selectFrom('idempotency')
        .select('created_at')
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst(),
    ])
    const times = [mark?.value, newest?.created_at].flatMap((time) =>
      time === undefined ? [] : [Date.parse(time)],
    )
    return times.length === 0 ? undefined : Math.max(...times)
  }

  /** Resolves once durable. */
  async write(): Promise<void> {
    const { journal, userId } = this.#parts
    await journal.write([this.#set(`${PREFIX}${userId}`), this.#set(SEEN)])
  }

  async isWritten(): Promise<boolean> {
    const { journal, userId } = this.#parts
    const key = `${PREFIX}${userId}`
    const found = await journal.db
      .selectFrom('setting')
      .select('key')
      .where('key', '=', key)
      .executeTakeFirst()
    return found !== undefined
  }

  /** Everything that this start made is taken away again. */
  async erase(commands: Commands): Promise<void> {
    await this.#erase(commands, this.#parts.userId)
  }

  /** What starts that did not come to their end left; `isSoleOwner`: none is under way elsewhere. */
  async eraseAbandoned(commands: Commands, isSoleOwner: boolean): Promise<void> {
    const { journal, clock, userId } = this.#parts
    const marks = await journal.db
      .selectFrom('setting')
      .select(['key', 'updated_at'])
      .where('key', 'like', `${PREFIX}%`)
      .execute()
    for (const { key, updated_at: at } of marks) {
      const id = asId<UserId>(key.slice(PREFIX.length))
      const isOver = isSoleOwner || clock.now() - Date.parse(at) > ABANDONED_MS
      if (id !== userId && isOver) await this.#erase(commands, id)
    }
  }

  async #erase(commands: Commands, userId: UserId): Promise<void> {
    const { journal } = this.#parts
    const erased = await commands.deleteAccount(userId, 'there')
    if (!erased.ok) throw new Error(`what the checks made could not be erased: ${erased.message}`)
    const mark = journal.db.deleteFrom('setting').where('key', '=', `${PREFIX}${userId}`)
    await journal.write([mark.compile()])
  }

  #set(key: string) {
    const { journal, clock } = this.#parts
    const at = isoTime(clock)
    return journal.db
      .insertInto('setting')
      .values({ key, value: at, updated_at: at })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((row) => ({
          value: row.ref('excluded.value'),
          updated_at: row.ref('excluded.updated_at'),
        })),
      )
      .compile()
  }
}
