import { stat } from 'node:fs/promises'

import type { TokenVerifier } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { ChangeFeed } from '../service/change-feed.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import {
  makeSigningKey,
  readSigningKeys,
  signingKeysFile,
  writeSigningKeys,
  type StoredKey,
} from './key-files.ts'
import { KeyRing } from './key-ring.ts'

const ROTATE_AFTER_MS = 30 * 24 * 3600 * 1000
/** A key is shown this long before it signs, so that no node meets a token that it cannot verify. */
const SHOWN_BEFORE_MS = 10 * 60_000
/** The longest life of any token, and the clocks' difference that verifiers allow. */
const LAST_TOKEN_MS = 3600_000 + 60_000
const LOOK_MS = 1000
const LOOKS_PER_CHECK = 3600

interface Needs {
  folder: string
  keys: readonly [StoredKey, ...StoredKey[]]
  database: AuthDatabase
  changes: ChangeFeed
  clock: Clock
  logger: Logger
}

/**
 * The keys that sign tokens, as the file of the data folder says at any time. A change is made inside
 * a write transaction of the account store, so that of several processes one makes it and the others
 * read it.
 */
export class SigningKeys {
  readonly #needs: Needs
  #ring: KeyRing
  #version = ''
  #looks = 0
  #isLooking = false
  #cancel: () => void = () => {}

  constructor(needs: Needs) {
    this.#needs = needs
    this.#ring = new KeyRing(needs.keys)
    this.#schedule()
  }

  get verifier(): TokenVerifier {
    return this.#ring.verifier
  }

  signing(nowMs: number) {
    return this.#ring.signing(nowMs)
  }

  /** A new key when the newest is a month old; those whose last token has ended go. */
  async rotateIfDue(): Promise<void> {
    const now = this.#needs.clock.now()
    const [newest] = this.#ring.keys
    const isDue = (key: StoredKey): boolean => now - madeAt(key) >= ROTATE_AFTER_MS
    if (!isDue(newest)) {
      this.#change((keys) => withoutEnded(keys, now))
      return
    }
    const made = await makeSigningKey(now + SHOWN_BEFORE_MS, now)
    this.#change((keys) =>
      // Another process may have been quicker.
      isDue(keys[0]) ? [made, ...withoutEnded(keys, now)] : withoutEnded(keys, now),
    )
  }

  /**
   * A new key now. Those before go on verifying until their last token has ended; `compromised`: they
   * are dropped, and every token ends at once.
   */
  async rotate({ compromised = false }: { compromised?: boolean } = {}): Promise<void> {
    const now = this.#needs.clock.now()
    const made = await makeSigningKey(compromised ? now : now + SHOWN_BEFORE_MS, now)
    this.#change((keys) => (compromised ? [made] : [made, ...withoutEnded(keys, now)]))
  }

  /** Reads the file again when it is another than before. */
  async look(): Promise<void> {
    const { mtimeMs, ino } = await stat(signingKeysFile(this.#needs.folder))
    const version = `${ino} ${mtimeMs}`
    if (version === this.#version) return
    this.#ring = new KeyRing(readSigningKeys(this.#needs.folder))
    this.#version = version
  }

  close(): void {
    this.#cancel()
    this.#cancel = () => {}
  }

  #change(how: (keys: readonly [StoredKey, ...StoredKey[]]) => readonly StoredKey[]): void {
    const { database, changes, folder, logger } = this.#needs
    database.exec('BEGIN IMMEDIATE')
    try {
      const before = readSigningKeys(folder)
      const [first, ...rest] = how(before)
      const isChange =
        first !== undefined && (first.kid !== before[0].kid || rest.length !== before.length - 1)
      if (isChange) {
        writeSigningKeys(folder, [first, ...rest])
        changes.keysChanged()
        this.#ring = new KeyRing([first, ...rest])
        logger.info({ kids: [first, ...rest].map(({ kid }) => kid) }, 'signing keys changed')
      }
      database.exec('COMMIT')
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }

  #schedule(): void {
    this.#cancel = this.#needs.clock.after(LOOK_MS, () => {
      this.#looks += 1
      const isCheck = this.#looks % LOOKS_PER_CHECK === 1
      // A slow disk must not gather looks.
      if (!this.#isLooking || isCheck) void this.#upkeep(isCheck)
      this.#schedule()
    })
  }

  async #upkeep(isCheck: boolean): Promise<void> {
    this.#isLooking = true
    try {
      await this.look()
      if (isCheck) await this.rotateIfDue()
    } catch (error) {
      this.#needs.logger.error({ err: error }, 'the signing keys cannot be read')
    } finally {
      this.#isLooking = false
    }
  }
}

/** A key's name is a UUIDv7, which begins with its time. */
const madeAt = (key: StoredKey): number =>
  key.madeAt ?? (Number.parseInt(key.kid.replaceAll('-', '').slice(0, 12), 16) || 0)

/** A key may go when the one after it has signed for longer than any token lives. */
const withoutEnded = (keys: readonly StoredKey[], now: number): StoredKey[] =>
  keys.filter((_key, index) => {
    const next = keys[index - 1]
    return next === undefined || (next.signsFrom ?? 0) + LAST_TOKEN_MS > now
  })
