import { timingSafeEqual } from 'node:crypto'

import { SCOPES, type LiveSession, type Scope, type SessionEnd } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import { asId, type UserId } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { hashSecret } from '../store/secret-text.ts'
import { hintOf, keyIdOf, newKey, sessionOfKey } from './key-text.ts'

const DAY_MS = 24 * 3600 * 1000
const USE_NOTED_EVERY_MS = 60_000
const MAX_PER_USER = 50
/** 31 December 9999: what a key without an end says where an end must be named. */
const NEVER_MS = 253_402_300_799_000

/**
 * The triggers tell sockets of a key through the feed of ended sessions, whoever revokes it or
 * disables its user, in whatever process. A disabled user's keys stay, and work again with them. That
 * somebody was disabled is told also when they have neither key nor session: what runs for them stops.
 */
export const API_KEY_TABLES = `
  CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
  ) STRICT;
  CREATE INDEX api_key_user ON api_key (user_id);
  CREATE TRIGGER api_key_ends AFTER DELETE ON api_key BEGIN
    INSERT INTO ended_session (session_id, session_token, user_id, why, ended_at)
    VALUES ('api-key-' || OLD.id, OLD.key_hash, OLD.user_id, 'revoked',
      CAST(unixepoch('subsec') * 1000 AS INTEGER));
  END;
  CREATE TRIGGER api_key_rests AFTER UPDATE OF banned ON user
  WHEN NEW.banned AND NOT coalesce(OLD.banned, 0) BEGIN
    INSERT INTO ended_session (session_id, session_token, user_id, why, ended_at)
    SELECT 'api-key-' || id, key_hash, user_id, 'disabled',
      CAST(unixepoch('subsec') * 1000 AS INTEGER)
    FROM api_key WHERE user_id = NEW.id
    UNION ALL SELECT 'all-of-' || NEW.id, 'all-of-' || NEW.id, NEW.id, 'disabled',
      CAST(unixepoch('subsec') * 1000 AS INTEGER);
  END;
`

export interface ApiKey {
  id: string
  name: string
  scopes: Scope[]
  /** Its beginning, by which its owner knows it. */
  hint: string
  /** ISO 8601. */
  createdAt: string
  /** Null: until it is revoked. */
  expiresAt: string | null
  /** To the minute. */
  lastUsedAt: string | null
}

interface Row {
  id: string
  user_id: string
  name: string
  scopes: string
  key_hash: string
  created_at: number
  expires_at: number | null
  last_used_at: number | null
}

interface RowWithUser extends Row {
  email: string
  user_name: string
  banned: number | null
  /** When the user ends, if it is a test user. */
  test_end: number | null
}

type State = { live: true; session: LiveSession } | { live: false; why: SessionEnd }

const SELECT = `
  SELECT k.*, u.email, u.name AS user_name, u.banned, t.expires_at AS test_end
  FROM api_key k JOIN user u ON u.id = k.user_id LEFT JOIN test_user t ON t.user_id = u.id`

/** What programs show instead of a person's login: only of some things, and never of accounts. */
export class ApiKeys {
  readonly #database: AuthDatabase
  readonly #clock: Clock
  readonly #audit: AuditLog
  readonly #announce: () => void

  /** `announce`: tells the listeners of ended sessions of what the triggers wrote down. */
  constructor(database: AuthDatabase, clock: Clock, audit: AuditLog, announce: () => void) {
    this.#announce = announce
    this.#database = database
    this.#clock = clock
    this.#audit = audit
  }

