import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

import { sql } from 'kysely'

import type { Journal } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { newId, type UserId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
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

/** What is kept of one service's calls. */
export interface ServiceKept {
  /** Its `service.name`; '' of calls that gave none. */
  service: string
  spans: number
  first_at: string
  last_at: string
}

/** Which of a person's calls: all, unless something is said. `from` is included, `to` is not. */
export interface Which {
  service?: string
  from?: string
  to?: string
}

/** Batches read at once. */
const PAGE = 20
/** Services shown, those with most calls first. */
const MOST_SERVICES = 200
/** A row of `span_service` and its places in two indexes. */
const SERVICE_BYTES = 300
/** Rows of one statement: each has six parameters, of which a statement may have 32,766. */
const ROWS_AT_ONCE = 1_000

/**
 * Calls that applications sent, each request of theirs one row: numbered by time, so that any process
 * can read what any other took, and changed only where some of its calls are removed.
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
    const body = await packed(calls)
    const { db } = this.#journal
    const id = newId()
    const services = byService(calls).map((service) => ({
      batch_id: id,
      user_id: userId,
      ...service,
    }))
    await this.#journal.write([
      db
        .insertInto('span_batch')
        .values({
          id,
          user_id: userId,
          received_at: isoTime(this.#clock),
          ...periodOf(calls),
          spans: calls.length,
          bytes: bytesOf(body, services),
          body,
        })
        .compile(),
      ...inPieces(services).map((rows) => db.insertInto('span_service').values(rows).compile()),
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

  /** Those with most calls first; `total` counts those that are left out too. */
  async services(userId: UserId): Promise<{ services: ServiceKept[]; total: number }> {
    const { db } = this.#journal
    const rows = await db
      .selectFrom('span_service')
      .where('user_id', '=', userId)
      .groupBy('service')
      .select([
        'service',
        sql<number | string>`sum(spans)`.as('spans'),
        sql<string>`min(first_at)`.as('first_at'),
        sql<string>`max(last_at)`.as('last_at'),
      ])
      .orderBy(sql`sum(spans)`, 'desc')
      .orderBy('service')
      .limit(MOST_SERVICES)
      .execute()
    const { total } = await db
      .selectFrom('span_service')
      .where('user_id', '=', userId)
      .select(sql<number | string>`count(distinct service)`.as('total'))
      .executeTakeFirstOrThrow()
    return {
      services: rows.map((row) => ({ ...row, spans: Number(row.spans) })),
      total: Number(total),
    }
  }

  async remove(userId: UserId, { service, from, to }: Which = {}): Promise<void> {
    const { db } = this.#journal
    if (service === undefined && from === undefined && to === undefined) {
      return this.#journal.write([
        db.deleteFrom('span_batch').where('user_id', '=', userId).compile(),
        db.deleteFrom('span_service').where('user_id', '=', userId).compile(),
      ])
    }
    const period = { from: exact(from ?? ''), to: exact(to ?? '\uffff') }
    const isMeant = (call: Call): boolean =>
      (service === undefined || serviceOf(call) === service) &&
      call.at >= period.from &&
      call.at < period.to
    let after = ''
    for (;;) {
      const batches = await this.#batches(userId, { after, period, service })
      for (const { id, body } of batches) await this.#removeFrom(id, body, isMeant)
      const last = batches.at(-1)
      if (!last) return
      after = last.id
    }
  }

  /** Batches that may hold such calls, a page at a time, by their numbers. */
  #batches(
    userId: UserId,
    wanted: { after: string; period: { from: string; to: string }; service?: string | undefined },
  ) {
    const { after, period, service } = wanted
    const { db } = this.#journal
    let query = db
      .selectFrom('span_batch')
      .select(['id', 'first_at', 'last_at', 'body'])
      .where('user_id', '=', userId)
      .where('id', '>', after)
      .where('last_at', '>=', period.from)
      .where('first_at', '<', period.to)
    if (service !== undefined) {
      query = query.where((eb) => {
        const rows = eb
          .selectFrom('span_service')
          .select('service')
          .whereRef('span_service.batch_id', '=', 'span_batch.id')
        const its = rows.where('service', '=', service)
        // Of a batch from before services were told apart any may be in it.
        return eb.or([eb.exists(its), eb.not(eb.exists(rows))])
      })
    }
    return query.orderBy('id').limit(PAGE).execute()
  }

  /** Until nothing is left that is meant: another removal, of any process, may come in between. */
  async #removeFrom(id: string, first: string, isMeant: (call: Call) => boolean): Promise<void> {
    let body: string | undefined = first
    while (body !== undefined) {
      const calls = callsIn(await unpacked(body))
      const left = calls.filter((call) => !isMeant(call))
      if (left.length === calls.length) return
      const wanted: string | undefined = left.length > 0 ? await packed(left) : undefined
      await this.#journal.write(
        wanted === undefined
          ? this.#dropped(id, body)
          : await this.#reduced(id, body, left, wanted),
      )
      const now = await this.#journal.db
        .selectFrom('span_batch')
        .select('body')
        .where('id', '=', id)
        .executeTakeFirst()
      body = now?.body === wanted ? undefined : now?.body
    }
  }

  #dropped(id: string, body: string): Statement[] {
    const { db } = this.#journal
    const isGone = sql<boolean>`not exists (select 1 from span_batch where id = ${id})`
    return [
      db.deleteFrom('span_batch').where('id', '=', id).where('body', '=', body).compile(),
      db.deleteFrom('span_service').where('batch_id', '=', id).where(isGone).compile(),
    ]
  }

  /** Changes what is still as it was read, so that nothing that was removed meanwhile comes back. */
  async #reduced(
    id: string,
    before: string,
    calls: readonly Call[],
    body: string,
  ): Promise<Statement[]> {
    const { db } = this.#journal
    const left = new Map(byService(calls).map((each) => [each.service, each]))
    const known = await db
      .selectFrom('span_service')
      .select('service')
      .where('batch_id', '=', id)
      .execute()
    const row = { ...periodOf(calls), spans: calls.length, bytes: bytesOf(body, known), body }
    const isOurs = sql<boolean>`exists (select 1 from span_batch where id = ${id} and body = ${body})`
    return [
      db
        .updateTable('span_batch')
        .set(row)
        .where('id', '=', id)
        .where('body', '=', before)
        .compile(),
      ...known.map(({ service }) => {
        const now = left.get(service)
        const its = sql<boolean>`batch_id = ${id} and service = ${service} and ${isOurs}`
        return now
          ? db.updateTable('span_service').set(now).where(its).compile()
          : db.deleteFrom('span_service').where(its).compile()
      }),
    ]
  }

  /** The calls as JSON, one a line, batch by batch; `from` is included, `to` is not. */
  async *lines(
    userId: UserId,
    period: { from?: string; to?: string } = {},
  ): AsyncGenerator<string> {
    const { from, to } = { from: exact(period.from ?? ''), to: exact(period.to ?? '\uffff') }
    let after = ''
    for (;;) {
      const batches = await this.#batches(userId, { after, period: { from, to } })
      for (const { first_at: first, last_at: last, body } of batches) {
        const text = await unpacked(body)
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

const packed = async (calls: readonly Call[]): Promise<string> =>
  (await pack(calls.map((call) => JSON.stringify(call)).join('\n'))).toString('base64')

const unpacked = async (body: string): Promise<string> =>
  (await unpack(Buffer.from(body, 'base64'))).toString('utf8')

const callsIn = (text: string): Call[] => text.split('\n').map((line) => JSON.parse(line) as Call)

/** With what the rows of its services take, roughly. */
const bytesOf = (body: string, services: readonly unknown[]): number =>
  body.length + services.length * SERVICE_BYTES

const serviceOf = ({ project }: Call): string => project ?? ''

function periodOf(calls: readonly Call[]): { first_at: string; last_at: string } {
  const times = calls.map(({ at }) => at).toSorted()
  return { first_at: times[0] ?? '', last_at: times.at(-1) ?? '' }
}

const byService = (calls: readonly Call[]): ServiceKept[] =>
  [...Map.groupBy(calls, serviceOf)].map(([service, its]) => ({
    service,
    spans: its.length,
    ...periodOf(its),
  }))

const inPieces = <Row>(rows: readonly Row[]): Row[][] =>
  Array.from({ length: Math.ceil(rows.length / ROWS_AT_ONCE) }, (_, place) =>
    rows.slice(place * ROWS_AT_ONCE, (place + 1) * ROWS_AT_ONCE),
  )

/** Calls have microseconds, and times compare as text only when they have as many digits. */
const exact = (at: string): string => at.replace(/\.(\d{3})Z$/, '.$1000Z')

/** Each line begins with its time, which is the first of its columns. */
const isWithin = (line: string, from: string, to: string): boolean => {
  const at = /^\{"at":"([^"]+)"/.exec(line)?.[1] ?? ''
  return at >= from && at < to
}
