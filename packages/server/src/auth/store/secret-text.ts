import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits as URL-safe text. */
export const randomSecret = (): string => randomBytes(32).toString('base64url')

/** What is stored instead of a secret of full entropy: no salt or stretching is needed for those. */
export const hashSecret = (secret: string): string =>
  createHash('sha256').update(secret).digest('base64url')
