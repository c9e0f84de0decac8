import { Secret, TOTP } from 'otpauth'

const STEP_MS = 30_000
/** A clock may be one step ahead or behind. */
const TOLERATED_STEPS = 1

const totpOf = (secret: string, label = ''): TOTP =>
  new TOTP({ issuer: 'Netra', label, secret: Secret.fromBase32(secret) })

/** A new secret of 160 bits in base32, as authenticator apps take it. */
export const newTotpSecret = (): string => new Secret({ size: 20 }).base32

/** What the QR code holds. */
export const totpUri = (secret: string, email: string): string => totpOf(secret, email).toString()

/** The code of RFC 6238 at that time. */
export const totpCode = (secret: string, atMs: number): string =>
  totpOf(secret).generate({ timestamp: atMs })

/**
 * The time step whose code this is, or undefined. Each step must be accepted once only: a code seen
 * over a shoulder is then of no use.
 */
export function totpStep(secret: string, code: string, atMs: number): number | undefined {
  const window = TOLERATED_STEPS
  const ahead = totpOf(secret).validate({ token: code, timestamp: atMs, window })
  return ahead === null ? undefined : Math.floor(atMs / STEP_MS) + ahead
}

/** RFC 4648 §6 without padding. */
export const base32 = (bytes: Uint8Array<ArrayBuffer>): string =>
  new Secret({ buffer: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) })
    .base32
