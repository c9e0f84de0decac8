import type { Clock } from '../../platform/clock.ts'
import type { AuthDatabase } from '../store/auth-database.ts'

/** Who did it: a person, another service, the command line of this machine, or somebody unknown. */
export interface Actor {
  kind: 'user' | 'service' | 'operator' | 'nobody'
  id?: string | undefined
}

/** What is worth keeping of who did what to whom; never a secret, a text or an e-mail address. */
export interface AuditEvent {
  actor: Actor
  /** As `session.began`, `password.changed`, `role.changed`: `<thing>.<what became of it>`. */
  action: string
  outcome?: 'ok' | 'refused'
  /** The user whom it is about. */
  userId?: string | undefined
  /** Network address it came from. */
  address?: string | undefined
  details?: Record<string, string | number | boolean | null> | undefined
}

export interface AuditEntry extends AuditEvent {
  /** Grows by one; a hole would be a removed entry. */
  position: number
  /** ISO 8601. */
  at: string
  outcome: 'ok' | 'refused'
}

export const AUDIT_TABLES = `
  CREATE TABLE audit_entry (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    user_id TEXT,
    address TEXT,
    details TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_entry_user ON audit_entry (user_id, position);
  CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
  END;
  CREATE TRIGGER audit_entry_is_fixed BEFORE UPDATE ON audit_entry BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
  END;
`

interface Row {
  position: number
  at: string
  actor_kind: AuditEvent['actor']['kind']
  actor_id: string | null
  action: string
  outcome: 'ok' | 'refused'
  user_id: string | null
  address: string | null
  details: string
}

/** Who did what to accounts; entries are only ever added, which the store itself enforces. */
export class AuditLog {
  readonly #database: AuthDatabase
  readonly #clock: Clock

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  record({ actor, action, outcome = 'ok', userId, address, details = {} }: AuditEvent): void {
    this.#database.run(
      `INSERT INTO audit_entry (at, actor_kind, actor_id, action, outcome, user_id, address, details)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      new Date(this.#clock.now()).toISOString(),
      actor.kind,
      actor.id ?? null,
      action,
      outcome,
      userId ?? null,
      address ?? null,
      JSON.stringify(details),
    )
  }

  /** Newest first; `before` is a position that the page ends in front of. */
  list({ limit, before }: { limit: number; before?: number | undefined }): AuditEntry[] {
    return this.#database
      .all<Row>(
        'SELECT * FROM audit_entry WHERE position < ? ORDER BY position DESC LIMIT ?',
        before ?? Number.MAX_SAFE_INTEGER,
        limit,
      )
      .map(entryOf)
  }
}

const entryOf = (row: Row): AuditEntry => ({
  position: row.position,
  at: row.at,
  actor: { kind: row.actor_kind, id: row.actor_id ?? undefined },
  action: row.action,
  outcome: row.outcome,
  userId: row.user_id ?? undefined,
  address: row.address ?? undefined,
  details: JSON.parse(row.details) as AuditEvent['details'],
})
