import { createHash, timingSafeEqual } from 'node:crypto'

import type { Clock } from '../../platform/clock.ts'
import { asId, newId, uuidv7, type SessionId, type UserId } from '../../platform/ids.ts'
import type { Attempts } from '../account/attempts.ts'
import { removeUser } from '../account/removal.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import { signedSessionCookie } from '../session/session-cookie.ts'
import type { Begun, Origin } from '../session/session-start.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { randomSecret } from '../store/secret-text.ts'
import { claimsHs256, CLOCK_SKEW_SECONDS, isSubject, verifyTestToken } from './test-token.ts'

/** How test users come to be; all off unless the operator says otherwise, and never in production. */
export interface TestUserSettings {
  /** Anybody may try Netra. */
  demo: boolean
  /** Who shows it may make test users. */
  e2eKey: string | undefined
  /** Test suites sign tokens with it. */
  stagingSecret: string | undefined
}

const OFF: TestUserSettings = { demo: false, e2eKey: undefined, stagingSecret: undefined }

type Kind = 'demo' | 'e2e' | 'token'

const LIFE_MS: Record<Kind, number> = {
  demo: 2 * 3600_000,
  e2e: 24 * 3600_000,
  token: 24 * 3600_000,
}

/** Live ones at once, of each kind: a loop that makes them must not fill the disk. */
const MAX_LIVE: Record<Kind, number> = { demo: 500, e2e: 5_000, token: 5_000 }
/** What a command accepted just before the end may still be writing. */
const SETTLE_MS = 10_000
const MAX_NAME_CHARS = 200

interface Row {
  user_id: string
  kind: Kind
  expires_at: number
  erased_at: number | null
}

interface Needs {
  database: AuthDatabase
  clock: Clock
  audit: AuditLog
  attempts: Attempts
  publicUrl: string
  cookieSecret: string
  /** Absent: of a tool that only looks at the store and leaves test users as they are. */
  settings: TestUserSettings | undefined
}

/** A session that a test token opened. */
export type TestSession =
  | { ok: true; sessionId: SessionId; expiresAtMs: number }
  | { ok: false; why: 'invalid' | 'expired' }

/**
 * Users that are made without anybody's consent, kept apart from people: never an administrator,
 * never merged with an account, and gone with all that is theirs after hours.
 */
export class TestUsers {
  readonly #needs: Needs
  readonly #settings: TestUserSettings

  constructor(needs: Needs) {
    this.#needs = needs
    this.#settings = needs.settings ?? OFF
    if (needs.settings) this.#closeDoors()
  }

  get demo(): boolean {
    return this.#settings.demo
  }

  /** Whether test suites may make users, by key or by a token of their own. */
  get e2e(): boolean {
    return this.#settings.e2eKey !== undefined || this.#settings.stagingSecret !== undefined
  }

  /** Wrong keys count against the address. @throws AuthError unless it is the key. */
  async proveKey(key: string | undefined, address: string): Promise<void> {
    const { e2eKey } = this.#settings
    const isRight = async (): Promise<void> => {
      if (e2eKey === undefined || !timingSafeEqual(digest(key ?? ''), digest(e2eKey))) {
        throw new AuthError('test_key_invalid')
      }
    }
    await this.#needs.attempts.run({ address }, isRight, (error) => error instanceof AuthError)
  }

  get byKey(): boolean {
    return this.#settings.e2eKey !== undefined
  }

  has(userId: string): boolean {
    return this.#find(userId) !== undefined
  }

  /** When the user ends (milliseconds since the epoch); undefined of a person. */
  endOf(userId: string): number | undefined {
    return this.#find(userId)?.expires_at
  }

  demoUser(origin: Origin): Begun {
    const userId = uuidv7()
    this.#make(userId, 'demo', 'Guest', origin.address)
    return this.#begin(userId, origin)
  }

  /** Begins a session of the test user `subject`, made now if there is none; of a new one without. */
  e2eUser(
    origin: Origin,
    wish: { subject?: string | undefined; name?: string | undefined },
  ): Begun {
    const userId = wish.subject ?? uuidv7()
    if (!isSubject(userId)) throw new AuthError('test_user_invalid')
    this.#ensure(userId, 'e2e', wish.name, origin.address)
    return this.#begin(userId, origin)
  }

  /** The session of a test suite's own token; undefined when this is no such token. */
  byToken(token: string): TestSession | undefined {
    const { stagingSecret } = this.#settings
    if (stagingSecret === undefined || !claimsHs256(token)) return undefined
    const { clock, database } = this.#needs
    const verified = verifyTestToken(token, stagingSecret, clock.now())
    if (!verified.ok) return verified
    const { sub, exp, name } = verified.claims
    const sessionId = asId<SessionId>(`test-${digest(token).toString('hex').slice(0, 40)}`)
    const session = { ok: true, sessionId, expiresAtMs: exp * 1000 } as const
    const seen = database.get(
      `SELECT 1 FROM session WHERE id = ?1
       UNION ALL SELECT 1 FROM ended_session WHERE session_id = ?1 LIMIT 1`,
      sessionId,
    )
    if (seen) return session
    try {
      this.#ensure(sub, 'token', name)
    } catch (error) {
      if (error instanceof AuthError) return { ok: false, why: 'invalid' }
      throw error
    }
    const expiresAtMs = (exp + CLOCK_SKEW_SECONDS) * 1000
    this.#addSession({ sessionId, userId: sub, token: randomSecret(), expiresAtMs })
    return session
  }

