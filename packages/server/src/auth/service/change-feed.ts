import type { FeedLine } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { AuthDatabase } from '../store/auth-database.ts'

/**
 * Everything that can make what a node remembers untrue, in order. Written by triggers, so that no
 * way of changing a user or ending a session (ours, Better Auth's, another process's) is missed.
 */
export const CHANGE_TABLES = `
  CREATE TABLE auth_change (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    session_id TEXT,
    user_id TEXT,
    why TEXT,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE auth_change_epoch (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL
  ) STRICT;
  INSERT INTO auth_change_epoch VALUES (1, lower(hex(randomblob(8))));
  CREATE TRIGGER session_end_is_told AFTER INSERT ON ended_session BEGIN
    INSERT INTO auth_change (kind, session_id, user_id, why, at)
    VALUES ('session_ended', NEW.session_id, NEW.user_id, NEW.why, NEW.ended_at);
  END;
  CREATE TRIGGER user_change_is_told AFTER UPDATE OF role, name, email, banned ON user
    WHEN OLD.role IS NOT NEW.role OR OLD.name IS NOT NEW.name
      OR OLD.email IS NOT NEW.email OR coalesce(OLD.banned, 0) <> coalesce(NEW.banned, 0)
  BEGIN
    INSERT INTO auth_change (kind, user_id, at)
    VALUES ('user_changed', NEW.id, CAST(unixepoch('subsec') * 1000 AS INTEGER));
  END;
  CREATE TABLE user_removal (
    user_id TEXT PRIMARY KEY,
    removed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER user_removal_is_told AFTER DELETE ON user BEGIN
    INSERT INTO user_removal (user_id, removed_at)
    VALUES (OLD.id, CAST(unixepoch('subsec') * 1000 AS INTEGER))
    ON CONFLICT (user_id) DO NOTHING;
    INSERT INTO auth_change (kind, user_id, at)
    VALUES ('user_removed', OLD.id, CAST(unixepoch('subsec') * 1000 AS INTEGER));
  END;
`

const POLL_MS = 100
const KEEP_MS = 7 * 24 * 3600 * 1000
const PAGE = 500

interface Row {
  position: number
  kind: 'session_ended' | 'user_changed' | 'user_removed' | 'keys_changed'
  session_id: string | null
  user_id: string | null
  why: 'revoked' | 'disabled' | 'expired' | null
}

/** The changes that nodes follow; a position in it is `<epoch>:<n>`. */
export class ChangeFeed {
  readonly #database: AuthDatabase
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #epoch: string
  readonly #listeners = new Set<() => void>()
  #seen = 0
  #stop: (() => void) | undefined

  constructor(database: AuthDatabase, clock: Clock, logger: Logger) {
    this.#database = database
    this.#clock = clock
    this.#logger = logger
    this.#epoch =
      database.get<{ epoch: string }>('SELECT epoch FROM auth_change_epoch')?.epoch ?? ''
    database.run('DELETE FROM auth_change WHERE at < ?', clock.now() - KEEP_MS)
  }

  /** Where the feed ends now. */
  head(): string {
    return `${this.#epoch}:${this.#head()}`
  }

  /** What came after a position, oldest first; or why nobody can say what did. */
  after(position: string): { lines: FeedLine[] } | { reset: string } {
    const at = position.lastIndexOf(':')
    const text = position.slice(at + 1)
    if (position.slice(0, at) !== this.#epoch) return { reset: 'the position is of another store' }
    if (!/^\d{1,15}$/.test(text)) return { reset: 'the position cannot be read' }
    const from = Number(text)
    const head = this.#head()
    if (from > head) return { reset: 'the position lies beyond the end: the store was restored' }
    const oldest = this.#database.get<{ oldest: number | null }>(
      'SELECT min(position) AS oldest FROM auth_change',
    )?.oldest
    if (from < (oldest ?? head + 1) - 1) return { reset: 'the position is older than what is kept' }
    const rows = this.#database.all<Row>(
      'SELECT * FROM auth_change WHERE position > ? ORDER BY position LIMIT ?',
      from,
      PAGE,
    )
    return { lines: rows.map((row) => this.#lineOf(row)) }
  }

  /** The signing keys are others than before. */
  keysChanged(): void {
    this.#database.run(
      "INSERT INTO auth_change (kind, at) VALUES ('keys_changed', ?)",
      this.#clock.now(),
    )
  }

  /** Called soon after anything changed, in whatever process; what did is for `after` to say. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (this.#stop === undefined) {
      this.#seen = this.#head()
      this.#schedule()
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.close()
    }
  }

  close(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  #schedule(): void {
    this.#stop = this.#clock.after(POLL_MS, () => {
      try {
        const head = this.#head()
        if (head !== this.#seen) {
          this.#seen = head
          for (const listener of this.#listeners) listener()
        }
      } catch (error) {
        this.#logger.error({ err: error }, 'the account store cannot be read')
      }
      this.#schedule()
    })
  }

  /** Of a table with AUTOINCREMENT, also when its last rows were swept away. */
  #head(): number {
    return (
      this.#database.get<{ seq: number }>(
        "SELECT seq FROM sqlite_sequence WHERE name = 'auth_change'",
      )?.seq ?? 0
    )
  }

  #lineOf({ position, kind, session_id: sessionId, user_id: userId, why }: Row): FeedLine {
    const at = `${this.#epoch}:${position}`
    if (kind === 'keys_changed') return { kind, position: at }
    if (kind !== 'session_ended') return { kind, position: at, user_id: userId ?? '' }
    return {
      kind,
      position: at,
      session_id: sessionId ?? '',
      user_id: userId ?? '',
      why: why ?? 'revoked',
    }
  }
}
