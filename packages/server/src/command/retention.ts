import { isoTime } from '../platform/clock.ts'
import type { ThreadId, UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { statesThatAllow } from '../run/run.ts'
import { eraseThread } from './delete-thread.ts'
import type { CommandParts } from './parts.ts'

/** How long conversations are kept that nobody touches: the administrator's choice, for everybody. */
export interface Retention extends AsyncDisposable {
  /** Days; null keeps them until their owner deletes them. Of another process, minutes old at most. */
  readonly days: number | null
  /**
   * In force within ten minutes, so that a mistyped number can be taken back; by then too: a round
   * that goes on stops.
   */
  choose(days: number | null): Promise<void>
}

type Parts = Omit<CommandParts, 'runs' | 'messageRate'> & { logger: Logger }

const KEY = 'retention_days'
const DAY_MS = 24 * 3600 * 1000
const EVERY_MS = 10 * 60_000
const THREADS_AT_ONCE = 100

/**
 * Erases, as their owners' deletion would, the threads that were not touched for the chosen time.
 * A thread in which something runs or waits is left. Several processes may do it at once.
 */
export async function startRetention(parts: Parts): Promise<Retention> {
  const { journal, clock, logger } = parts
  const { db } = journal
  let closed = false
  let cancel: (() => void) | undefined
  let round: Promise<void> = Promise.resolve()

  const stored = async (): Promise<number | null> => {
    const row = await db
      .selectFrom('setting')
      .select('value')
      .where('key', '=', KEY)
      .executeTakeFirst()
    return row === undefined ? null : Number(row.value)
  }
  let days = await stored()
  let choices = 0

  const sweep = async (): Promise<void> => {
    const before = choices
    const chosen = await stored()
    const isOverruled = () => closed || choices !== before
    if (isOverruled()) return
    days = chosen
    if (chosen === null) return
    await eraseUntouched(parts, chosen, {
      mayGoOn: async () => !isOverruled() && (await stored()) === chosen,
      mustStop: isOverruled,
    })
  }
  const schedule = (): void => {
    cancel?.()
    if (closed) return
    cancel = clock.after(EVERY_MS, () => {
      round = sweep()
        .catch((error: unknown) => {
          if (!closed) logger.warn({ err: error }, 'old conversations could not be erased')
        })
        .then(schedule)
    })
  }
  schedule()

  return {
    get days() {
      return days
    },
    async choose(wanted) {
      choices += 1
      await journal.write([
        wanted === null
          ? db.deleteFrom('setting').where('key', '=', KEY).compile()
          : db
              .insertInto('setting')
              .values({ key: KEY, value: String(wanted), updated_at: isoTime(clock) })
              .onConflict((conflict) =>
                conflict
                  .column('key')
                  .doUpdateSet({ value: String(wanted), updated_at: isoTime(clock) }),
              )
              .compile(),
      ])
      choices += 1
      days = wanted
      schedule()
    },
    async [Symbol.asyncDispose]() {
      closed = true
      cancel?.()
      await round
    },
  }
}

/** `mayGoOn` asks the store, now and then: the choice may have been taken back in another process. */
async function eraseUntouched(
  parts: Parts,
  days: number,
  { mayGoOn, mustStop }: { mayGoOn: () => Promise<boolean>; mustStop: () => boolean },
): Promise<void> {
  const { journal, clock, logger } = parts
  const { db } = journal
  const before = new Date(clock.now() - days * DAY_MS).toISOString()
  const open = db
    .selectFrom('run')
    .select('run.thread_id')
    .where('state', 'in', statesThatAllow('cancelled'))
  const untouched = db
    .selectFrom('thread')
    .select(['id', 'user_id'])
    .where('updated_at', '<', before)
    .where('id', 'not in', open)
  let after: ThreadId | undefined
  let erased = 0
  while (await mayGoOn()) {
    let query = untouched.orderBy('id').limit(THREADS_AT_ONCE)
    if (after !== undefined) query = query.where('id', '>', after)
    const threads: { id: ThreadId; user_id: UserId }[] = await query.execute()
    if (threads.length === 0) break
    for (const { id, user_id: userId } of threads) {
      if (mustStop()) break
      after = id
      // Whoever speaks up just now keeps the thread: checked in the transaction that erases.
      const still = untouched.where('id', '=', id).compile()
      const expect = [{ name: 'untouched', query: still, rows: 'some' as const }]
      const outcome = await eraseThread(parts, userId, id, expect)
      if (outcome.ok) erased += 1
    }
  }
  if (erased > 0) logger.info({ threads: erased, days }, 'conversations past their time are erased')
}
