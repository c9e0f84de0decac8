import type { Clock } from '../../platform/clock.ts'
import type { UserId } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import type { Origin } from '../session/session-start.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { openText, sealText } from '../store/sealed-text.ts'
import type { AccountRows } from './account-rows.ts'
import { Attempts } from './attempts.ts'
import type { Passwords } from './password.ts'
import { RECOVERY_CODE_TABLES, RecoveryCodes } from './recovery-codes.ts'
import { newTotpSecret, totpStep, totpUri } from './totp.ts'
import { CHALLENGE_TABLES, TwoFactorChallenges } from './two-factor-challenges.ts'

/** `last_step`: the newest time step whose code was accepted; it and older ones are used up. */
export const TWO_FACTOR_TABLES = `
  CREATE TABLE two_factor (
    user_id TEXT PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    enabled_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  ${CHALLENGE_TABLES}
  ${RECOVERY_CODE_TABLES}
`

/** Of 10 guesses an hour at three codes in a million, a year's worth finds one in four times. */
const GUESSES = { windowMs: 3600_000, perAccountAndAddress: 10, perAccount: 10, perAddress: 100 }

interface Needs {
  database: AuthDatabase
  clock: Clock
  rows: AccountRows
  passwords: Passwords
  audit: AuditLog
  /** Seals the secrets; not in the store. */
  key: Uint8Array
}

interface Row {
  secret: string
  enabled_at: number | null
}

/**
 * A second proof beside the password: codes of an authenticator app (TOTP), or recovery codes. Whoever
 * signs in through a provider has proved what that provider asks for and is not asked again.
 */
export class TwoFactor {
  readonly #needs: Needs
  readonly #challenges: TwoFactorChallenges
  readonly #recovery: RecoveryCodes
  readonly #guesses: Attempts

  constructor(needs: Needs) {
    this.#needs = needs
    this.#challenges = new TwoFactorChallenges(needs.database, needs.clock)
    this.#recovery = new RecoveryCodes(needs.database, needs.key)
    this.#guesses = new Attempts(GUESSES, needs.clock)
  }

  isEnabled(userId: string): boolean {
    return this.#row(userId)?.enabled_at != null
  }

  recoveryCodesLeft(userId: string): number {
    return this.#recovery.left(userId)
  }

  /**
   * A new secret, which counts for nothing before `enable`.
   *
   * @throws AuthError `two_factor_enabled` and as `Passwords.confirm`.
   */
  async setup(
    userId: UserId,
    { password, ...origin }: Origin & { password: string },
  ): Promise<{ secret: string; uri: string }> {
    const { database, rows, passwords, key } = this.#needs
    await passwords.confirm(userId, password, origin)
    const account = rows.byId(userId)
    if (account === undefined) throw new AuthError('not_found')
    const secret = newTotpSecret()
    const made = database.run(
      `INSERT INTO two_factor (user_id, secret) VALUES (?, ?)
       ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0
       WHERE enabled_at IS NULL`,
      userId,
      sealText(key, userId, secret),
    )
    if (made === 0) throw new AuthError('two_factor_enabled')
    return { secret, uri: totpUri(secret, account.email) }
  }

  /**
   * Shows that the app has the secret; from here on signing in asks for a code.
   *
   * @returns recovery codes, in this answer alone
   * @throws AuthError `two_factor_not_set_up`, `two_factor_enabled`, `two_factor_code_invalid` or
   *   `rate_limited`.
   */
  async enable(userId: UserId, { code, ...origin }: Origin & { code: string }): Promise<string[]> {
    const { database, clock, audit } = this.#needs
    return this.#guessing(userId, origin, () =>
      database.transaction(() => {
        const row = this.#row(userId)
        if (row === undefined) throw new AuthError('two_factor_not_set_up')
        if (row.enabled_at !== null) throw new AuthError('two_factor_enabled')
        if (!this.#takeCode(userId, row, code)) throw new AuthError('two_factor_code_invalid')
        database.run('UPDATE two_factor SET enabled_at = ? WHERE user_id = ?', clock.now(), userId)
        audit.record({
          actor: { kind: 'user', id: userId },
          action: 'two_factor.enabled',
          userId,
          address: origin.address,
        })
        return this.#recovery.replace(userId)
      }),
    )
  }

