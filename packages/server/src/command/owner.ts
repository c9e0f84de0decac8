import type { Expectation, Journal } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'

const keyOf = (userId: UserId): string => `account gone: ${userId}`

/** Nothing of this user is written any more, whatever was asked for before the account went. */
export const sealOwner = (
  { journal: { db }, clock }: { journal: Pick<Journal, 'db'>; clock: Clock },
  userId: UserId,
): Statement =>
  db
    .insertInto('setting')
    .values({ key: keyOf(userId), value: '', updated_at: isoTime(clock) })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .compile()

/** The account is there still: checked in the transaction that makes something new of its owner's. */
export const expectOwner = ({ db }: Pick<Journal, 'db'>, userId: UserId): Expectation => ({
  name: 'owner',
  rows: 'none',
  query: db.selectFrom('setting').select('key').where('key', '=', keyOf(userId)).compile(),
})

/** The id of an account that is gone may be somebody's again: all that was under way has ended. */
export const unsealOwner = ({ db }: Pick<Journal, 'db'>, userId: UserId): Statement =>
  db.deleteFrom('setting').where('key', '=', keyOf(userId)).compile()
