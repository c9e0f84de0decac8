import type { Clock } from '../../platform/clock.ts'
import { newId, type SessionId } from '../../platform/ids.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { randomSecret } from '../store/secret-text.ts'
import { IDLE_SESSION_SECONDS } from './lifetimes.ts'
import { signedSessionCookie } from './session-cookie.ts'

const MAX_USER_AGENT_CHARS = 500

/** Where a request comes from: limits count by it, and the list of a person's sessions shows it. */
export interface Origin {
  address: string
  userAgent?: string | undefined
  /** What a browser is known by where its user has signed in before. */
  device?: string | undefined
}

/** A login session just begun, and the Set-Cookie headers that carry it. */
export interface Begun {
  sessionId: SessionId
  setCookies: string[]
}

interface Needs {
  database: AuthDatabase
  clock: Clock
  cookieSecret: string
  publicUrl: string
}

/** Begins login sessions, for whoever has proved who they are; rows and cookies are Better Auth's. */
export class SessionStart {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  begin(userId: string, { address, userAgent = '' }: Origin): Begun {
    const { database, clock, cookieSecret, publicUrl } = this.#needs
    const sessionId = newId<SessionId>()
    const token = randomSecret()
    const now = new Date(clock.now()).toISOString()
    database.run(
      `INSERT INTO session (id, expiresAt, token, createdAt, updatedAt, ipAddress, userAgent, userId)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      sessionId,
      new Date(clock.now() + IDLE_SESSION_SECONDS * 1000).toISOString(),
      token,
      now,
      now,
      address,
      userAgent.slice(0, MAX_USER_AGENT_CHARS),
      userId,
    )
    return { sessionId, setCookies: [signedSessionCookie({ publicUrl, cookieSecret, token })] }
  }
}
