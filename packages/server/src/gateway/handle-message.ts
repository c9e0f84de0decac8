import type { ClientMessage } from '@netra/protocol'

import { hasScope, type Identity } from '../identity/identity.ts'
import { inTrace, traceOfMessage } from '../platform/tracing.ts'
import { unreachable } from '../platform/unreachable.ts'
import { carryOut, tooFast, type Command } from './carry-out.ts'
import { closedTo } from './closed-to.ts'
import type { Connection } from './connection.ts'
import { CLOSE_BY_REFUSAL } from './identify.ts'
import { LIMITS } from './limits.ts'
import { checkSession, type Checked } from './session-check.ts'

/** What asks for something of the user's. */
const ASKS: ReadonlySet<ClientMessage['type']> = new Set([
  'subscribe',
  'send_message',
  'regenerate',
  'cancel_run',
  'decide',
] as const)

/** What a client that has said hello may ask; every answer carries the id of its question. */
export async function handleMessage(
  connection: Connection,
  identity: Identity,
  message: ClientMessage,
): Promise<void> {
  if (!ASKS.has(message.type)) return carryOn(connection, identity, message)
  if (message.type !== 'send_message' && message.type !== 'regenerate') {
    return asChecked(connection, identity, message)
  }
  const { spans } = connection.parts
  const trace = traceOfMessage(message.traceparent, { userId: identity.userId, watch: spans })
  return inTrace(trace, () => asChecked(connection, identity, message))
}

async function asChecked(
  connection: Connection,
  identity: Identity,
  message: ClientMessage,
): Promise<void> {
  const checked = await checkSession(connection.parts.identities, identity)
  if (!checked.ok) return refuse(connection, message, checked)
  connection.identity = checked.identity
  const closed = closedTo(connection.parts.mode, checked.identity)
  if (closed) {
    const retry = { retry: 'after', after_ms: closed.afterMs } as const
    const id = 'id' in message ? message.id : null
    return connection.send({
      type: 'error',
      id,
      code: 'unavailable',
      message: closed.why,
      ...retry,
    })
  }
  return carryOn(connection, checked.identity, message)
}

async function carryOn(
  connection: Connection,
  identity: Identity,
  message: ClientMessage,
): Promise<void> {
  switch (message.type) {
    case 'hello':
      return connection.badFrame('malformed', 'hello was said already.', null)
    case 'subscribe':
      return subscribe(connection, identity, message)
    case 'unsubscribe':
      connection.leave(message.stream)
      return connection.send({ type: 'ok', id: message.id })
    case 'send_message':
    case 'regenerate':
    case 'cancel_run':
    case 'decide':
      return command(connection, identity, message)
    case 'authenticate': {
      // Checking a token costs more than most commands.
      const refusal = tooFast(connection.parts.commandRate, identity.userId, null)
      if (refusal) return connection.send(refusal)
      return authenticate(connection, identity, message.token)
    }
    case 'ack':
    case 'ping':
    case 'pong':
      return
    default:
      return unreachable(message)
  }
}

function refuse(
  connection: Connection,
  message: ClientMessage,
  checked: Extract<Checked, { ok: false }>,
): void {
  if (checked.close !== undefined) return connection.close(checked.close, checked.why)
  connection.send({
    type: 'error',
    id: 'id' in message ? message.id : null,
    code: 'unavailable',
    message: 'Who you are cannot be checked right now: the auth service does not answer.',
    retry: 'after',
    after_ms: 2_000,
  })
}

async function command(
  connection: Connection,
  identity: Identity,
  message: Command,
): Promise<void> {
  const answer = await carryOut(connection.parts, identity, message)
  if (answer.type === 'error' && (answer.code === 'not_found' || answer.code === 'malformed')) {
    connection.badFrame(answer.code, answer.message, message.id)
  } else connection.send(answer)
}

async function subscribe(
  connection: Connection,
  identity: Identity,
  message: Extract<ClientMessage, { type: 'subscribe' }>,
): Promise<void> {
  const refusal = tooFast(connection.parts.commandRate, identity.userId, message.id)
  if (refusal) return connection.send(refusal)
  if (!hasScope(identity, 'chat:read')) {
    return connection.send({
      type: 'error',
      id: message.id,
      code: 'unsupported',
      message: 'This API key may not do this: it lacks the scope "chat:read".',
      retry: 'no',
    })
  }
  const known = connection.subscriptions.has(message.stream)
  if (!known && connection.subscriptions.size >= LIMITS.maxSubscriptions) {
    return connection.send({
      type: 'error',
      id: message.id,
      code: 'busy',
      message: `At most ${LIMITS.maxSubscriptions} streams on one socket: unsubscribe one first.`,
      retry: 'no',
    })
  }
  const subscription = await connection.open(message.stream, message.position ?? null)
  if (!subscription) return connection.badFrame('not_found', 'There is no such stream.', message.id)
  connection.send({ type: 'ok', id: message.id, stream: message.stream, head: subscription.head })
  subscription.start()
}

async function authenticate(
  connection: Connection,
  identity: Identity,
  token: string,
): Promise<void> {
  const answered = await connection.parts.identities.authenticate({
    authorization: `Bearer ${token}`,
  })
  if (!answered.ok) {
    // Its own proof still holds: nobody loses a socket because the auth service is away.
    if (answered.why === 'unavailable') {
      const message = 'The new token cannot be checked right now; this one holds until it ends.'
      const retry = { retry: 'after', after_ms: 2_000 } as const
      return connection.send({ type: 'error', id: null, code: 'unavailable', message, ...retry })
    }
    return connection.close(CLOSE_BY_REFUSAL[answered.why], 'the new token is not valid')
  }
  if (answered.identity.userId !== identity.userId) {
    return connection.close(4502, 'the new token is of somebody else')
  }
  if (!hasScope(answered.identity, 'chat:read')) {
    // Who goes on with less reads on with less.
    for (const stream of connection.subscriptions.keys()) connection.leave(stream)
  }
  connection.renewed(answered.identity)
}
