import type { Role } from '../../identity/identity.ts'
import type { UserId } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthError, type AuthErrorCode } from '../auth-error.ts'
import type { MailKind } from '../mail/messages.ts'
import type { Outbox } from '../mail/outbox.ts'
import type { Origin } from '../session/session-start.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { checkedEmail, checkedName, MAX_EMAIL_CHARS, storedEmail } from './account-fields.ts'
import type { Account, AccountRows } from './account-rows.ts'
import type { Attempts } from './attempts.ts'
import type { Invitations } from './invitations.ts'
import type { MailRequests } from './mail-requests.ts'
import type { PasswordHashes } from './password-hashes.ts'
import { checkNewPassword, MAX_PASSWORD_CHARS } from './password-policy.ts'
import type { RegistrationRules } from './registration.ts'
import type { TwoFactor } from './two-factor.ts'

export type { Origin } from '../session/session-start.ts'

export interface Registration extends Origin {
  email: string
  password: string
  name?: string | undefined
  invitation?: string | undefined
  /** Whether the request reached a server bound to loopback, from loopback. */
  fromLoopback: boolean
}

export interface Login extends Origin {
  email: string
  password: string
}

export interface NewAccount {
  email: string
  password: string
  name?: string | undefined
}

/** Undefined: the address must be confirmed first. Also said when somebody has it already. */
export type Registered = UserId | undefined

const KEEP_UNCONFIRMED_MS = 7 * 24 * 3600 * 1000

interface Needs {
  database: AuthDatabase
  rows: AccountRows
  hashes: PasswordHashes
  rules: RegistrationRules
  invitations: Invitations
  twoFactor: TwoFactor
  attempts: Attempts
  mailRequests: MailRequests
  audit: AuditLog
  /** Absent when Netra sends no e-mail. */
  outbox: Outbox | undefined
}

/** Makes accounts, and says whose password it is; login sessions are begun by whoever asks. */
export class Accounts {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /**
   * Makes an ordinary user.
   *
   * @throws AuthError for bad input, by the rules of registration, `invitation_invalid`,
   *   `rate_limited` or `busy`; `email_taken` only where Netra sends no e-mail.
   */
  async register(request: Registration): Promise<Registered> {
    const account = checked(request)
    if (this.#needs.outbox !== undefined) this.#needs.mailRequests.admit(request)
    return this.#needs.attempts.run(
      { address: request.address },
      () => this.#withInvitation(request, account),
      isRefusal('email_taken', 'invitation_required', 'invitation_invalid'),
    )
  }

