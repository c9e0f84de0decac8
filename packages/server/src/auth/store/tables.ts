import { UNCONFIRMED_TABLES } from '../account/account-rows.ts'
import { ATTEMPT_TABLES } from '../account/attempt-store.ts'
import { ONE_TIME_LINK_TABLES } from '../account/one-time-links.ts'
import { TWO_FACTOR_TABLES } from '../account/two-factor.ts'
import { AUDIT_TABLES } from '../audit/audit-log.ts'
import { API_KEY_TABLES } from '../keys/api-keys.ts'
import { OUTBOX_TABLES } from '../mail/outbox.ts'
import { FLOW_TABLES } from '../oauth/flows.ts'
import { PROVIDER_TABLES } from '../oauth/provider-accounts.ts'
import { CHANGE_TABLES } from '../service/change-feed.ts'
import { SERVICE_TABLES } from '../service/services.ts'
import { TEST_USER_TABLES } from '../test-users/tables.ts'
import type { AuthDatabase } from './auth-database.ts'
import { SETTING_TABLES } from './stored-settings.ts'

/**
 * Our tables beside Better Auth's. `ended_session` is written by a trigger, so that no way of
 * ending a session (ours, Better Auth's, another process's) can leave the feed unaware. Positions
 * in it only grow.
 */
const LASTING = `
  CREATE TABLE ended_session (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL,
    session_token TEXT NOT NULL,
    user_id TEXT NOT NULL,
    why TEXT NOT NULL,
    ended_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX ended_session_id ON ended_session (session_id);
  CREATE INDEX ended_session_token ON ended_session (session_token);
  CREATE TRIGGER session_ends AFTER DELETE ON session BEGIN
    INSERT INTO ended_session (session_id, session_token, user_id, why, ended_at)
    VALUES (OLD.id, OLD.token, OLD.userId,
      CASE
        WHEN EXISTS (SELECT 1 FROM user WHERE id = OLD.userId AND banned) THEN 'disabled'
        WHEN OLD.expiresAt <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now') THEN 'expired'
        ELSE 'revoked'
      END,
      CAST(unixepoch('subsec') * 1000 AS INTEGER));
  END;

  CREATE TABLE refresh_token (
    token_hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX refresh_token_session ON refresh_token (session_id);

  CREATE TABLE setup_token (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    token_hash TEXT NOT NULL
  ) STRICT;

  CREATE TABLE invitation (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    email TEXT,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    claimed_at INTEGER,
    used_by TEXT
  ) STRICT;
`

/** Since version 2; each part keeps its own tables beside its code. */
const SECOND: readonly string[] = [
  AUDIT_TABLES,
  PROVIDER_TABLES,
  TEST_USER_TABLES,
  ATTEMPT_TABLES,
  API_KEY_TABLES,
  SETTING_TABLES,
  UNCONFIRMED_TABLES,
  ONE_TIME_LINK_TABLES,
  TWO_FACTOR_TABLES,
  OUTBOX_TABLES,
  CHANGE_TABLES,
  SERVICE_TABLES,
]

/** Tickets live 30 s and need not outlive the processes; a handshake waits for no disk. */
const VOLATILE = `
  CREATE TABLE IF NOT EXISTS volatile.ticket (
    token_hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS volatile.ticket_end ON ticket (expires_at);
  CREATE TABLE IF NOT EXISTS volatile.session_use (
    session_id TEXT PRIMARY KEY,
    used_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/** A claim younger than this may belong to a registration that another process is working on. */
const CLAIM_MS = 60_000

/** Grows with every change to Better Auth's version or plugins, or to the tables above. */
export const SCHEMA_VERSION = 2

/**
 * Makes or updates the tables when the store is older than this code. The transaction spans awaits:
 * nothing else uses the connection while the store opens, and another process waits.
 */
export async function openTables(
  database: AuthDatabase,
  migrateEngineTables: () => Promise<void>,
): Promise<void> {
  database.exec(VOLATILE)
  database.exec(FLOW_TABLES)
  if (versionOf(database) === SCHEMA_VERSION) return
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = versionOf(database)
    if (version > SCHEMA_VERSION) {
      throw new Error(
        `auth.db was written by a newer Netra (its version ${version}, known here ${SCHEMA_VERSION}). Start that one, or restore a backup.`,
      )
    }
    if (version < SCHEMA_VERSION) {
      await migrateEngineTables()
      if (version < 1) database.exec(LASTING)
      if (version < 2) for (const tables of SECOND) database.exec(tables)
      database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
    }
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

const versionOf = (database: AuthDatabase): number =>
  database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0

/**
 * Undoes what a process killed in the middle of a registration left: a user without a way to sign
 * in, whose address nobody could register again, and an invitation claimed for nobody.
 */
export function repair(database: AuthDatabase, nowMs: number): void {
  const before = nowMs - CLAIM_MS
  database.run(
    `DELETE FROM user WHERE createdAt < ? AND id NOT IN (SELECT userId FROM account)
     AND id NOT IN (SELECT user_id FROM test_user)`,
    new Date(before).toISOString(),
  )
  database.run(
    'UPDATE invitation SET claimed_at = NULL WHERE used_by IS NULL AND claimed_at < ?',
    before,
  )
}
