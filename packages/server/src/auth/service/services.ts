import type { Clock } from '../../platform/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import type { AccessTokens } from '../session/access-token.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { hashSecret, randomSecret } from '../store/secret-text.ts'

/** What a service may be allowed; it is given only what it needs (S42). */
export const SERVICE_SCOPES = [
  /** Ask whose a cookie or token is, and whether a login session lives. */
  'sessions:read',
  /** Have tickets made for a session, and spend them. */
  'tickets:use',
  /** Follow who was logged out, changed or removed. */
  'feed:read',
  /** Say that all of a removed account is erased. */
  'removals:confirm',
  /** Say for whom, from which address, a request is forwarded. */
  'clients:name',
] as const
export type ServiceScope = (typeof SERVICE_SCOPES)[number]

export interface Service {
  id: string
  scopes: readonly ServiceScope[]
}

export interface ListedService extends Service {
  created_at: string
  revoked: boolean
  /** Its secrets that are accepted now: when each was made, and when it ends (null: not set). */
  secrets: { created_at: string; expires_at: string | null }[]
}

export interface ServiceToken {
  access_token: string
  token_type: 'Bearer'
  expires_in: number
}

export const SERVICE_TABLES = `
  CREATE TABLE service (
    id TEXT PRIMARY KEY,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    tokens_from INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE service_secret (
    secret_hash TEXT PRIMARY KEY,
    service_id TEXT NOT NULL REFERENCES service (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX service_secret_service ON service_secret (service_id, created_at);
`

export const SERVICE_TOKEN_SECONDS = 3600
const OVERLAP_MS = 24 * 3600 * 1000
const SUBJECT = 'service:'
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

interface Row {
  id: string
  scopes: string
  created_at: number
  revoked_at: number | null
  tokens_from: number
}

/** Other programs of ours that may ask the auth service: who they are and what they may ask. */
export class Services {
  readonly #database: AuthDatabase
  readonly #clock: Clock
  readonly #tokens: AccessTokens
  readonly #audit: AuditLog

  constructor(needs: {
    database: AuthDatabase
    clock: Clock
    tokens: AccessTokens
    audit: AuditLog
  }) {
    this.#database = needs.database
    this.#clock = needs.clock
    this.#tokens = needs.tokens
    this.#audit = needs.audit
  }

  /** Makes the service, or lets a revoked one in again; the secret is in this answer alone. */
  add(id: string, scopes: readonly ServiceScope[] = SERVICE_SCOPES): { secret: string } {
    if (!NAME.test(id)) throw new Error(`"${id}" is no service name: use a-z, 0-9 and "-".`)
    const known = this.#row(id)
    if (known && known.revoked_at === null) {
      throw new Error(
        `There is a service "${id}" already. A new secret: netra service rotate ${id}`,
      )
    }
    const secret = randomSecret()
    this.#put(id, scopes, secret)
    this.#note('service.added', id)
    return { secret }
  }

  /**
   * A new secret; the one before is accepted for `overlapMs` more, any older one no longer. Without
   * an overlap the tokens it was good for end too.
   */
  rotate(id: string, overlapMs = OVERLAP_MS): { secret: string } {
    const row = this.#row(id)
    if (!row || row.revoked_at !== null) {
      throw new Error(`There is no service "${id}". To make it: netra service add ${id}`)
    }
    const secret = randomSecret()
    this.#addSecret(id, secret, overlapMs)
    this.#note('service.rotated', id)
    if (overlapMs <= 0) {
      const from = this.#clock.now()
      this.#database.run('UPDATE service SET tokens_from = ? WHERE id = ?', from, id)
    }
    return { secret }
  }