  /**
   * The key itself is in this answer alone; its hash is what is kept.
   *
   * @throws AuthError `too_many_keys`.
   */
  create(
    userId: string,
    wish: { name: string; scopes: readonly Scope[]; expiresInDays: number | null },
    address: string,
  ): ApiKey & { key: string } {
    const { id, key } = newKey()
    const now = this.#clock.now()
    const row: Row = {
      id,
      user_id: userId,
      name: wish.name,
      scopes: SCOPES.filter((scope) => wish.scopes.includes(scope)).join(' '),
      key_hash: hashSecret(key),
      created_at: now,
      expires_at: wish.expiresInDays === null ? null : now + wish.expiresInDays * DAY_MS,
      last_used_at: null,
    }
    this.#database.transaction(() => {
      if (this.#count(userId) >= MAX_PER_USER) throw new AuthError('too_many_keys')
      this.#database.run(
        `INSERT INTO api_key
           (id, user_id, name, scopes, key_hash, created_at, expires_at, last_used_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        ...Object.values(row),
      )
      this.#record('api_key.made', row, address)
    })
    return { ...shown(row), key }
  }

  /** Newest first; one that has expired is listed until it is removed. */
  list(userId: string): ApiKey[] {
    return this.#database
      .all<Row>('SELECT * FROM api_key WHERE user_id = ? ORDER BY created_at DESC, id', userId)
      .map(shown)
  }

  /** False when the user has no such key. Its sockets are told before this returns. */
  revoke(userId: string, id: string, address: string): boolean {
    const isRevoked = this.#database.transaction(() => {
      const row = this.#database.get<Row>(
        'DELETE FROM api_key WHERE id = ? AND user_id = ? RETURNING *',
        id,
        userId,
      )
      if (row) this.#record('api_key.revoked', row, address)
      return row !== undefined
    })
    this.#announce()
    return isRevoked
  }

  /** What lives behind a key that somebody shows; undefined when there never was such a key. */
  stateOfKey(key: string): State | undefined {
    const id = keyIdOf(key)
    const row =
      id === undefined ? undefined : this.#database.get<RowWithUser>(`${SELECT} WHERE k.id = ?`, id)
    const hash = hashSecret(key)
    if (row === undefined) {
      const why = this.#database.get<{ why: SessionEnd }>(
        'SELECT why FROM ended_session WHERE session_token = ? ORDER BY position DESC LIMIT 1',
        hash,
      )?.why
      return why && { live: false, why }
    }
    if (!timingSafeEqual(Buffer.from(hash), Buffer.from(row.key_hash))) return undefined
    const state = this.#stateOf(row)
    if (state.live) this.#noteUse(row)
    return state
  }

  /** As the store says now, for a key that was accepted before. */
  state(id: string): State {
    const row = this.#database.get<RowWithUser>(`${SELECT} WHERE k.id = ?`, id)
    return row ? this.#stateOf(row) : { live: false, why: 'revoked' }
  }

  #stateOf(row: RowWithUser): State {
    if (row.banned) return { live: false, why: 'disabled' }
    const expiresAtMs = Math.min(row.expires_at ?? NEVER_MS, row.test_end ?? NEVER_MS)
    if (expiresAtMs <= this.#clock.now()) return { live: false, why: 'expired' }
    const session: LiveSession = {
      sessionId: sessionOfKey(row.id),
      userId: asId<UserId>(row.user_id),
      email: row.email,
      name: row.user_name,
      // No key is an administrator, whoever made it.
      role: 'user',
      scopes: scopesOf(row),
      isTestUser: row.test_end !== null,
      expiresAtMs,
      idleEndMs: expiresAtMs,
    }
    return { live: true, session }
  }

  #noteUse({ id, last_used_at: last }: Row): void {
    const now = this.#clock.now()
    if (last !== null && now - last < USE_NOTED_EVERY_MS) return
    this.#database.run('UPDATE api_key SET last_used_at = ? WHERE id = ?', now, id)
  }

  #record(action: string, { id, user_id: userId, scopes }: Row, address: string): void {
    const actor = { kind: 'user', id: userId } as const
    this.#audit.record({ actor, action, userId, address, details: { key: id, scopes } })
  }

  #count(userId: string): number {
    return (
      this.#database.get<{ n: number }>(
        'SELECT count(*) AS n FROM api_key WHERE user_id = ?',
        userId,
      )?.n ?? 0
    )
  }
}

const scopesOf = ({ scopes }: Row): Scope[] =>
  SCOPES.filter((scope) => scopes.split(' ').includes(scope))

const iso = (ms: number): string => new Date(ms).toISOString()

const shown = (row: Row): ApiKey => ({
  id: row.id,
  name: row.name,
  scopes: scopesOf(row),
  hint: hintOf(row.id),
  createdAt: iso(row.created_at),
  expiresAt: row.expires_at === null ? null : iso(row.expires_at),
  lastUsedAt: row.last_used_at === null ? null : iso(row.last_used_at),
})
