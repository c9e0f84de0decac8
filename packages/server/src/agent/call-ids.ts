import { randomInt } from 'node:crypto'

import type { ModelReply } from './model/call-model.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** The one length that every service takes: some insist on it, none refuses it. */
const LENGTH = 9

export const newCallId = (): string =>
  Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

/**
 * Gives each tool call an id of our own, also in what the model is shown of its answer. Some servers
 * number calls anew in every answer (`call_0`), but in a thread an id names one call for ever.
 */
export function withOwnCallIds(reply: ModelReply): ModelReply {
  const calls = reply.calls.map((call) => ({ ...call, toolCallId: newCallId() }))
  // The parts of the content that are calls stand in the order of the calls.
  let index = 0
  const content = reply.content.map((part) =>
    part.type === 'tool-call'
      ? { ...part, toolCallId: calls[index++]?.toolCallId ?? part.toolCallId }
      : part,
  )
  return { ...reply, calls, content }
}
