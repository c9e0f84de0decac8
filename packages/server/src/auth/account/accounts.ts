import { availableParallelism } from 'node:os'

import { z } from 'zod'

import { AuthError, type AuthErrorCode } from '../auth-error.ts'
import { ADDRESS_HEADER, MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, type Engine } from '../engine.ts'
import type { Attempts } from './attempts.ts'
import { Gate } from './gate.ts'
import type { Invitations } from './invitations.ts'

const MAX_EMAIL_CHARS = 254
const Email = z.email().max(MAX_EMAIL_CHARS)
const MAX_NAME_CHARS = 200
/** Leaves a core to the event loop, and one of libuv's four threads to files. */
const CHECKS_AT_ONCE = Math.min(Math.max(availableParallelism() - 1, 1), 3)
const MAX_CHECKS_WAITING = 200

/** Where a request comes from: limits count by it, and the list of a person's sessions shows it. */
export interface Origin {
  address: string
  userAgent?: string | undefined
}

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

/** A login session just begun: its token in Better Auth's store, and the cookies that carry it. */
export interface Begun {
  sessionToken: string
  setCookies: string[]
}

interface Needs {
  engine: Engine
  invitations: Invitations
  attempts: Attempts
  registration: 'open' | 'invitation'
  emailExists: (email: string) => boolean
}

/** Makes accounts and begins login sessions; passwords and sessions themselves are Better Auth's. */
export class Accounts {
  readonly #needs: Needs
  readonly #gate = new Gate(CHECKS_AT_ONCE, MAX_CHECKS_WAITING)

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** What a request from there needs in order to register. */
  policy(fromLoopback: boolean): 'open' | 'invitation' {
    return this.#needs.registration === 'open' && fromLoopback ? 'open' : 'invitation'
  }

  async register(request: Registration): Promise<Begun> {
    const account = checked(request)
    return this.#needs.attempts.run(
      { address: request.address },
      () => this.#withInvitation(request, account.email, () => this.#signUp(account, request)),
      isRefusal('email_taken', 'invitation_required', 'invitation_invalid'),
    )
  }

  async login(request: Login): Promise<Begun> {
    const email = normalized(request.email)
    return this.#needs.attempts.run(
      { address: request.address, account: email.slice(0, MAX_EMAIL_CHARS) },
      () => this.#signIn(email, request.password, request),
      isRefusal('invalid_credentials'),
    )
  }

  /** Makes an administrator without a session; the caller has proved that this is allowed. */
  async createAdmin(request: NewAccount): Promise<string> {
    const account = checked(request)
    return this.#guarded(account.email, async () => {
      const body = { ...account, role: 'admin' as const }
      const { user } = await this.#needs.engine.api.createUser({ body })
      return user.id
    })
  }

  async #withInvitation(
    request: Registration,
    email: string,
    signUp: () => Promise<Begun & { userId: string }>,
  ): Promise<Begun> {
    if (request.invitation === undefined) {
      if (this.policy(request.fromLoopback) === 'invitation') {
        throw new AuthError('invitation_required')
      }
      return signUp()
    }
    const { invitations } = this.#needs
    const claim = invitations.claim(request.invitation, email)
    if (claim === undefined) throw new AuthError('invitation_invalid')
    try {
      const begun = await signUp()
      invitations.settle(claim, begun.userId)
      return begun
    } catch (error) {
      invitations.settle(claim, undefined)
      throw error
    }
  }

  #signUp(account: CheckedAccount, origin: Origin): Promise<Begun & { userId: string }> {
    return this.#guarded(account.email, async () => {
      const { headers, response } = await this.#needs.engine.api.signUpEmail({
        body: account,
        headers: headersOf(origin),
        returnHeaders: true,
      })
      if (response.token === null) throw new Error('registration began no session')
      const setCookies = headers.getSetCookie()
      return { sessionToken: response.token, setCookies, userId: response.user.id }
    })
  }

  async #signIn(email: string, password: string, origin: Origin): Promise<Begun> {
    if (!Email.safeParse(email).success || password.length > MAX_PASSWORD_CHARS) {
      throw new AuthError('invalid_credentials')
    }
    return this.#guarded(email, async () => {
      const { headers, response } = await this.#needs.engine.api.signInEmail({
        body: { email, password },
        headers: headersOf(origin),
        returnHeaders: true,
      })
      return { sessionToken: response.token, setCookies: headers.getSetCookie() }
    })
  }

  /** Runs one call into Better Auth through the gate and turns its refusals into ours. */
  async #guarded<T>(email: string, call: () => Promise<T>): Promise<T> {
    try {
      return await this.#gate.run(call)
    } catch (error) {
      if (error instanceof AuthError) throw error
      const refusal = CODES[betterAuthCode(error) ?? '']
      if (refusal !== undefined) throw new AuthError(refusal)
      // Of two registrations at once the store's unique index refuses the second, namelessly.
      if (creatingFailed(error) && this.#needs.emailExists(email)) {
        throw new AuthError('email_taken')
      }
      throw error
    }
  }
}

const normalized = (email: string): string => email.trim().toLowerCase()

interface CheckedAccount {
  email: string
  password: string
  name: string
}

function checked(request: NewAccount): CheckedAccount {
  const email = normalized(request.email)
  if (!Email.safeParse(email).success) throw new AuthError('invalid_email')
  if (request.password.length < MIN_PASSWORD_CHARS) throw new AuthError('weak_password')
  if (request.password.length > MAX_PASSWORD_CHARS) throw new AuthError('password_too_long')
  const name = request.name?.trim() || (email.split('@')[0] ?? email)
  if (name.length > MAX_NAME_CHARS) throw new AuthError('invalid_name')
  return { email, password: request.password, name }
}

function headersOf({ address, userAgent }: Origin): Headers {
  const headers = new Headers({ [ADDRESS_HEADER]: address })
  if (userAgent !== undefined) headers.set('user-agent', userAgent.slice(0, 500))
  return headers
}

const isRefusal =
  (...codes: AuthErrorCode[]) =>
  (error: unknown): boolean =>
    error instanceof AuthError && codes.includes(error.code)

const CODES: Record<string, AuthErrorCode> = {
  INVALID_EMAIL_OR_PASSWORD: 'invalid_credentials',
  BANNED_USER: 'account_disabled',
  INVALID_EMAIL: 'invalid_email',
  USER_ALREADY_EXISTS: 'email_taken',
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: 'email_taken',
  PASSWORD_TOO_SHORT: 'weak_password',
  PASSWORD_TOO_LONG: 'password_too_long',
}

function betterAuthCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('body' in error)) return undefined
  const { body } = error
  if (typeof body !== 'object' || body === null || !('code' in body)) return undefined
  return typeof body.code === 'string' ? body.code : undefined
}

const creatingFailed = (error: unknown): boolean =>
  betterAuthCode(error) === 'FAILED_TO_CREATE_USER' ||
  (error instanceof Error && error.message.includes('UNIQUE constraint failed: user.email'))
