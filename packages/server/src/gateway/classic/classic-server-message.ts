import type { StreamEvent } from '@netra/protocol'

/** What a classic socket is sent beside the events of its threads. */
export const CLASSIC_SERVER_TYPES = [
  'system_message',
  'error_message',
  'error',
  'ack',
  'pong',
  'heartbeat_ack',
  'message_received',
  'agent_stopped',
  'thread_list',
  'thread_history',
  'thread_created',
  'thread_switched',
  'thread_renamed',
  'thread_deleted',
  'thread_loaded',
  'authenticated',
] as const

export type ClassicServerType = (typeof CLASSIC_SERVER_TYPES)[number]

export type ClassicServerMessage = {
  type: ClassicServerType | StreamEvent['type']
} & Record<string, unknown>
