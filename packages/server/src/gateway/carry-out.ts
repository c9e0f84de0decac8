import type { ClientMessage, ServerMessageInput } from '@netra/protocol'

import type { Commands, Outcome } from '../command/command.ts'
import { hasScope, type Identity } from '../identity/identity.ts'
import type { UserId } from '../platform/ids.ts'
import type { RateLimit } from '../platform/rate-limit.ts'
import { unreachable } from '../platform/unreachable.ts'
import type { SocketMetrics } from './socket-metrics.ts'

/** What a user can want, whichever way it came. */
export type Command = Extract<
  ClientMessage,
  { type: 'send_message' | 'regenerate' | 'cancel_run' | 'decide' }
>

/** The one answer to a command; it carries the id of its question. */
export type Answer = Extract<ServerMessageInput, { type: 'ok' | 'error' }>

export interface CarryOutParts {
  commands: Commands
  /** Commands that cost the store something, beside messages, which have a limit of their own. */
  commandRate: RateLimit
  metrics: Pick<SocketMetrics, 'limited'>
}

/** @throws only the unforeseen. */
export async function carryOut(
  parts: CarryOutParts,
  identity: Pick<Identity, 'userId' | 'scopes'>,
  message: Command,
): Promise<Answer> {
  const { commands, commandRate } = parts
  const { id } = message
  const answerOf = (outcome: Outcome<Record<string, unknown>>): Answer => {
    if (!outcome.ok) noteLimit(parts.metrics, outcome.code, userId)
    return answerTo(id, outcome)
  }
  const { userId } = identity
  // Who runs an agent by a key does not thereby allow what that agent asks for.
  const needed = message.type === 'decide' ? 'approvals:write' : 'chat:write'
  if (!hasScope(identity, needed)) {
    const why = `This API key may not do this: it lacks the scope "${needed}".`
    return { type: 'error', id, code: 'unsupported', message: why, retry: 'no' }
  }
  switch (message.type) {
    case 'send_message':
      return answerOf(await commands.sendMessage(userId, message))
    case 'regenerate':
      return answerOf(await commands.regenerate(userId, message))
    case 'cancel_run':
      return (
        tooFast(commandRate, userId, id) ??
        answerOf(await commands.cancelRun(userId, message.run_id))
      )
    case 'decide':
      return tooFast(commandRate, userId, id) ?? answerOf(await commands.decide(userId, message))
    default:
      return unreachable(message)
  }
}

/** The refusal of somebody who asks too often, or undefined. */
export function tooFast(
  commandRate: RateLimit,
  userId: UserId,
  id: string | null,
): Answer | undefined {
  const wait = commandRate.take(userId)
  if (wait === 0) return undefined
  return {
    type: 'error',
    id,
    code: 'rate_limited',
    message: 'Too many commands; wait a moment.',
    retry: 'after',
    after_ms: wait,
  }
}

/** Counts a command that was refused because of how many there are. */
export function noteLimit(
  metrics: Pick<SocketMetrics, 'limited'>,
  code: string,
  userId: UserId,
): void {
  if (code === 'rate_limited') metrics.limited('messages', { user_id: userId })
  else if (code === 'busy') metrics.limited('runs', { user_id: userId })
}

function answerTo(id: string, outcome: Outcome<Record<string, unknown>>): Answer {
  if (outcome.ok) return { type: 'ok', id, ...outcome.answer }
  const { code, message, retry, afterMs } = outcome
  return {
    type: 'error',
    id,
    code,
    message,
    retry,
    ...(afterMs !== undefined && { after_ms: afterMs }),
  }
}
