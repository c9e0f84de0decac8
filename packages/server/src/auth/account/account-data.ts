import type { Identity } from '../../identity/identity.ts'
import type { AuditEntry, AuditLog } from '../audit/audit-log.ts'
import type { ApiKeys } from '../keys/api-keys.ts'
import type { SessionList } from '../session/session-list.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import type { Users } from './users.ts'

const ENTRIES_AT_ONCE = 200

interface Needs {
  database: AuthDatabase
  users: Users
  sessionList: SessionList
  keys: ApiKeys
  audit: AuditLog
}

/** What is known of a person as an account: for the person, without any secret. */
export class AccountData {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** One JSON document, piece by piece. */
  async *of({ userId }: Pick<Identity, 'userId'>): AsyncGenerator<string> {
    const { database, users, sessionList, keys, audit } = this.#needs
    const user = users.listed(userId)
    const parts = {
      profile: user && {
        id: user.id,
        email: user.email,
        name: user.name,
        role: user.role,
        created_at: user.createdAt,
        last_seen_at: user.lastSeenAt,
        email_verified: user.emailVerified,
        two_factor: user.twoFactor,
        has_password: user.hasPassword,
      },
      sessions: sessionList.of(userId).map((session) => ({
        id: session.id,
        created_at: session.createdAt,
        last_used_at: session.lastUsedAt,
        expires_at: session.expiresAt,
        address: session.address,
        user_agent: session.userAgent,
      })),
      api_keys: keys.list(userId).map((key) => ({
        id: key.id,
        name: key.name,
        scopes: key.scopes,
        created_at: key.createdAt,
        expires_at: key.expiresAt,
        last_used_at: key.lastUsedAt,
      })),
      providers: database.all(
        `SELECT providerId AS id, accountId AS subject, createdAt AS linked_at FROM account
         WHERE userId = ? AND providerId <> 'credential' ORDER BY createdAt`,
        userId,
      ),
    }
    yield `${JSON.stringify(parts, null, 2).slice(0, -2)},\n  "audit": [`
    let before: number | undefined
    for (;;) {
      const page = audit.list({ limit: ENTRIES_AT_ONCE, before, userId })
      const lines = page.map((entry) => JSON.stringify(ownView(entry, userId)))
      if (lines.length > 0) yield `${before === undefined ? '' : ','}\n    ${lines.join(',\n    ')}`
      before = page.at(-1)?.position
      if (page.length < ENTRIES_AT_ONCE) break
    }
    yield '\n  ]\n}\n'
  }
}

/** Who else acted, and from where, is theirs. */
function ownView(entry: AuditEntry, userId: string) {
  const isOwn = entry.actor.id === userId
  const isAboutThem = entry.userId === userId
  return {
    at: entry.at,
    by: isOwn ? 'you' : entry.actor.kind === 'user' ? 'administrator' : entry.actor.kind,
    action: entry.action,
    outcome: entry.outcome,
    address: isOwn || entry.actor.kind === 'nobody' ? (entry.address ?? null) : null,
    ...(isAboutThem ? { details: entry.details } : {}),
  }
}
