import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

import { sql } from 'kysely'

import type { Journal } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { newId, type UserId } from '../platform/ids.ts'
import type { Call } from './call-of-span.ts'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** What is kept of a person's calls. */
export interface SpansKept {
  spans: number
  bytes: number
  /** Of the earliest and the latest call (ISO 8601); null when there is none. */
  first_at: string | null
  last_at: string | null
}

/** Batches read at once. */
const PAGE = 20

/**
 * Calls that applications sent, each request of theirs one row: written once, never changed, and
 * numbered by time, so that any process can read what any other took.
 */
export class SpanStore {
  readonly #journal: Journal
  readonly #clock: Clock

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal
    this.#clock = clock
  }

  /** Durable when resolved. */
  async add(userId: UserId, calls: readonly Call[]): Promise<void> {
    const lines = calls.map((call) => JSON.stringify(call)).join('\n')
    const body = (await pack(lines)).toString('base64')
    const times = calls.map(({ at }) => at).toSorted()
    const { db } = this.#journal
    await this.#journal.write([
      db
        .insertInto('span_batch')
        .values({
          id: newId(),
          user_id: userId,
          received_at: isoTime(this.#clock),
          first_at: times[0] ?? '',
          last_at: times.at(-1) ?? '',
          spans: calls.length,
          bytes: body.length,
          body,
        })
        .compile(),
    ])
  }

  async kept(userId: UserId): Promise<SpansKept> {
    const row = await this.#journal.db
      .selectFrom('span_batch')
      .where('user_id', '=', userId)
      .select([
        sql<number | string>`coalesce(sum(spans), 0)`.as('spans'),
        sql<number | string>`coalesce(sum(bytes), 0)`.as('bytes'),
        sql<string | null>`min(first_at)`.as('first_at'),
        sql<string | null>`max(last_at)`.as('last_at'),
      ])
      .executeTakeFirstOrThrow()
    return { ...row, spans: Number(row.spans), bytes: Number(row.bytes) }
  }

  remove(userId: UserId): Promise<void> {
    const { db } = this.#journal
    return this.#journal.write([
      db.deleteFrom('span_batch').where('user_id', '=', userId).compile(),
    ])
  }

  /** The calls as JSON, one a line, batch by batch; `from` is included, `to` is not. */
  async *lines(
    userId: UserId,
    period: { from?: string; to?: string } = {},
  ): AsyncGenerator<string> {
    const { from, to } = { from: exact(period.from ?? ''), to: exact(period.to ?? '\uffff') }
    let after = ''
    for (;;) {
      const batches = await this.#journal.db
        .selectFrom('span_batch')
        .select(['id', 'first_at', 'last_at', 'body'])
        .where('user_id', '=', userId)
        .where('id', '>', after)
        .where('last_at', '>=', from)
        .where('first_at', '<', to)
        .orderBy('id')
        .limit(PAGE)
        .execute()
      for (const { first_at: first, last_at: last, body } of batches) {
        const text = (await unpack(Buffer.from(body, 'base64'))).toString('utf8')
        const isWhole = first >= from && last < to
        const lines = isWhole
          ? text
          : text
              .split('\n')
              .filter((line) => isWithin(line, from, to))
              .join('\n')
        if (lines !== '') yield `${lines}\n`
      }
      const last = batches.at(-1)
      if (!last) return
      after = last.id
    }
  }
}

/** Calls have microseconds, and times compare as text only when they have as many digits. */
const exact = (at: string): string => at.replace(/\.(\d{3})Z$/, '.$1000Z')

/** Each line begins with its time, which is the first of its columns. */
const isWithin = (line: string, from: string, to: string): boolean => {
  const at = /^\{"at":"([^"]+)"/.exec(line)?.[1] ?? ''
  return at >= from && at < to
}
