import { createHash } from 'node:crypto'

import { parsePosition } from '@netra/protocol'

import {
  makeEvent,
  positionOf,
  threadStream,
  userStream,
  type Append,
  type EventContext,
  type Expectation,
  type Position,
} from '../journal/journal.ts'
import { isoTime } from '../platform/clock.ts'
import {
  asId,
  newId,
  type MessageId,
  type RunId,
  type ThreadId,
  type TraceId,
  type UserId,
} from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
import { currentTrace, derivedSpanId, newTraceId, readTraceparent } from '../platform/tracing.ts'
import { done, refuse, type Outcome } from './outcome.ts'
import { expectOwner } from './owner.ts'
import type { CommandParts } from './parts.ts'

/** The answer to `send_message` and `regenerate`; a type alias, so that it is also a JSON record. */
export type Accepted = {
  thread_id: ThreadId
  run_id: RunId
  /** The thread's position just before the message. */
  position: Position
  duplicate?: true
}

export interface Wish {
  userId: UserId
  clientMessageId: string
  agent: string | null
  model: string | null
  /** W3C, as the client sent it; anything else is as if there were none. */
  traceparent?: string | undefined
}

export const wishOf = (
  userId: UserId,
  message: {
    client_message_id: string
    agent?: string | null | undefined
    model?: string | null | undefined
    traceparent?: string | undefined
  },
): Wish => ({
  userId,
  clientMessageId: message.client_message_id,
  agent: message.agent ?? null,
  model: message.model ?? null,
  traceparent: message.traceparent,
})

export const payloadHash = (payload: unknown): string =>
  createHash('sha256').update(JSON.stringify(payload)).digest('base64url')

/**
 * The first answer to this client message id, if it was accepted before. Asked before every limit:
 * a retry must learn that it already succeeded (F33, F34).
 */
export async function alreadyAccepted(
  parts: CommandParts,
  wish: Wish,
  hash: string,
): Promise<Outcome<Accepted> | undefined> {
  const { journal } = parts
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
  const answer = JSON.parse(record.answer) as Accepted
  return done({ ...answer, position: await placeOfRun(parts, answer), duplicate: true })
}

/** Between looking at a head and committing, so few events come into one thread. */
const LOOK_THROUGH = { events: 256, bytes: 1024 * 1024 }

/**
 * Just before the first event of the run. What was recorded is the head as it stood before the
 * commit, which others may have moved: the run stands there or somewhat later.
 */
async function placeOfRun(
  { journal }: CommandParts,
  { thread_id, run_id, position }: Accepted,
): Promise<Position> {
  const { epoch, seq } = parsePosition(position) ?? {}
  if (epoch !== journal.epoch || seq === undefined) return position
  const page = await journal.readKept(threadStream(thread_id), seq, LOOK_THROUGH)
  const first = page.events.find(
    ({ payload }) => (JSON.parse(payload) as { run_id?: string }).run_id === run_id,
  )
  return first ? positionOf(journal.epoch, first.seq - 1) : position
}

/**
 * Makes a run durable together with everything that belongs to it, then starts it. One commit: the
 * message, the run, the idempotency record, the thread row and the user's own stream.
 */
