import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** `purpose` is bound to the secret: sealed for one provider, it does not open as another's. */
export function sealSecret(key: Uint8Array, secret: string, purpose: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(purpose))
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')}`
}

/** Undefined when it was sealed with another key or for another purpose, or was changed. */
export function openSecret(key: Uint8Array, box: string, purpose: string): string | undefined {
  const [version, body] = box.split('.')
  const bytes = Buffer.from(body ?? '', 'base64url')
  if (version !== 'v1' || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  try {
    const opener = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(purpose))
      .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    const sealed = bytes.subarray(NONCE_BYTES + TAG_BYTES)
    return Buffer.concat([opener.update(sealed), opener.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
