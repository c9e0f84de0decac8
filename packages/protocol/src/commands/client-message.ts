import { z } from 'zod'

import { clientPingSchema, pongSchema } from '../heartbeat.ts'
import { ackSchema } from './ack.ts'
import { authenticateSchema } from './authenticate.ts'
import { cancelRunSchema } from './cancel-run.ts'
import { decideSchema } from './decide.ts'
import { helloSchema } from './hello.ts'
import { regenerateSchema } from './regenerate.ts'
import { sendMessageSchema } from './send-message.ts'
import { subscribeSchema } from './subscribe.ts'
import { unsubscribeSchema } from './unsubscribe.ts'

/** Everything a client may say. */
export const clientMessageSchema = z.discriminatedUnion('type', [
  helloSchema,
  subscribeSchema,
  unsubscribeSchema,
  sendMessageSchema,
  regenerateSchema,
  cancelRunSchema,
  decideSchema,
  ackSchema,
  authenticateSchema,
  clientPingSchema,
  pongSchema,
])

export const CLIENT_MESSAGE_TYPES = [
  'hello',
  'subscribe',
  'unsubscribe',
  'send_message',
  'regenerate',
  'cancel_run',
  'decide',
  'ack',
  'authenticate',
  'ping',
  'pong',
] as const satisfies readonly ClientMessage['type'][]

export type ClientMessage = z.infer<typeof clientMessageSchema>
/** As built by a sender: ids are plain text, defaults may be absent. */
export type ClientMessageInput = z.input<typeof clientMessageSchema>
export type ClientMessageType = ClientMessage['type']
