import { z } from 'zod'

/** What an auth service that runs alone and its nodes say to each other; both sides are ours. */

const id = z.string().min(1).max(128)
const sessionEnd = z.enum(['revoked', 'disabled', 'expired'])

export const wireSession = z.object({
  session_id: id,
  user_id: id,
  email: z.string(),
  name: z.string(),
  role: z.enum(['user', 'admin']),
  scopes: z
    .array(
      z.enum([
        'chat:read',
        'chat:write',
        'files:read',
        'files:write',
        'account:read',
        'approvals:write',
        'usage:write',
      ]),
    )
    .nullable(),
  is_test_user: z.boolean(),
  expires_at_ms: z.number(),
  idle_end_ms: z.number(),
})
export type WireSession = z.output<typeof wireSession>

export const wireSessionState = z.discriminatedUnion('live', [
  z.object({ live: z.literal(true), session: wireSession }),
  z.object({ live: z.literal(false), why: sessionEnd }),
])
export type WireSessionState = z.output<typeof wireSessionState>

export const wireSessionStates = z.object({ states: z.array(wireSessionState) })

export const wireAuthentication = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    session: wireSession,
    kind: z.enum(['session', 'token', 'api_key']),
    /** When the proof that was shown ends (ISO 8601). */
    expires_at: z.string(),
    set_cookies: z.array(z.string()),
  }),
  z.object({
    ok: z.literal(false),
    why: z.enum(['missing', 'invalid', 'expired', 'revoked', 'disabled', 'unavailable']),
  }),
])
export type WireAuthentication = z.output<typeof wireAuthentication>

/** At most so many sessions are asked for at once. */
export const MAX_SESSIONS_ASKED = 100

/** Nothing is heard for longer than this only when something is wrong. */
export const FEED_HEARTBEAT_MS = 10_000

const position = z.string()
/**
 * A line of the feed (NDJSON). `begin`: what follows is all there is since the position asked for.
 * `reset`: that cannot be said; whoever remembers anything must forget it.
 */
export const feedLine = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begin'), position }),
  z.object({ kind: z.literal('reset'), position, why: z.string() }),
  z.object({ kind: z.literal('heartbeat'), position }),
  z.object({
    kind: z.literal('session_ended'),
    position,
    session_id: id,
    user_id: id,
    why: sessionEnd,
  }),
  z.object({ kind: z.literal('user_changed'), position, user_id: id }),
  z.object({ kind: z.literal('user_removed'), position, user_id: id }),
  z.object({ kind: z.literal('keys_changed'), position }),
])
export type FeedLine = z.output<typeof feedLine>

/** What a node says of the person it forwards a request for; believed only with valid credentials. */
export const FORWARDED = {
  /** A service token, since Authorization is the person's own. */
  service: 'x-netra-service',
  address: 'x-netra-client-address',
  isLocal: 'x-netra-client-local',
} as const

export const TRACE_HEADER = 'x-trace-id'
