/** What a client does after a close: resume, resume only with a fresh token, or stop. */
export type AfterClose = 'resume' | 'resume_with_fresh_token' | 'stop'

interface CloseCodeEntry {
  readonly name: string
  /** For the person who reads a log. */
  readonly meaning: string
}

/** 4000 to 4499 come back and resume; 4500 to 4999 stop. */
export const CLOSE_CODES = {
  4001: { name: 'draining', meaning: 'this node is going down; come back, another one answers' },
  4003: { name: 'no_pong', meaning: 'nothing was heard from the client for the heartbeat timeout' },
  4004: { name: 'slow_consumer', meaning: 'the client did not acknowledge what it was sent' },
  4005: {
    name: 'position_lost',
    meaning: 'the server lost its place in a stream; subscribe again',
  },
  4006: { name: 'token_expired', meaning: 'come back with a fresh token, not with this one' },
  4007: { name: 'rate_limited', meaning: 'too many messages; come back later' },
  4008: { name: 'internal', meaning: 'a fault of the server' },
  4009: { name: 'store_unavailable', meaning: 'the journal cannot be written or read now' },
  4010: { name: 'node_full', meaning: 'this node holds as many sockets as it may' },
  4011: { name: 'hello_timeout', meaning: 'no hello within 10 s of the upgrade' },
  4500: { name: 'malformed', meaning: 'the client sent what the protocol does not allow' },
  4501: { name: 'not_authenticated', meaning: 'no valid ticket, session or token' },
  4502: { name: 'identity_changed', meaning: 'the new token belongs to somebody else' },
  4503: { name: 'session_revoked', meaning: 'the login session has ended' },
  4504: { name: 'connection_limit', meaning: 'this user has as many sockets as allowed' },
  4505: {
    name: 'version_not_served',
    meaning: 'this protocol version is not served: update the client',
  },
  4506: { name: 'replaced', meaning: 'a newer socket of the same instance took over' },
  4507: { name: 'account_disabled', meaning: 'the account may not connect' },
  4508: { name: 'forbidden', meaning: 'this user may not connect here' },
} as const satisfies Record<number, CloseCodeEntry>

export type CloseCode = keyof typeof CLOSE_CODES
export type CloseName = (typeof CLOSE_CODES)[CloseCode]['name']

const isCloseCode = (code: number): code is CloseCode => Object.hasOwn(CLOSE_CODES, code)

/** The number behind a name: `closeCode('draining')` is 4001. */
export function closeCode(name: CloseName): CloseCode {
  for (const text of Object.keys(CLOSE_CODES)) {
    const code = Number(text)
    if (isCloseCode(code) && CLOSE_CODES[code].name === name) return code
  }
  throw new RangeError(`no close code is named ${name}`)
}

/** The entry of a code; undefined for a code this version does not know. */
export function describeCloseCode(code: number): CloseCodeEntry | undefined {
  return isCloseCode(code) ? CLOSE_CODES[code] : undefined
}

/**
 * What to do after a close. Codes below 4000 are the network's and are come back from, a clean 1000
 * too: a clean close is not a finished run.
 */
export function afterClose(code: number): AfterClose {
  if (code === 4006) return 'resume_with_fresh_token'
  if (code >= 4500 && code <= 4999) return 'stop'
  return 'resume'
}

/** True when the client opens a new socket by itself after this code. */
export const comesBack = (code: number): boolean => afterClose(code) !== 'stop'
