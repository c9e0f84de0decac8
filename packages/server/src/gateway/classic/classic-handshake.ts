import type { Identities, Identity } from '../../identity/identity.ts'
import { isoTime, type Clock } from '../../platform/clock.ts'
import { identify, type Handshake } from '../identify.ts'
import { LIMITS } from '../limits.ts'
import type { HandshakeEnd } from '../socket-metrics.ts'
import { CLASSIC_ENDS, type ClassicEnd } from './classic-end.ts'
import type { ClassicServerMessage } from './classic-server-message.ts'

export const NOBODY_TELLS = 'Who you are cannot be checked right now; come back in a moment.'
const NO_TOKEN =
  'There is no token: send "Authorization: Bearer <token>", or the subprotocols "jwt-auth" and "jwt.<base64url of the token>".'

type Answer =
  | { ok: true; identity: Identity }
  | ({ ok: false; end: HandshakeEnd; message: string } & ClassicEnd)

/**
 * Who opens a classic socket: by a token alone. Cookies and tickets count for nothing here, with an
 * Origin or without: no page of another site can have a token sent along (S2).
 */
export async function identifyClassic(
  identities: Identities,
  handshake: Handshake,
): Promise<Answer> {
  const answer = await identify(identities, handshake, {})
  if (answer.ok) return answer
  if (answer.why === 'unavailable') {
    return { ok: false, end: 'failed', message: NOBODY_TELLS, ...CLASSIC_ENDS[4009] }
  }
  const { code } = CLASSIC_ENDS[4501]
  const isMissing = answer.why === 'missing'
  return {
    ok: false,
    end: 'refused',
    code,
    errorCode: isMissing ? 'NO_TOKEN' : 'AUTH_FAILED',
    message: isMissing ? NO_TOKEN : answer.message,
  }
}

/** The first message of every classic socket; nothing of the client's is read before it is sent. */
export function classicWelcome(
  connectionId: string,
  identity: Identity,
  { clock, environment }: { clock: Clock; environment: string },
): ClassicServerMessage {
  const now = isoTime(clock)
  return {
    type: 'system_message',
    data: {
      event: 'connection_established',
      connection_id: connectionId,
      user_id: identity.userId,
      server_time: now,
      connection_ready: true,
      environment,
      expires_at: identity.expiresAt,
      config: {
        heartbeat_interval: LIMITS.heartbeatIntervalMs / 1000,
        max_message_size: LIMITS.maxFrameBytes,
      },
    },
    timestamp: now,
  }
}
