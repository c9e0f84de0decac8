import type { CloseCode } from '@netra/protocol'

/** The one `error_code` and close code of a classic socket for each reason to end a socket. */
export interface ClassicEnd {
  code: number
  errorCode: string
}

const TRY_LATER = 1013
const INTERNAL = 1011
const POLICY = 1008
const RESTARTING = 1012

/** What a classic socket is closed with, by what a native one would be (RFC 6455, 7.4.1). */
export const CLASSIC_ENDS: Record<CloseCode, ClassicEnd> = {
  4001: { code: RESTARTING, errorCode: 'SERVER_RESTARTING' },
  4003: { code: TRY_LATER, errorCode: 'CONNECTION_SILENT' },
  4004: { code: TRY_LATER, errorCode: 'SLOW_CONSUMER' },
  4005: { code: INTERNAL, errorCode: 'POSITION_LOST' },
  4006: { code: POLICY, errorCode: 'TOKEN_EXPIRED' },
  4007: { code: TRY_LATER, errorCode: 'RATE_LIMITED' },
  4008: { code: INTERNAL, errorCode: 'INTERNAL_ERROR' },
  4009: { code: TRY_LATER, errorCode: 'SERVICE_UNAVAILABLE' },
  4010: { code: TRY_LATER, errorCode: 'NODE_FULL' },
  4011: { code: TRY_LATER, errorCode: 'SERVICE_UNAVAILABLE' },
  4500: { code: POLICY, errorCode: 'TOO_MANY_ERRORS' },
  4501: { code: POLICY, errorCode: 'AUTH_FAILED' },
  4502: { code: POLICY, errorCode: 'IDENTITY_CHANGED' },
  4503: { code: 4503, errorCode: 'SESSION_ENDED' },
  4504: { code: TRY_LATER, errorCode: 'CONNECTION_LIMIT' },
  4505: { code: POLICY, errorCode: 'AUTH_FAILED' },
  4506: { code: POLICY, errorCode: 'REPLACED' },
  4507: { code: 4507, errorCode: 'ACCOUNT_DISABLED' },
  4508: { code: POLICY, errorCode: 'AUTH_UNAUTHORIZED' },
}
