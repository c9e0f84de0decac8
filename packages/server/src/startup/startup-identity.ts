import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

import type { Authentication, Identities, Identity, SessionState } from '../identity/identity.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { newId, type SessionId, type UserId } from '../platform/ids.ts'

const LIFE_MS = 60_000

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Who tries the server out while it starts. It is no account and no test user: nothing of it is ever
 * in the account store, and its one proof is 32 random bytes in this process's memory, which cross
 * the loopback interface only and count for nothing once the checks are over. Nobody else can become
 * it: its user id is new each time, too, and an account never has one that was not given to it.
 */
export class StartupIdentity {
  readonly userId = newId<UserId>()
  readonly token = `startup.${randomBytes(32).toString('base64url')}`
  readonly #identity: Identity
  readonly #clock: Clock
  #proof: Buffer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#proof = digest(`Bearer ${this.token}`)
    this.#identity = {
      userId: this.userId,
      email: '',
      name: 'start-up check',
      role: 'user',
      sessionId: newId<SessionId>(),
      expiresAt: isoTime({ ...clock, now: () => clock.now() + LIFE_MS }),
      kind: 'token',
      scopes: null,
      isTestUser: true,
    }
  }

  /** Whether an Authorization header is this identity's, in a time that says nothing of it. */
  isOwn(authorization: string): boolean {
    return this.#proof !== undefined && timingSafeEqual(this.#proof, digest(authorization))
  }

  /** From here on its proof is none. */
  end(): void {
    this.#proof = undefined
  }

  /** What a node asks about whoever calls, this one among them while the checks last. */
  among(others: Identities): Identities {
    return {
      authenticate: async (credentials) => {
        const { authorization } = credentials
        if (authorization !== undefined && this.isOwn(authorization)) return this.#letIn()
        return others.authenticate(credentials)
      },
      sessionState: (identity) =>
        identity.sessionId === this.#identity.sessionId
          ? this.#state()
          : others.sessionState(identity),
      issueTicket: (identity) => others.issueTicket(identity),
      redeemTicket: (ticket, cookie) => others.redeemTicket(ticket, cookie),
      entrance: (isLocal) => others.entrance(isLocal),
      onSessionEnded: (listener) => others.onSessionEnded(listener),
    }
  }

  #letIn(): Authentication {
    return { ok: true, identity: this.#identity, setCookies: [] }
  }

  #state(): SessionState {
    if (this.#proof === undefined) return { live: false, why: 'revoked' }
    const { sessionId, userId, email, name, role, scopes, isTestUser } = this.#identity
    const idleEndMs = this.#clock.now() + LIFE_MS
    return {
      live: true,
      session: {
        sessionId,
        userId,
        email,
        name,
        role,
        scopes,
        isTestUser,
        expiresAtMs: idleEndMs,
        idleEndMs,
      },
    }
  }
}
