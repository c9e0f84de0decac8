import { z } from 'zod'

import { pongSchema, serverPingSchema } from '../heartbeat.ts'
import { authenticatedSchema } from './authenticated.ts'
import { authenticationDueSchema } from './authentication-due.ts'
import { errorFrameSchema } from './error.ts'
import type { EventFrame } from './event.ts'
import { eventFrameSchema } from './event.ts'
import { goawaySchema } from './goaway.ts'
import { liveSchema } from './live.ts'
import { okSchema } from './ok.ts'
import { resetSchema } from './reset.ts'
import { snapshotSchema } from './snapshot.ts'
import { welcomeSchema } from './welcome.ts'

/** Everything a server may say. */
export const serverMessageSchema = z.discriminatedUnion('type', [
  welcomeSchema,
  eventFrameSchema,
  snapshotSchema,
  resetSchema,
  liveSchema,
  okSchema,
  errorFrameSchema,
  serverPingSchema,
  pongSchema,
  authenticatedSchema,
  authenticationDueSchema,
  goawaySchema,
])

/** As read: an event of a later version is `unknown`, never an error. */
export type ServerMessage =
  | Exclude<z.infer<typeof serverMessageSchema>, { type: 'event' }>
  | EventFrame
/** As built by a server: ids and positions are plain text. */
export type ServerMessageInput = z.input<typeof serverMessageSchema>
export type ServerMessageType = ServerMessage['type']

export const SERVER_MESSAGE_TYPES = [
  'welcome',
  'event',
  'snapshot',
  'reset',
  'live',
  'ok',
  'error',
  'ping',
  'pong',
  'authenticated',
  'authentication_due',
  'goaway',
] as const satisfies readonly ServerMessageType[]