export async function acceptRun(
  parts: CommandParts,
  wish: Wish & {
    hash: string
    threadId: ThreadId
    parentMessageId: MessageId
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
  const use = useOf(parts, resolved)
  const enough = await notMore(parts, wish.userId, use.isNeeded)
  if (enough) return enough
  if (!resolved) {
    return refuse('not_found', 'There is no such agent. GET /api/agents lists them.')
  }
  const runId = newId<RunId>()
  const context: EventContext = {
    user_id: wish.userId,
    thread_id: wish.threadId,
    run_id: runId,
    agent: resolved.agent,
    trace_id: traceIdOf(wish),
  }
  const stream = threadStream(wish.threadId)
  const { before } = wish
  const answer: Accepted = {
    thread_id: wish.threadId,
    run_id: runId,
    position: positionOf(journal.epoch, await journal.head(stream)),
  }
  const asked = clock.monotonic()
  const result = await journal.commit({
    appends: [
      {
        stream,
        events: [
          ...before.threadEvents(context),
          makeEvent(clock, 'run_accepted', context, {
            client_message_id: wish.clientMessageId,
            model: use.isNamed ? resolved.model : null,
            parent_message_id: wish.parentMessageId,
          }),
        ],
      },
      {
        stream: userStream(wish.userId),
        events: [
          ...before.userEvents(context),
          makeEvent(clock, 'run_state_changed', context, { state: 'queued' }),
        ],
      },
    ],
    expect: [
      fresh(parts, wish),
      expectOwner(journal, wish.userId),
      ...((await parts.spending?.expectRoom(wish.userId)) ?? []),
      ...before.expect,
    ],
    rows: [...before.rows, ...runRows(parts, { wish, context, resolved, runId, answer })],
  })
  if (result.status === 'unexpected' && result.name === 'fresh') {
    return (await alreadyAccepted(parts, wish, wish.hash)) ?? refuse('busy', 'Try again.', 'same')
  }
  if (result.status === 'unexpected' && FULL.has(result.name)) {
    // The order may be another node's, of this very moment.
    await parts.spending?.orders.catchUp()
    return (await notMore(parts, wish.userId, use.isNeeded)) ?? refuse('busy', 'Try again.', 'same')
  }
  if (result.status !== 'committed') {
    return refuse('not_found', 'There is no such thread or message any more.')
  }
  const first = result.appended.find((append) => append.stream === stream)?.first ?? 1
  const position = positionOf(journal.epoch, first - 1)
  const acceptedMs = clock.monotonic() - asked
  tellOfAccepted(clock, context, acceptedMs)
  runs.start({ id: runId, threadId: wish.threadId, userId: wish.userId, acceptedMs })
  return done({ ...answer, position })
}

const useOf = (
  { modelUse }: CommandParts,
  resolved: { agent: string; model: string } | undefined,
): { isNeeded: boolean; isNamed: boolean } =>
  (resolved && modelUse?.(resolved.agent, resolved.model)) ?? { isNeeded: true, isNamed: true }

/** Expectations of `expectRoom`. */
const FULL = new Set(['not stopped by order', 'room for a run'])
/** An order to stop is lifted by a person, a run ends by itself. */
const ORDER_RETRY_MS = 30_000
const RUN_RETRY_MS = 5_000

/** Why no further run of the person is taken: an order to stop, or a budget. */
async function notMore(
  { spending, clock }: CommandParts,
  userId: UserId,
  needsModel: boolean,
): Promise<Outcome<Accepted> | undefined> {
  const order = spending?.orders.of(userId)
  if (order) {
    const whose = order.scope === 'everyone' ? 'all answers' : 'your answers'
    const message = `An administrator has stopped ${whose}: ${order.why} Nothing new is started until they let it.`
    return refuse('unavailable', message, 'after', ORDER_RETRY_MS)
  }
  const spent = await spending?.refusal(userId, { needsModel })
  if (!spent) return undefined
  const { message, renewsAt } = spent
  if (renewsAt === null) return refuse('busy', message, 'after', RUN_RETRY_MS)
  return refuse('rate_limited', message, 'after', Math.max(1, renewsAt - clock.now()))
}

/** The client's, else that of the request it came with, else a new one. */
const traceIdOf = ({ traceparent }: Wish): TraceId =>
  readTraceparent(traceparent)?.traceId ?? asId<TraceId>(currentTrace()?.traceId ?? newTraceId())

/** Named after the run, so that whoever makes the answer knows what it is part of. */
function tellOfAccepted(
  clock: CommandParts['clock'],
  { run_id, trace_id, agent }: EventContext,
  durationMs: number,
): void {
  const trace = currentTrace()
  if (!trace?.watch || run_id === null || trace_id === null) return
  trace.watch.ended({
    traceId: trace_id,
    spanId: derivedSpanId('accept', run_id),
    parentId: trace.traceId === trace_id ? trace.spanId : null,
    name: 'accept message',
    kind: 'command',
    startedAt: clock.now() - durationMs,
    durationMs,
    heldMs: durationMs,
    status: 'ok',
    attributes: { 'netra.run.id': run_id, ...(agent !== null && { 'gen_ai.agent.name': agent }) },
  })
}

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
  { journal, runs, clock }: CommandParts,
  run: {
    wish: Wish & { hash: string; threadId: ThreadId; parentMessageId: MessageId }
    context: EventContext
    resolved: { agent: string; model: string }
    runId: RunId
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
        trace_id: run.context.trace_id ?? asId<TraceId>(''),
        fence: 0,
        attempt: 0,
        lease_until: runs.firstLease(),
        cancel_requested: 0,
        waiting_for: null,
        compacted: 0,
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
