import type { ClientMessage } from '@netra/protocol'

import type { Outcome } from '../command/command.ts'
import { asId, type UserId } from '../platform/ids.ts'
import { unreachable } from '../platform/unreachable.ts'
import type { Connection } from './connection.ts'
import { LIMITS } from './limits.ts'

/** What a client that has said hello may ask; every answer carries the id of its question. */
export async function handleMessage(connection: Connection, message: ClientMessage): Promise<void> {
  const { commands } = connection.parts
  const userId = asId<UserId>(connection.userId ?? '')
  switch (message.type) {
    case 'hello':
      return connection.badFrame('malformed', 'hello was said already.', null)
    case 'subscribe':
      return subscribe(connection, message)
    case 'unsubscribe':
      connection.subscriptions.get(message.stream)?.end()
      connection.subscriptions.delete(message.stream)
      return connection.send({ type: 'ok', id: message.id })
    case 'send_message':
      return answer(connection, message.id, await commands.sendMessage(userId, message))
    case 'regenerate':
      return answer(connection, message.id, await commands.regenerate(userId, message))
    case 'cancel_run': {
      if (isTooFast(connection, message.id)) return
      return answer(connection, message.id, await commands.cancelRun(userId, message.run_id))
    }
    case 'decide':
      return connection.badFrame('not_found', 'There is no such approval.', message.id)
    case 'authenticate':
      return authenticate(connection, message.token)
    case 'ack':
    case 'ping':
    case 'pong':
      return
    default:
      return unreachable(message)
  }
}

async function subscribe(
  connection: Connection,
  message: Extract<ClientMessage, { type: 'subscribe' }>,
): Promise<void> {
  if (isTooFast(connection, message.id)) return
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

async function authenticate(connection: Connection, token: string): Promise<void> {
  const answered = await connection.parts.auth.authenticate({ authorization: `Bearer ${token}` })
  if (!answered.ok) {
    const code = answered.why === 'expired' ? 4006 : answered.why === 'disabled' ? 4507 : 4501
    return connection.close(code, 'the new token is not valid')
  }
  if (answered.identity.userId !== connection.userId) {
    return connection.close(4502, 'the new token is of somebody else')
  }
  connection.renewed(answered.identity)
}

/** Commands that cost the store something, beside messages, which have a limit of their own. */
function isTooFast(connection: Connection, id: string): boolean {
  const wait = connection.parts.commandRate.take(connection.userId ?? '')
  if (wait === 0) return false
  connection.send({
    type: 'error',
    id,
    code: 'rate_limited',
    message: 'Too many commands; wait a moment.',
    retry: 'after',
    after_ms: wait,
  })
  return true
}

function answer(
  connection: Connection,
  id: string,
  outcome: Outcome<Record<string, unknown>>,
): void {
  if (outcome.ok) return connection.send({ type: 'ok', id, ...outcome.answer })
  if (outcome.code === 'not_found' || outcome.code === 'malformed') {
    return connection.badFrame(outcome.code, outcome.message, id)
  }
  connection.send({
    type: 'error',
    id,
    code: outcome.code,
    message: outcome.message,
    retry: outcome.retry,
    ...(outcome.afterMs !== undefined && { after_ms: outcome.afterMs }),
  })
}
