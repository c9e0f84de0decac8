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
import { TestUserRows, type TestUserKind } from './test-user-rows.ts'

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

const LIFE_MS: Record<TestUserKind, number> = {
  demo: 2 * 3600_000,
  e2e: 24 * 3600_000,
  token: 24 * 3600_000,
}

/** Live ones at once, of each kind: a loop that makes them must not fill the disk. */
const MAX_LIVE: Record<TestUserKind, number> = { demo: 500, e2e: 5_000, token: 5_000 }
/** What a command accepted just before the end may still be writing. */
const SETTLE_MS = 10_000

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
  readonly #rows: TestUserRows

  constructor(needs: Needs) {
    this.#needs = needs
    this.#settings = needs.settings ?? OFF
    this.#rows = new TestUserRows(needs.database, needs.clock)
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
    return this.#rows.find(userId) !== undefined
  }

  /** When the user ends (milliseconds since the epoch); undefined of a person. */
  endOf(userId: string): number | undefined {
    return this.#rows.find(userId)?.expires_at
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
    const verified = verifyTestToken(token, stagingSecret, this.#needs.clock.now())
    if (!verified.ok) return verified
    const { sub, exp, name } = verified.claims
    const sessionId = asId<SessionId>(`test-${digest(token).toString('hex').slice(0, 40)}`)
    const session = { ok: true, sessionId, expiresAtMs: exp * 1000 } as const
    if (this.#rows.hasSeen(sessionId)) return session
    try {
      this.#ensure(sub, 'token', name)
    } catch (error) {
      if (error instanceof AuthError) return { ok: false, why: 'invalid' }
      throw error
    }
    const expiresAtMs = (exp + CLOCK_SKEW_SECONDS) * 1000
    this.#rows.addSession({ sessionId, userId: sub, token: randomSecret(), expiresAtMs })
    return session
  }

  /** Ends the sessions of those whose time has come; the answer is who is to be erased. */
  endExpired(): UserId[] {
    const due = this.#rows.expired()
    for (const userId of due) this.#rows.endSessions(userId)
    return due
  }

  /** What they had elsewhere is erased: forgets who they were. The id is free a little later. */
  erased(userId: UserId): void {
    removeUser(this.#needs.database, userId)
    this.#rows.erased(userId)
  }

  /** Ids that nothing under way can still mean; `freed` lets somebody have them again. */
  settled(): UserId[] {
    return this.#rows.settledBefore(this.#needs.clock.now() - SETTLE_MS)
  }

  freed(userId: UserId): void {
    this.#rows.remove(userId)
  }

  /** What is turned off opens nothing any more, from this start on. */
  #closeDoors(): void {
    const { demo, e2eKey, stagingSecret } = this.#settings
    const off: TestUserKind[] = []
    if (!demo) off.push('demo')
    if (e2eKey === undefined) off.push('e2e')
    if (stagingSecret === undefined) off.push('token')
    for (const kind of off) this.#rows.expireAll(kind)
  }

  #ensure(userId: string, kind: TestUserKind, name: string | undefined, address?: string): void {
    const known = this.#rows.find(userId)
    if (known === undefined) return this.#make(userId, kind, name, address)
    const isGuest = known.kind === 'demo'
    if (isGuest || known.expires_at <= this.#needs.clock.now()) {
      throw new AuthError('test_user_invalid')
    }
  }

  #make(userId: string, kind: TestUserKind, name: string | undefined, address?: string): void {
    const { clock, audit } = this.#needs
    if (this.#rows.count(kind) >= MAX_LIVE[kind]) throw new AuthError('busy', 60_000)
    const shown = name?.trim() || userId
    const expiresAt = clock.now() + LIFE_MS[kind]
    if (!this.#rows.add({ userId, kind, name: shown, expiresAt })) {
      throw new AuthError('test_user_invalid')
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
    const expiresAtMs = this.#rows.find(userId)?.expires_at ?? 0
    const token = randomSecret()
    const sessionId = newId<SessionId>()
    this.#rows.addSession({ sessionId, userId, token, expiresAtMs, origin })
    const maxAgeSeconds = Math.floor((expiresAtMs - clock.now()) / 1000)
    const cookie = signedSessionCookie({ publicUrl, cookieSecret, token, maxAgeSeconds })
    return { sessionId, setCookies: [cookie] }
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