  /**
   * Takes a secret that the operator has configured on both sides. One that is known stays as it is;
   * a new one follows the one before with the usual overlap. One that was replaced is not let in
   * again, and a service that was revoked stays so: a start must not undo either.
   */
  accept(id: string, secret: string): 'known' | 'accepted' | 'replaced' | 'revoked' {
    const row = this.#row(id)
    if (row && row.revoked_at !== null) return 'revoked'
    const known = this.#database.get<{ expires_at: number | null }>(
      'SELECT expires_at FROM service_secret WHERE secret_hash = ? AND service_id = ?',
      hashSecret(secret),
      id,
    )
    if (known) return known.expires_at === null ? 'known' : 'replaced'
    if (row) this.#addSecret(id, secret, OVERLAP_MS)
    else this.#put(id, SERVICE_SCOPES, secret)
    this.#note(row ? 'service.rotated' : 'service.added', id)
    return 'accepted'
  }

  /** Ends it at once, tokens too. False when there is no such service. */
  revoke(id: string): boolean {
    const now = this.#clock.now()
    this.#database.run('DELETE FROM service_secret WHERE service_id = ?', id)
    const isKnown =
      this.#database.run('UPDATE service SET revoked_at = ? WHERE id = ?', now, id) === 1
    if (isKnown) this.#note('service.revoked', id)
    return isKnown
  }

  list(): ListedService[] {
    const now = this.#clock.now()
    return this.#database.all<Row>('SELECT * FROM service ORDER BY id').map((row) => ({
      id: row.id,
      scopes: scopesOf(row),
      created_at: new Date(row.created_at).toISOString(),
      revoked: row.revoked_at !== null,
      secrets: this.#database
        .all<{ created_at: number; expires_at: number | null }>(
          `SELECT created_at, expires_at FROM service_secret
           WHERE service_id = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY created_at DESC`,
          row.id,
          now,
        )
        .map((secret) => ({
          created_at: new Date(secret.created_at).toISOString(),
          expires_at: secret.expires_at === null ? null : new Date(secret.expires_at).toISOString(),
        })),
    }))
  }

  /** @throws AuthError `service_refused`, the same whether the name or the secret is wrong. */
  exchange(id: string, secret: string): ServiceToken {
    const now = this.#clock.now()
    const found = this.#database.get(
      `SELECT 1 FROM service_secret s JOIN service v ON v.id = s.service_id
       WHERE s.secret_hash = ? AND s.service_id = ? AND v.revoked_at IS NULL
         AND (s.expires_at IS NULL OR s.expires_at > ?)`,
      hashSecret(secret),
      id,
      now,
    )
    if (!found) throw new AuthError('service_refused')
    const subject = { userId: `${SUBJECT}${id}`, email: '', permissions: [], sessionId: '' }
    const token = this.#tokens.issue(subject, now, 'service', SERVICE_TOKEN_SECONDS)
    this.#audit.record({ actor: { kind: 'service', id }, action: 'service.token' })
    return { access_token: token, token_type: 'Bearer', expires_in: SERVICE_TOKEN_SECONDS }
  }

  /** Whose token it is, as the store says now; undefined when it is nobody's any more. */
  check(token: string): (Service & { expiresAtMs: number }) | undefined {
    const verified = this.#tokens.verify(token, this.#clock.now(), 'service')
    if (!verified.ok || !verified.claims.sub.startsWith(SUBJECT)) return undefined
    const { sub, iat, exp } = verified.claims
    const row = this.#row(sub.slice(SUBJECT.length))
    // A token's time is in whole seconds: one made within the second of the rotation ends too.
    if (!row || row.revoked_at !== null || iat * 1000 < row.tokens_from) return undefined
    return { id: row.id, scopes: scopesOf(row), expiresAtMs: exp * 1000 }
  }

  #note(action: string, id: string): void {
    this.#audit.record({ actor: { kind: 'operator' }, action, details: { service: id } })
  }

  #row(id: string): Row | undefined {
    return this.#database.get<Row>('SELECT * FROM service WHERE id = ?', id)
  }

  #put(id: string, scopes: readonly ServiceScope[], secret: string): void {
    const now = this.#clock.now()
    this.#database.run(
      `INSERT INTO service (id, scopes, created_at, tokens_from) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET scopes = excluded.scopes, revoked_at = NULL,
         tokens_from = excluded.created_at`,
      id,
      scopes.join(' '),
      now,
      0,
    )
    this.#addSecret(id, secret, 0)
  }

  #addSecret(id: string, secret: string, overlapMs: number): void {
    const now = this.#clock.now()
    const hash = hashSecret(secret)
    // Two at once at most: the newest of those there were gets its end, the others have theirs. They
    // stay, to be known again.
    this.#database.run(
      `UPDATE service_secret SET expires_at = min(coalesce(expires_at, ?3), ?3)
       WHERE service_id = ?1 AND secret_hash <> (
         SELECT secret_hash FROM service_secret WHERE service_id = ?1 AND secret_hash <> ?2
         ORDER BY expires_at IS NOT NULL, created_at DESC LIMIT 1)`,
      id,
      hash,
      now,
    )
    this.#database.run(
      `UPDATE service_secret SET expires_at = min(coalesce(expires_at, ?), ?) WHERE service_id = ?`,
      now + overlapMs,
      now + overlapMs,
      id,
    )
    this.#database.run(
      `INSERT INTO service_secret (secret_hash, service_id, created_at) VALUES (?, ?, ?)
       ON CONFLICT (secret_hash) DO UPDATE SET expires_at = NULL, created_at = excluded.created_at
       WHERE service_id = excluded.service_id`,
      hash,
      id,
      now,
    )
  }
}

const isScope = (text: string): text is ServiceScope =>
  (SERVICE_SCOPES as readonly string[]).includes(text)

const scopesOf = ({ scopes }: Row): ServiceScope[] => scopes.split(' ').filter(isScope)
