import type { AuthDatabase } from './database.ts'

/**
 * Our tables beside Better Auth's. `ended_session` is written by a trigger, so that no way of
 * ending a session (ours, Better Auth's, another process's) can leave the feed unaware. Positions
 * in it only grow.
 */
const LASTING = `
  CREATE TABLE IF NOT EXISTS ended_session (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL,
    session_token TEXT NOT NULL,
    user_id TEXT NOT NULL,
    why TEXT NOT NULL,
    ended_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS ended_session_id ON ended_session (session_id);
  CREATE INDEX IF NOT EXISTS ended_session_token ON ended_session (session_token);
  CREATE TRIGGER IF NOT EXISTS session_ends AFTER DELETE ON session BEGIN
    INSERT INTO ended_session (session_id, session_token, user_id, why, ended_at)
    VALUES (OLD.id, OLD.token, OLD.userId,
      CASE
        WHEN EXISTS (SELECT 1 FROM user WHERE id = OLD.userId AND banned) THEN 'disabled'
        WHEN OLD.expiresAt <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now') THEN 'expired'
        ELSE 'revoked'
      END,
      CAST(unixepoch('subsec') * 1000 AS INTEGER));
  END;

  CREATE TABLE IF NOT EXISTS refresh_token (
    token_hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS refresh_token_session ON refresh_token (session_id);

  CREATE TABLE IF NOT EXISTS setup_token (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    token_hash TEXT NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS invitation (
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

/** Tickets live 30 s and need not outlive the process; in memory a handshake waits for no disk. */
const VOLATILE = `
  CREATE TABLE volatile.ticket (
    token_hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/** A claim younger than this may belong to a registration that another process is working on. */
const CLAIM_MS = 60_000

export function createTables(database: AuthDatabase): void {
  database.exec(`BEGIN IMMEDIATE; ${LASTING} COMMIT; ${VOLATILE}`)
}

/**
 * Undoes what a process killed in the middle of a registration left: a user without a way to sign
 * in, whose address nobody could register again, and an invitation claimed for nobody.
 */
export function repair(database: AuthDatabase, nowMs: number): void {
  const before = nowMs - CLAIM_MS
  database.run(
    'DELETE FROM user WHERE createdAt < ? AND id NOT IN (SELECT userId FROM account)',
    new Date(before).toISOString(),
  )
  database.run(
    'UPDATE invitation SET claimed_at = NULL WHERE used_by IS NULL AND claimed_at < ?',
    before,
  )
}
