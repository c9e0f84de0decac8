import type { PendingCommand } from '@netra/client'

import type { Store } from './frame-store.ts'
import type { Outgoing } from './live-types.ts'

/** A value with listeners. */
export function createStore<Value>(initial: Value): Store<Value> & { set(value: Value): void } {
  const listeners = new Set<() => void>()
  let value = initial
  return {
    getSnapshot: () => value,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set(next) {
      if (Object.is(next, value)) return
      value = next
      for (const listener of listeners) listener()
    },
  }
}

/** An accepted message is in its thread within moments; then nobody needs this copy. */
const ACCEPTED_KEPT = 8

/**
 * What this page has sent (with names of its files, and for a while after it was accepted), and what
 * an earlier page left in the outbox.
 */
export function mergeOutgoing(
  own: readonly Outgoing[],
  pending: readonly PendingCommand[],
  isConnected: boolean,
): Outgoing[] {
  const commands = new Map(pending.map((item) => [clientIdOf(item), item]))
  const known = new Set(own.map((item) => item.clientMessageId))
  const status = (item: PendingCommand): Outgoing['status'] => {
    if (item.status === 'expired' || item.status === 'refused') return item.status
    if (isConnected && item.status === 'retrying') return 'held'
    return isConnected && item.status !== 'queued' ? 'sending' : 'waiting'
  }
  const left = pending.flatMap((item): Outgoing[] => {
    if (item.message.type !== 'send_message' || known.has(clientIdOf(item))) return []
    return [
      {
        clientMessageId: item.message.client_message_id,
        threadId: item.message.thread_id,
        text: item.message.content.map((part) => part.text).join(''),
        attachments: [],
        status: status(item),
        id: item.id,
        problem: item.problem,
      },
    ]
  })
  const sent = own.map((item): Outgoing => {
    const command = commands.get(item.clientMessageId)
    if (!command || item.status === 'accepted') return item
    return { ...item, status: status(command), id: command.id, problem: command.problem }
  })
  const accepted = sent.filter((item) => item.status === 'accepted').slice(-ACCEPTED_KEPT)
  return [...left, ...accepted, ...sent.filter((item) => item.status !== 'accepted')]
}

const clientIdOf = ({ message }: PendingCommand): string =>
  'client_message_id' in message ? message.client_message_id : message.id
