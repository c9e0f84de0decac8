import { randomUUID } from 'node:crypto'

import { hasScope, type Identity, type Scope } from '../../identity/identity.ts'
import { isoTime } from '../../platform/clock.ts'
import { asId, type ThreadId } from '../../platform/ids.ts'
import { inTrace, traceOfMessage } from '../../platform/tracing.ts'
import { unreachable } from '../../platform/unreachable.ts'
import { closedTo } from '../closed-to.ts'
import { checkSession } from '../session-check.ts'
import { authenticateClassic } from './authenticate-classic.ts'
import type { Beat } from './beats.ts'
import type { ClassicConnection } from './classic-connection.ts'
import {
  isClassicType,
  stopSchema,
  wishSchema,
  type ClassicMessage,
  type ClassicType,
} from './classic-message.ts'
import { follow, isTooFast, read, refuse, type Exchange } from './exchange.ts'
import {
  createThread,
  listThreads,
  removeThread,
  renameThread,
  showHistory,
  switchThread,
} from './thread-queries.ts'

type Asked = Exclude<ClassicType, Beat | 'authenticate' | 'refresh_token'>

const READS: ReadonlySet<ClassicType> = new Set([
  'list_threads',
  'get_threads',
  'get_thread_history',
  'switch_thread',
])
const MOST_STOPPED = 100

/** What a welcomed classic socket may ask; the caller's login session is asked for first (S10). */
export async function handleClassic(
  connection: ClassicConnection,
  identity: Identity,
  message: ClassicMessage,
): Promise<void> {
  const { type } = message
  if (!isClassicType(type)) return acknowledge(connection, message)
  if (type === 'authenticate' || type === 'refresh_token') {
    if (isTooFast({ connection, identity, message })) return
    return authenticateClassic(connection, identity, message)
  }
  const checked = await checkSession(connection.parts.identities, identity)
  if (!checked.ok) {
    if (checked.close !== undefined) return connection.close(checked.close, checked.why)
    return connection.refuse({
      code: 'SERVICE_UNAVAILABLE',
      message: 'Who you are cannot be checked right now: the auth service does not answer.',
      isBad: false,
      about: message,
      retryAfterMs: 2_000,
    })
  }
  connection.identity = checked.identity
  const closed = closedTo(connection.parts.mode, checked.identity)
  if (closed) {
    return connection.refuse({
      code: 'SERVICE_UNAVAILABLE',
      message: closed.why,
      isBad: false,
      about: message,
      retryAfterMs: closed.afterMs,
    })
  }
  const exchange = { connection, identity: checked.identity, message }
  const needed: Scope = READS.has(type) ? 'chat:read' : 'chat:write'
  if (!hasScope(checked.identity, needed)) {
    return connection.refuse({
      code: 'AUTH_UNAUTHORIZED',
      message: `This API key may not do this: it lacks the scope "${needed}".`,
      isBad: false,
      about: message,
    })
  }
  return carryOn(exchange, type as Asked)
}

function carryOn(exchange: Exchange, type: Asked): Promise<void> {
  switch (type) {
    case 'user_message':
    case 'chat_message':
    case 'start_agent': {
      const { connection, identity, message } = exchange
      const from = { userId: identity.userId, watch: connection.parts.spans }
      const trace = traceOfMessage(message.fields['traceparent'], from)
      return inTrace(trace, () => begin(exchange))
    }
    case 'stop_agent':
      return stop(exchange)
    case 'list_threads':
    case 'get_threads':
      return listThreads(exchange)
    case 'get_thread_history':
      return showHistory(exchange)
    case 'create_thread':
      return createThread(exchange)
    case 'switch_thread':
      return switchThread(exchange)
    case 'rename_thread':
      return renameThread(exchange)
    case 'delete_thread':
      return removeThread(exchange)
    default:
      return unreachable(type)
  }
}

function acknowledge(connection: ClassicConnection, { type, replyTo }: ClassicMessage): void {
  connection.send({
    type: 'ack',
    received_type: type,
    timestamp: isoTime(connection.parts.clock),
    ...(replyTo !== null && { in_reply_to: replyTo }),
  })
}

async function begin(exchange: Exchange): Promise<void> {
  const { connection, identity, message } = exchange
  const wish = read(exchange, wishSchema)
  if (!wish) return
  const threadId = wish.thread_id === undefined ? connection.thread : wish.thread_id
  const clientMessageId = wish.client_message_id ?? randomUUID()
  const outcome = await connection.parts.commands.sendMessage(identity.userId, {
    client_message_id: clientMessageId,
    thread_id: threadId ?? null,
    content: [{ type: 'text', text: wish.content }],
    attachments: wish.attachments,
    agent: wish.agent,
    model: wish.model,
    traceparent: wish.traceparent,
  })
  if (!outcome.ok) return refuse(exchange, outcome)
  const { thread_id, run_id, position, duplicate } = outcome.answer
  const say = (): void =>
    connection.answer('message_received', message, {
      received_type: message.type,
      thread_id,
      run_id,
      client_message_id: clientMessageId,
      ...(duplicate && { duplicate }),
    })
  // Its events come already, or have come.
  if (connection.followed.has(thread_id)) {
    connection.followed.touch(thread_id)
    return say()
  }
  await follow(exchange, thread_id, { position }, say)
}

/** By its id, of a thread, or else all that are under way in the threads this socket follows. */
async function stop(exchange: Exchange): Promise<void> {
  const { connection, identity, message } = exchange
  const wish = read(exchange, stopSchema)
  if (!wish || isTooFast(exchange)) return
  const { access, commands } = connection.parts
  const threadId = wish.thread_id ?? connection.thread
  const open = await access.runs(identity.userId, {
    threadId: threadId === undefined ? undefined : asId<ThreadId>(threadId),
    isOpen: true,
    limit: MOST_STOPPED,
  })
  const meant = wish.run_id
    ? [wish.run_id]
    : open
        .filter((run) => threadId !== undefined || connection.followed.has(run.thread_id))
        .map(({ id }) => id)
  for (const runId of meant) {
    const outcome = await commands.cancelRun(identity.userId, runId)
    if (!outcome.ok) return refuse(exchange, outcome)
  }
  connection.answer('agent_stopped', message, {
    status: meant.length > 0 ? 'stopped' : 'nothing_to_stop',
    run_id: meant[0] ?? null,
    run_ids: meant,
    thread_id: threadId ?? null,
  })
}
