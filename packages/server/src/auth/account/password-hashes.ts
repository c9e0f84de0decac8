import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'

import { Gate } from './gate.ts'

/** Leaves a core to the event loop, and one of libuv's four threads to files. */
const CHECKS_AT_ONCE = Math.min(Math.max(availableParallelism() - 1, 1), 3)
const MAX_CHECKS_WAITING = 200
const NOBODYS_SALT = '0'.repeat(32)
const KEY_BYTES = 64
/** Better Auth's, whose hashes these are; OWASP asks for no less. */
const COST = { N: 16_384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 }

type Hash = string | null | undefined

/** Password hashes (scrypt, Better Auth's form: `salt:key`), a bounded number of them at once. */
export class PasswordHashes {
  readonly #gate = new Gate(CHECKS_AT_ONCE, MAX_CHECKS_WAITING)

  /** With the salt of `like`, so that one check compares a password with both. @throws AuthError `busy` */
  async hash(password: string, like?: Hash): Promise<string> {
    const salt = like ? saltOf(like) : randomBytes(16).toString('hex')
    const key = await this.#gate.run(() => keyOf(password, salt))
    return `${salt}:${key.toString('hex')}`
  }

  /** Takes as long without a hash as with one. @throws AuthError `busy` */
  async matches(hash: Hash, password: string): Promise<boolean> {
    const [isRight = false] = await this.matching([hash], password)
    return isRight
  }

  /**
   * Which of some hashes the password has, in the time of one check: those of another salt than the
   * first have it not.
   *
   * @throws AuthError `busy`
   */
  async matching(hashes: readonly Hash[], password: string): Promise<boolean[]> {
    const first = hashes.find((hash) => typeof hash === 'string')
    const salt = first ? saltOf(first) : NOBODYS_SALT
    const key = await this.#gate.run(() => keyOf(password, salt))
    return hashes.map((hash) => typeof hash === 'string' && isOf(hash, salt, key))
  }
}

const saltOf = (hash: string): string => hash.split(':')[0] ?? ''

function isOf(hash: string, salt: string, key: Buffer): boolean {
  const known = Buffer.from(hash.slice(salt.length + 1), 'hex')
  return hash.startsWith(`${salt}:`) && known.length === KEY_BYTES && timingSafeEqual(known, key)
}

const keyOf = (password: string, salt: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, COST, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