  /** @throws AuthError as `Passwords.confirm`. */
  async disable(
    userId: UserId,
    { password, ...origin }: Origin & { password: string },
  ): Promise<void> {
    await this.#needs.passwords.confirm(userId, password, origin)
    const actor = { kind: 'user', id: userId } as const
    if (!this.remove(userId)) return
    this.#needs.audit.record({
      actor,
      action: 'two_factor.disabled',
      userId,
      address: origin.address,
    })
  }

  /**
   * New recovery codes in place of all old ones.
   *
   * @throws AuthError `two_factor_not_set_up` and as `Passwords.confirm`.
   */
  async newRecoveryCodes(
    userId: UserId,
    { password, ...origin }: Origin & { password: string },
  ): Promise<string[]> {
    const { database, audit, passwords } = this.#needs
    await passwords.confirm(userId, password, origin)
    if (!this.isEnabled(userId)) throw new AuthError('two_factor_not_set_up')
    return database.transaction(() => {
      audit.record({
        actor: { kind: 'user', id: userId },
        action: 'two_factor.recovery_codes_made',
        userId,
        address: origin.address,
      })
      return this.#recovery.replace(userId)
    })
  }

  /** For administrators, whose user lost app and codes; they note it. False when there was none. */
  remove(userId: string): boolean {
    const { database } = this.#needs
    return database.transaction(() => {
      this.#recovery.removeAll(userId)
      this.#challenges.endAllOf(userId)
      return database.run('DELETE FROM two_factor WHERE user_id = ?', userId) === 1
    })
  }

  /** For whoever has just shown the right password. */
  challenge(userId: string): { challenge: string; expires_in: number } {
    return this.#challenges.create(userId)
  }

  /**
   * Whose code this is, is `granted` what they came for, in one step with spending it. A code of the
   * app counts once, a recovery code too.
   *
   * @throws AuthError `challenge_ended`, `two_factor_code_invalid` or `rate_limited`.
   */
  async answer<T>(
    { challenge, code, ...origin }: Origin & { challenge: string; code: string },
    granted: (userId: UserId) => T,
  ): Promise<T> {
    const userId = this.#challenges.takeTry(challenge)
    const row = userId && this.#row(userId)
    if (userId === undefined || row?.enabled_at == null) throw new AuthError('challenge_ended')
    return this.#guessing(userId, origin, () => {
      const answered = this.#needs.database.transaction(() => {
        const isRight = this.#takeCode(userId, row, code) || this.#recovery.spend(userId, code)
        if (!isRight) return undefined
        if (!this.#challenges.spend(challenge)) throw new AuthError('challenge_ended')
        return { answer: granted(userId) }
      })
      if (answered !== undefined) return answered.answer
      const why = 'two_factor_code_invalid'
      this.#needs.audit.record({
        actor: { kind: 'nobody' },
        action: 'session.refused',
        outcome: 'refused',
        userId,
        address: origin.address,
        details: { why },
      })
      throw new AuthError(why)
    })
  }

  forgive = (userId: UserId): void => this.#guesses.forgive(userId)

  #guessing<T>(userId: UserId, { address }: Origin, guess: () => T): Promise<T> {
    return this.#guesses.run(
      { address, account: userId },
      async () => guess(),
      (error) => error instanceof AuthError && error.code === 'two_factor_code_invalid',
    )
  }

  #row(userId: string): Row | undefined {
    return this.#needs.database.get<Row>(
      'SELECT secret, enabled_at FROM two_factor WHERE user_id = ?',
      userId,
    )
  }

  #opened(userId: UserId, sealed: string): string {
    try {
      return openText(this.#needs.key, userId, sealed)
    } catch (cause) {
      throw new Error(
        'keys/two-factor-key is not the one with which this second factor was set up. Restore it from a backup, or turn two-factor sign-in off for this user.',
        { cause },
      )
    }
  }

  /** Uses up the code's time step: shown again, also at the same moment, it is refused. */
  #takeCode(userId: UserId, { secret }: Row, code: string): boolean {
    const { database, clock } = this.#needs
    const step = totpStep(this.#opened(userId, secret), code.replaceAll(/\s/g, ''), clock.now())
    if (step === undefined) return false
    return (
      database.run(
        'UPDATE two_factor SET last_step = ? WHERE user_id = ? AND last_step < ?',
        step,
        userId,
        step,
      ) === 1
    )
  }
}
