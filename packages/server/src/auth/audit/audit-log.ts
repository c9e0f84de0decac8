import { setImmediate } from 'node:timers/promises'

import type { Clock } from '../../platform/clock.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { randomSecret } from '../store/secret-text.ts'
import {
  addressHash,
  CHAIN_START,
  ChainCheck,
  chainHash,
  type AuditRow,
  type Verdict,
} from './audit-chain.ts'

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
  /** Of the salted address; it stays when the address is forgotten. */
  addressHash: string | undefined
  /** Over this entry and the one before. */
  hash: string
}

/** Entries stay as they are. Addresses lie beside them, so that they can be forgotten. */
export const AUDIT_TABLES = `
  CREATE TABLE audit_entry (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    user_id TEXT,
    address_hash TEXT,
    details TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_entry_user ON audit_entry (user_id, position);
  CREATE INDEX audit_entry_actor ON audit_entry (actor_id, position);
  CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
  END;
  CREATE TRIGGER audit_entry_is_fixed BEFORE UPDATE ON audit_entry BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
  END;
  CREATE TABLE audit_address (
    position INTEGER PRIMARY KEY,
    salt TEXT NOT NULL,
    address TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_address_is_fixed BEFORE UPDATE ON audit_address BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
  END;
`

type Row = AuditRow & { salt: string | null; address: string | null }

const SELECT = `
  SELECT e.*, a.salt, a.address
  FROM audit_entry e LEFT JOIN audit_address a ON a.position = e.position`
const ENTRIES_AT_ONCE = 500

/** Who did what to accounts; entries are only ever added, which the store itself enforces. */
export class AuditLog {
  readonly #database: AuthDatabase
  readonly #clock: Clock

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Kept when this returns; within a transaction of the store, together with it. */
  record({ actor, action, outcome = 'ok', userId, address, details = {} }: AuditEvent): void {
    const salt = randomSecret()
    this.#database.transaction(() => {
      const last = this.#database.get<{ hash: string }>(
        'SELECT hash FROM audit_entry ORDER BY position DESC LIMIT 1',
      )
      const row = {
        position: this.#written() + 1,
        at: new Date(this.#clock.now()).toISOString(),
        actor_kind: actor.kind,
        actor_id: actor.id ?? null,
        action,
        outcome,
        user_id: userId ?? null,
        address_hash: address === undefined ? null : addressHash(salt, address),
        details: JSON.stringify(details),
      }
      this.#database.run(
        `INSERT INTO audit_entry
           (position, at, actor_kind, actor_id, action, outcome, user_id, address_hash, details, hash)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...Object.values(row),
        chainHash(last?.hash ?? CHAIN_START, row),
      )
      if (address === undefined) return
      this.#database.run(
        'INSERT INTO audit_address (position, salt, address) VALUES (?, ?, ?)',
        row.position,
        salt,
        address,
      )
    })
  }

  /** Newest first; `before` is a position that the page ends in front of. */
  list(page: {
    limit: number
    before?: number | undefined
    /** Only what this user did, or what was done to them. */
    userId?: string | undefined
    /** Only actions of this kind: what stands before their point, as `session`. */
    kind?: string | undefined
  }): AuditEntry[] {
    const { limit, before = Number.MAX_SAFE_INTEGER, userId, kind } = page
    const conditions = ['e.position < ?']
    const values: (string | number)[] = [before]
    if (userId !== undefined) {
      conditions.push('(e.user_id = ? OR e.actor_id = ?)')
      values.push(userId, userId)
    }
    if (kind !== undefined) {
      conditions.push('substr(e.action, 1, length(?)) = ?')
      values.push(`${kind}.`, `${kind}.`)
    }
    const rows = this.#database.all<Row>(
      `${SELECT} WHERE ${conditions.join(' AND ')} ORDER BY e.position DESC LIMIT ?`,
      ...values,
      limit,
    )
    return rows.map(entryOf)
  }

  /**
   * All entries, oldest first, a few at a time; the last thing it answers is whether they are as
   * they were written. Entries that are made meanwhile are left out.
   */
  async *read(): AsyncGenerator<AuditEntry[], Verdict> {
    const check = new ChainCheck()
    const written = this.#written()
    for (let after = 0; after < written;) {
      const rows = this.#database.all<Row>(
        `${SELECT} WHERE e.position > ? AND e.position <= ? ORDER BY e.position LIMIT ?`,
        after,
        written,
        ENTRIES_AT_ONCE,
      )
      const last = rows.at(-1)
      if (!last) break
      after = last.position
      for (const row of rows) check.see(row, addressOf(row))
      yield rows.map(entryOf)
      await setImmediate()
    }
    return check.verdict(written)
  }

  /** Whether every entry is there and as it was written. */
  async verify(): Promise<Verdict> {
    const entries = this.read()
    for (;;) {
      const next = await entries.next()
      if (next.done) return next.value
    }
  }

  /** Forgets where this user acted from; of the entries, ids are what stays. */
  forget(userId: string): void {
    this.#database.run(
      `DELETE FROM audit_address WHERE position IN (
         SELECT position FROM audit_entry
         WHERE actor_id = ?1 OR (user_id = ?1 AND actor_kind = 'nobody'))`,
      userId,
    )
  }

  /** The store remembers the highest position it gave, also when its entry is gone. */
  #written(): number {
    return (
      this.#database.get<{ seq: number }>(
        "SELECT seq FROM sqlite_sequence WHERE name = 'audit_entry'",
      )?.seq ?? 0
    )
  }
}

const addressOf = ({ salt, address }: Row): { salt: string; address: string } | undefined =>
  salt !== null && address !== null ? { salt, address } : undefined

const entryOf = (row: Row): AuditEntry => ({
  position: row.position,
  at: row.at,
  actor: { kind: row.actor_kind, id: row.actor_id ?? undefined },
  action: row.action,
  outcome: row.outcome,
  userId: row.user_id ?? undefined,
  address: row.address ?? undefined,
  details: JSON.parse(row.details) as AuditEvent['details'],
  addressHash: row.address_hash ?? undefined,
  hash: row.hash,
})
