import { createHmac, randomBytes } from 'node:crypto'

import type { AuthDatabase } from '../store/auth-database.ts'
import { base32 } from './totp.ts'

export const RECOVERY_CODE_TABLES = `
  CREATE TABLE recovery_code (
    user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
  ) STRICT, WITHOUT ROWID;
`

const CODES = 10
/** 50 bits: ten letters, which people can copy from paper. */
const CODE_CHARS = 10
const CODE_BYTES = 7

/**
 * For whoever lost the authenticator app; each works once. Kept as keyed hashes: without the key,
 * which is not in the store, even so short a code cannot be found by trying.
 */
export class RecoveryCodes {
  readonly #database: AuthDatabase
  readonly #key: Uint8Array

  constructor(database: AuthDatabase, key: Uint8Array) {
    this.#database = database
    this.#key = key
  }

  /** New ones in place of the old; they are in this answer alone. */
  replace(userId: string): string[] {
    const codes = Array.from({ length: CODES }, newCode)
    this.#database.transaction(() => {
      this.removeAll(userId)
      for (const code of codes) {
        this.#database.run(
          'INSERT INTO recovery_code (user_id, code_hash) VALUES (?, ?)',
          userId,
          this.#hash(userId, code),
        )
      }
    })
    return codes
  }

  /** True for exactly one use. */
  spend(userId: string, code: string): boolean {
    const hash = this.#hash(userId, code)
    return (
      this.#database.run(
        'DELETE FROM recovery_code WHERE user_id = ? AND code_hash = ?',
        userId,
        hash,
      ) === 1
    )
  }

  left(userId: string): number {
    return (
      this.#database.get<{ n: number }>(
        'SELECT count(*) AS n FROM recovery_code WHERE user_id = ?',
        userId,
      )?.n ?? 0
    )
  }

  removeAll(userId: string): void {
    this.#database.run('DELETE FROM recovery_code WHERE user_id = ?', userId)
  }

  #hash(userId: string, code: string): string {
    const letters = code.toLowerCase().replaceAll(/[^a-z2-7]/g, '')
    return createHmac('sha256', this.#key).update(`${userId}:${letters}`).digest('base64url')
  }
}

function newCode(): string {
  const letters = base32(randomBytes(CODE_BYTES)).slice(0, CODE_CHARS).toLowerCase()
  return `${letters.slice(0, CODE_CHARS / 2)}-${letters.slice(CODE_CHARS / 2)}`
}