  /**
   * Whoever has this password is `granted` what they came for, in one step with a last look at the
   * store: while a password is checked it may be changed, and what the old one begins then would
   * outlive it. Of an unknown address and a wrong password everything is equal: answer, work and
   * what is written down.
   *
   * @throws AuthError `invalid_credentials`, `rate_limited` or `busy`; after the right password
   *   `account_disabled`, `email_not_verified` or `two_factor_required` with a challenge.
   */
  async login<T>(request: Login, granted: (userId: UserId) => T): Promise<T> {
    const email = storedEmail(request.email)
    const { database, rows, twoFactor } = this.#needs
    const { userId, passwordHash } = await this.#needs.attempts.run(
      {
        address: request.address,
        account: email ?? request.email.slice(0, MAX_EMAIL_CHARS),
        device: request.device,
      },
      () => this.#checkPassword(email, request),
      isRefusal('invalid_credentials'),
    )
    const outcome = database.transaction(() => {
      const account = rows.byId(userId)
      if (account?.passwordHash !== passwordHash) throw new AuthError('invalid_credentials')
      return twoFactor.isEnabled(userId)
        ? { done: false as const, challenge: twoFactor.challenge(userId) }
        : { done: true as const, answer: granted(userId) }
    })
    if (outcome.done) return outcome.answer
    throw new AuthError('two_factor_required', undefined, { ...outcome.challenge })
  }

  /** Makes an administrator without a session; the caller has proved that this is allowed. */
  async createAdmin(request: NewAccount): Promise<string> {
    const account = checked(request)
    const hash = await this.#needs.hashes.hash(account.password)
    return this.#needs.database.transaction(() => this.#insert(account, 'admin', hash))
  }

  async #checkPassword(email: string | undefined, { password, address }: Login): Promise<Account> {
    const { rows, hashes } = this.#needs
    if (email === undefined || password.length > MAX_PASSWORD_CHARS) {
      throw new AuthError('invalid_credentials')
    }
    const account = rows.byEmail(email)
    const both = [account?.passwordHash, account?.claimHash]
    const [isOwner, isClaimant] = await hashes.matching(both, password)
    if (account && isOwner && !account.disabled) return account
    const why = isOwner
      ? 'account_disabled'
      : isClaimant
        ? 'email_not_verified'
        : 'invalid_credentials'
    this.#refused(account, why, address)
    throw new AuthError(why)
  }

  #refused(account: Account | undefined, why: AuthErrorCode, address: string): void {
    this.#needs.audit.record({
      actor: { kind: 'nobody' },
      action: 'session.refused',
      outcome: 'refused',
      userId: account?.userId,
      address,
      details: { why },
    })
  }

  async #withInvitation(request: Registration, account: Checked): Promise<Registered> {
    const { database, hashes, invitations, rows } = this.#needs
    const { invitation } = request
    const claim =
      invitation === undefined ? undefined : invitations.claim(invitation, account.email)
    try {
      if (invitation !== undefined && claim === undefined) throw new AuthError('invitation_invalid')
      this.#decide(request, account, claim)
      const { passwordHash } = rows.byEmail(account.email) ?? {}
      const hash = await hashes.hash(account.password, passwordHash)
      return database.transaction(() => this.#make(request, account, { claim, hash }))
    } catch (error) {
      if (claim !== undefined) invitations.settle(claim, undefined)
      throw error
    }
  }

  #decide({ fromLoopback }: Registration, { email }: Checked, claim: string | undefined) {
    const invited = claim !== undefined
    const decision = this.#needs.rules.decide({ email, invited, fromLoopback })
    if (!decision.allowed) throw new AuthError(decision.why)
    return decision
  }

  /**
   * Does the same work, up to one write, whether or not somebody has the address: where e-mails are
   * sent, only its owner learns which. Decides once more: while the password was hashed, an
   * administrator may have closed registration or withdrawn the invitation.
   */
  #make(
    request: Registration,
    account: Checked,
    { claim, hash }: { claim: string | undefined; hash: string },
  ): Registered {
    const { rows, outbox, invitations, audit } = this.#needs
    const { byDomain } = this.#decide(request, account, claim)
    const isVouchedFor = claim !== undefined && invitations.emailOf(claim) !== undefined
    const mustConfirm = !isVouchedFor && (outbox !== undefined || byDomain)
    rows.removeUnconfirmed(KEEP_UNCONFIRMED_MS)
    const existing = rows.byEmail(account.email)
    if (existing && (outbox === undefined || isVouchedFor)) throw new AuthError('email_taken')
    const state = { emailVerified: isVouchedFor, unconfirmed: mustConfirm }
    const userId = existing ? undefined : this.#insert(account, 'user', hash, state)
    if (existing) this.#noteRepeated(existing, hash)
    if (mustConfirm) outbox?.enqueue(mailTo(existing), account.email)
    audit.record({
      actor: userId === undefined ? { kind: 'nobody' } : { kind: 'user', id: userId },
      action: 'user.created',
      outcome: userId === undefined ? 'refused' : 'ok',
      userId: userId ?? existing?.userId,
      address: request.address,
    })
    if (claim !== undefined) invitations.settle(claim, userId)
    return mustConfirm ? undefined : userId
  }

  /** Which of the two is the owner, nobody knows: whoever gets the e-mail chooses the password. */
  #noteRepeated({ userId, unconfirmed }: Account, hash: string): void {
    const { rows } = this.#needs
    if (unconfirmed) rows.disown(userId)
    rows.noteRepeated(userId, hash)
  }

  #insert(
    { email, name }: Checked,
    role: Role,
    passwordHash: string,
    state = { emailVerified: false, unconfirmed: false },
  ): UserId {
    return this.#needs.rows.insert({ email, name, role, passwordHash, ...state })
  }
}

interface Checked {
  email: string
  password: string
  name: string
}

function checked({ email: given, password, name }: NewAccount): Checked {
  const email = checkedEmail(given)
  checkNewPassword(password, email)
  return { email, password, name: checkedName(name, email) }
}

function mailTo(existing: Account | undefined): MailKind {
  if (existing === undefined) return 'verify_email'
  return existing.unconfirmed ? 'password_reset' : 'already_registered'
}

const isRefusal =
  (...codes: AuthErrorCode[]) =>
  (error: unknown): boolean =>
    error instanceof AuthError && codes.includes(error.code)
