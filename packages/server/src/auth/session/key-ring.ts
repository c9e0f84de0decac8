import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

import { TokenVerifier } from '../../identity/identity.ts'
import type { StoredKey } from './key-files.ts'

/** Signing keys as they were read: the newest whose time has come signs, all of them verify. */
export class KeyRing {
  readonly keys: readonly [StoredKey, ...StoredKey[]]
  readonly verifier: TokenVerifier
  readonly #private = new Map<string, KeyObject>()

  /** Newest first. */
  constructor(keys: readonly [StoredKey, ...StoredKey[]]) {
    this.keys = keys
    this.verifier = new TokenVerifier(
      keys.map(({ kid, privateKey }) => [kid, createPublicKey(privateKey)] as const),
    )
  }

  signing(nowMs: number): { kid: string; key: KeyObject } {
    const { keys } = this
    const { kid, privateKey } =
      keys.find(({ signsFrom = 0 }) => signsFrom <= nowMs) ?? keys.at(-1) ?? keys[0]
    const known = this.#private.get(kid) ?? createPrivateKey(privateKey)
    this.#private.set(kid, known)
    return { kid, key: known }
  }
}
