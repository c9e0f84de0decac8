import { createHmac, randomBytes } from 'node:crypto'

const STEP_MS = 30_000
const DIGITS = 6
const SECRET_BYTES = 20
/** A clock may be one step ahead or behind. */
const TOLERATED_STEPS = 1
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A new secret in base32, as authenticator apps take it. */
export const newTotpSecret = (): string => base32(randomBytes(SECRET_BYTES))

/** What the QR code holds. */
export function totpUri(secret: string, email: string): string {
  const label = `Netra:${encodeURIComponent(email)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=Netra&algorithm=SHA1&digits=${DIGITS}&period=30`
}

/** The code of RFC 6238 at that time. */
export const totpCode = (secret: string, atMs: number): string =>
  codeOf(bytesOf(secret), Math.floor(atMs / STEP_MS))

/**
 * The time step whose code this is, or undefined. Each step must be accepted once only: a code seen
 * over a shoulder is then of no use.
 */
export function totpStep(secret: string, code: string, atMs: number): number | undefined {
  const now = Math.floor(atMs / STEP_MS)
  const key = bytesOf(secret)
  for (let step = now - TOLERATED_STEPS; step <= now + TOLERATED_STEPS; step++) {
    if (codeOf(key, step) === code) return step
  }
  return undefined
}

function codeOf(key: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

/** RFC 4648 §6 without padding. */
export function base32(bytes: Uint8Array): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((group) => BASE32[Number.parseInt(group.padEnd(5, '0'), 2)])
    .join('')
}

function bytesOf(text: string): Uint8Array {
  let bits = ''
  for (const letter of text) bits += BASE32.indexOf(letter).toString(2).padStart(5, '0')
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
}
