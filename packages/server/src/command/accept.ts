import { createHash } from 'node:crypto'

import {
  makeEvent,
  positionOf,
  type Append,
  type EventContext,
  type Expectation,
  type Position,
  type StreamName,
} from '../journal/journal.ts'
import { isoTime } from '../platform/clock.ts'
import { newId, type RunId, type TraceId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
import { done, refuse, type Outcome } from './outcome.ts'
import type { CommandParts } from './parts.ts'

/** The answer to `send_message` and `regenerate`; a type alias, so that it is also a JSON record. */
export type Accepted = {
  thread_id: string
  run_id: string
  /** The thread's position just before the message. */
  position: Position
  duplicate?: true
}

export interface Wish {
  userId: string
  clientMessageId: string
  agent: string | null
  model: string | null
}

export const wishOf = (
  userId: string,
  message: {
    client_message_id: string
    agent?: string | null | undefined
    model?: string | null | undefined
  },
): Wish => ({
  userId,
  clientMessageId: message.client_message_id,
  agent: message.agent ?? null,
  model: message.model ?? null,
})

export const payloadHash = (payload: unknown): string =>
  createHash('sha256').update(JSON.stringify(payload)).digest('base64url')

/**
 * The first answer to this client message id, if it was accepted before. Asked before every limit:
 * a retry must learn that it already succeeded (F33, F34).
 */
export async function alreadyAccepted(
  { journal }: CommandParts,
  wish: Wish,
  hash: string,
): Promise<Outcome<Accepted> | undefined> {
  const record = await journal.db
    .selectFrom('idempotency')
    .selectAll()
    .where('user_id', '=', wish.userId)
    .where('client_message_id', '=', wish.clientMessageId)
    .executeTakeFirst()
  if (!record) return undefined
  if (record.payload_hash !== hash) {
    return refuse(
      'conflict',
      'This client_message_id was used for another message. Send this one with a new id.',
      'new',
    )
  }
  return done({ ...(JSON.parse(record.answer) as Accepted), duplicate: true })
}

/**
 * Makes a run durable together with everything that belongs to it, then starts it. One commit: the
 * message, the run, the idempotency record, the thread row and the user's own stream.
 */
export async function acceptRun(
  parts: CommandParts,
  wish: Wish & {
    hash: string
    threadId: string
    parentMessageId: string
    /** Written before the run is accepted: the thread if it is new, the message if there is one. */
    before: {
      threadEvents: (context: EventContext) => Append['events']
      userEvents: (context: EventContext) => Append['events']
      rows: readonly Statement[]
      expect: readonly Expectation[]
    }
  },
): Promise<Outcome<Accepted>> {
  const { journal, runs, clock } = parts
  if (!runs.hasRoomFor(wish.userId)) {
    return refuse(
      'busy',
      'Many of your messages wait for an answer. Send this one later.',
      'after',
      5_000,
    )
  }
  const resolved = await runs.resolve(wish)
  if (!resolved) {
    return refuse('not_found', 'There is no such agent. GET /api/agents lists them.')
  }
  const runId = newId<RunId>()
  const context: EventContext = {
    user_id: wish.userId,
    thread_id: wish.threadId,
    run_id: runId,
    agent: resolved.agent,
    trace_id: newId<TraceId>().replaceAll('-', ''),
  }
  const stream: StreamName = `thread:${wish.threadId}`
  const { before } = wish
  const answer: Accepted = {
    thread_id: wish.threadId,
    run_id: runId,
    position: positionOf(journal.epoch, await journal.head(stream)),
  }
  const result = await journal.commit({
    appends: [
      {
        stream,
        events: [
          ...before.threadEvents(context),
          makeEvent(clock, 'run_accepted', context, {
            client_message_id: wish.clientMessageId,
            model: resolved.model,
            parent_message_id: wish.parentMessageId,
          }),
        ],
      },
      {
        stream: `user:${wish.userId}`,
        events: [
          ...before.userEvents(context),
          makeEvent(clock, 'run_state_changed', context, { state: 'queued' }),
        ],
      },
    ],
    expect: [fresh(parts, wish), ...before.expect],
    rows: [...before.rows, ...runRows(parts, { wish, context, resolved, runId, answer })],
  })
  if (result.status === 'unexpected' && result.name === 'fresh') {
    return (await alreadyAccepted(parts, wish, wish.hash)) ?? refuse('busy', 'Try again.', 'same')
  }
  if (result.status !== 'committed') {
    return refuse('not_found', 'There is no such thread or message any more.')
  }
  const first = result.appended.find((append) => append.stream === stream)?.first ?? 1
  const position = positionOf(journal.epoch, first - 1)
  // The head moved between looking and committing: the record must give the same answer as this one.
  if (position !== answer.position) await recordAnswer(parts, wish, { ...answer, position })
  runs.start({ id: runId, threadId: wish.threadId, userId: wish.userId })
  return done({ ...answer, position })
}

const recordAnswer = ({ journal }: CommandParts, wish: Wish, answer: Accepted): Promise<void> =>
  journal.write([
    journal.db
      .updateTable('idempotency')
      .set({ answer: JSON.stringify(answer) })
      .where('user_id', '=', wish.userId)
      .where('client_message_id', '=', wish.clientMessageId)
      .compile(),
  ])

const fresh = ({ journal }: CommandParts, wish: Wish): Expectation => ({
  name: 'fresh',
  rows: 'none',
  query: journal.db
    .selectFrom('idempotency')
    .select('client_message_id')
    .where('user_id', '=', wish.userId)
    .where('client_message_id', '=', wish.clientMessageId)
    .compile(),
})

function runRows(
  { journal, clock }: CommandParts,
  run: {
    wish: Wish & { hash: string; threadId: string; parentMessageId: string }
    context: EventContext
    resolved: { agent: string; model: string }
    runId: string
    answer: Accepted
  },
): Statement[] {
  const { wish, resolved } = run
  const at = isoTime(clock)
  const { db } = journal
  return [
    db
      .insertInto('run')
      .values({
        id: run.runId,
        thread_id: wish.threadId,
        user_id: wish.userId,
        state: 'queued',
        agent: resolved.agent,
        model: resolved.model,
        client_message_id: wish.clientMessageId,
        parent_message_id: wish.parentMessageId,
        trace_id: run.context.trace_id ?? '',
        fence: 0,
        attempt: 0,
        lease_until: null,
        cancel_requested: 0,
        created_at: at,
        updated_at: at,
      })
      .compile(),
    db
      .insertInto('idempotency')
      .values({
        user_id: wish.userId,
        client_message_id: wish.clientMessageId,
        payload_hash: wish.hash,
        answer: JSON.stringify(run.answer),
        created_at: at,
      })
      .compile(),
  ]
}
