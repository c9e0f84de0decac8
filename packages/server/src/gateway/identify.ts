import type { CloseCode } from '@netra/protocol'

import type { Identities, Identity, Refusal } from '../identity/identity.ts'

/** What the upgrade request brought along; an Origin in it has passed the allow-list already. */
export interface Handshake {
  origin: string | undefined
  cookie: string | undefined
  authorization: string | undefined
  /** From the subprotocol `jwt.<base64url>`. */
  protocolToken: string | undefined
  address: string
}

export type Identified =
  | { ok: true; identity: Identity }
  | { ok: false; why: Refusal; code: CloseCode; message: string }

const SIGN_IN = 'Sign in: send a ticket with its cookie (browsers) or a token (programs) in hello.'

/** How a socket ends whose fresh proof does not hold. */
export const CLOSE_BY_REFUSAL: Record<Exclude<Refusal, 'unavailable'>, CloseCode> = {
  missing: 4501,
  invalid: 4501,
  expired: 4006,
  revoked: 4503,
  disabled: 4507,
}

/**
 * Who opens this socket. A page (it has an Origin) proves itself by a one-time ticket and the
 * session cookie it is bound to; a program by a token. Without an Origin, cookies and tickets count
 * for nothing (S2).
 */
export async function identify(
  identities: Identities,
  handshake: Handshake,
  hello: { ticket?: string | undefined; token?: string | undefined },
): Promise<Identified> {
  if (hello.ticket !== undefined && handshake.origin !== undefined) {
    const answer = await identities.redeemTicket(hello.ticket, handshake.cookie)
    return answer.ok ? answer : refused(answer.why)
  }
  const token = hello.token ?? handshake.protocolToken
  const authorization = token === undefined ? handshake.authorization : `Bearer ${token}`
  if (authorization === undefined) return refused('missing')
  const answer = await identities.authenticate({ authorization })
  return answer.ok ? answer : refused(answer.why)
}

function refused(why: Refusal): Identified {
  switch (why) {
    case 'missing':
      return { ok: false, why, code: 4501, message: SIGN_IN }
    case 'expired':
      return {
        ok: false,
        why,
        code: 4006,
        message: 'The token has expired: come back with a fresh one.',
      }
    case 'revoked':
      return { ok: false, why, code: 4503, message: 'This login session has ended.' }
    case 'disabled':
      return { ok: false, why, code: 4507, message: 'This account is disabled.' }
    case 'unavailable':
      return { ok: false, why, code: 4009, message: 'Who you are cannot be checked right now.' }
    case 'invalid':
    default:
      return { ok: false, why, code: 4501, message: 'The ticket or token is not valid.' }
  }
}