  /** Ends the sessions of those whose time has come; the answer is who is to be erased. */
  endExpired(): UserId[] {
    const { database, clock } = this.#needs
    const due = database.all<Row>(
      'SELECT * FROM test_user WHERE expires_at <= ? AND erased_at IS NULL LIMIT 100',
      clock.now(),
    )
    for (const { user_id: userId } of due) this.#endSessions(userId)
    return due.map(({ user_id: userId }) => asId<UserId>(userId))
  }

  /** What they had elsewhere is erased: forgets who they were. The id is free a little later. */
  erased(userId: UserId): void {
    const { database, clock } = this.#needs
    removeUser(database, userId)
    database.run('UPDATE test_user SET erased_at = ? WHERE user_id = ?', clock.now(), userId)
  }

  /** Ids that nothing under way can still mean; `freed` lets somebody have them again. */
  settled(): UserId[] {
    const { database, clock } = this.#needs
    return database
      .all<Row>('SELECT * FROM test_user WHERE erased_at <= ?', clock.now() - SETTLE_MS)
      .map(({ user_id: userId }) => asId<UserId>(userId))
  }

  freed(userId: UserId): void {
    this.#needs.database.run(
      'DELETE FROM test_user WHERE user_id = ? AND erased_at IS NOT NULL',
      userId,
    )
  }

  /** What is turned off opens nothing any more, from this start on. */
  #closeDoors(): void {
    const { demo, e2eKey, stagingSecret } = this.#settings
    const { database, clock } = this.#needs
    const off: Kind[] = []
    if (!demo) off.push('demo')
    if (e2eKey === undefined) off.push('e2e')
    if (stagingSecret === undefined) off.push('token')
    for (const kind of off) {
      const users = database.all<Row>('SELECT * FROM test_user WHERE kind = ?', kind)
      for (const { user_id: userId } of users) this.#endSessions(userId)
      const now = clock.now()
      database.run(
        'UPDATE test_user SET expires_at = ? WHERE kind = ? AND expires_at > ?',
        now,
        kind,
        now,
      )
    }
  }

  #endSessions(userId: string): void {
    this.#needs.database.run('DELETE FROM session WHERE userId = ?', userId)
  }

  #ensure(userId: string, kind: Kind, name: string | undefined, address?: string): void {
    const known = this.#find(userId)
    if (known === undefined) return this.#make(userId, kind, name, address)
    if (known.kind !== kind || known.expires_at <= this.#needs.clock.now()) {
      throw new AuthError('test_user_invalid')
    }
  }

  #make(userId: string, kind: Kind, name: string | undefined, address?: string): void {
    const { database, clock, audit } = this.#needs
    const now = clock.now()
    const live = database.get<{ live: number }>(
      'SELECT count(*) AS live FROM test_user WHERE kind = ?',
      kind,
    )
    if ((live?.live ?? 0) >= MAX_LIVE[kind]) throw new AuthError('busy', 60_000)
    const at = new Date(now).toISOString()
    database.exec('BEGIN IMMEDIATE')
    try {
      // Of somebody real, or of a test user made by another process just now: never taken over.
      const added = database.run(
        `INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt, role)
         VALUES (?, ?, ?, 0, ?, ?, 'user') ON CONFLICT (id) DO NOTHING`,
        userId,
        (name?.trim() || userId).slice(0, MAX_NAME_CHARS),
        `test-user-${uuidv7()}@netra.invalid`,
        at,
        at,
      )
      if (added === 0) throw new AuthError('test_user_invalid')
      database.run(
        'INSERT INTO test_user (user_id, kind, expires_at) VALUES (?, ?, ?)',
        userId,
        kind,
        now + LIFE_MS[kind],
      )
      database.exec('COMMIT')
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
    audit.record({
      actor: { kind: 'nobody' },
      action: 'test_user.made',
      userId,
      address,
      details: { kind },
    })
  }

  #begin(userId: string, origin: Origin): Begun {
    const { publicUrl, cookieSecret, clock } = this.#needs
    const expiresAtMs = this.#find(userId)?.expires_at ?? 0
    const token = randomSecret()
    const sessionId = newId<SessionId>()
    this.#addSession({ sessionId, userId, token, expiresAtMs, origin })
    const maxAgeSeconds = Math.floor((expiresAtMs - clock.now()) / 1000)
    const cookie = signedSessionCookie({ publicUrl, cookieSecret, token, maxAgeSeconds })
    return { sessionId, setCookies: [cookie] }
  }

  #addSession(session: {
    sessionId: SessionId
    userId: string
    token: string
    expiresAtMs: number
    origin?: Origin
  }): void {
    const at = new Date(this.#needs.clock.now()).toISOString()
    this.#needs.database.run(
      `INSERT INTO session (id, expiresAt, token, createdAt, updatedAt, ipAddress, userAgent, userId)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      session.sessionId,
      new Date(session.expiresAtMs).toISOString(),
      session.token,
      at,
      at,
      session.origin?.address ?? null,
      session.origin?.userAgent?.slice(0, 500) ?? null,
      session.userId,
    )
  }

  #find(userId: string): Row | undefined {
    return this.#needs.database.get<Row>('SELECT * FROM test_user WHERE user_id = ?', userId)
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
