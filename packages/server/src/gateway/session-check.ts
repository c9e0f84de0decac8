import type { CloseCode } from '@netra/protocol'

import type { Identities, Identity, SessionEnd } from '../identity/identity.ts'

export type Checked =
  | { ok: true; identity: Identity }
  | { ok: false; close: CloseCode; why: string }
  | { ok: false; close: undefined }

/**
 * Whether a caller whose proof was accepted earlier may still act, and who they are now: before every
 * command, so that no end of a session and no change of role waits for the proof to end (S10, S12).
 * Without `close` nobody can tell right now: the command is refused and the socket stays.
 */
export async function checkSession(identities: Identities, identity: Identity): Promise<Checked> {
  const answer = identities.sessionState(identity)
  const state = answer instanceof Promise ? await answer : answer
  if (state.live) {
    const { role, email, name } = state.session
    const unchanged = role === identity.role && email === identity.email && name === identity.name
    return { ok: true, identity: unchanged ? identity : { ...identity, role, email, name } }
  }
  return state.why === 'unavailable'
    ? { ok: false, close: undefined }
    : { ok: false, ...closeOf(state.why) }
}

/** How a socket is told that its login session has ended. */
export function closeOf(why: SessionEnd | 'unavailable'): { close: CloseCode; why: string } {
  if (why === 'unavailable') {
    return { close: 4009, why: 'who you are cannot be confirmed right now' }
  }
  return why === 'disabled'
    ? { close: 4507, why: 'this account is disabled' }
    : { close: 4503, why: 'this login session has ended' }
}
