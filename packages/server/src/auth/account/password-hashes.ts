import { availableParallelism } from 'node:os'

import { hashPassword, verifyPassword } from 'better-auth/crypto'

import { Gate } from './gate.ts'

/** Leaves a core to the event loop, and one of libuv's four threads to files. */
const CHECKS_AT_ONCE = Math.min(Math.max(availableParallelism() - 1, 1), 3)
const MAX_CHECKS_WAITING = 200
/** Of the same form and cost as a real one; no password has it. */
const NOBODYS_HASH = `${'0'.repeat(32)}:${'0'.repeat(128)}`

/** Password hashes (scrypt, Better Auth's form), a bounded number of them at once. */
export class PasswordHashes {
  readonly #gate = new Gate(CHECKS_AT_ONCE, MAX_CHECKS_WAITING)

  /** @throws AuthError `busy` */
  hash(password: string): Promise<string> {
    return this.#gate.run(() => hashPassword(password))
  }

  /** Takes as long without a hash as with one. @throws AuthError `busy` */
  async matches(hash: string | null | undefined, password: string): Promise<boolean> {
    const isRight = await this.#gate.run(() =>
      verifyPassword({ hash: hash ?? NOBODYS_HASH, password }),
    )
    return isRight && typeof hash === 'string'
  }
}
