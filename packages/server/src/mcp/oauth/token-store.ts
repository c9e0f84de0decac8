import { openSecret, sealSecret } from '../../platform/secret-box.ts'
import type { Rows } from '../../platform/statement.ts'
import { grant, wanted, type Grant, type Wanted } from './kept.ts'

/** Tokens are looked for by person and server together, and sealed for these two: R16. */
export interface Owner {
  userId: string
  serverId: string
}

export interface KeptToken {
  /** Undefined: signed out, or sealed with another key. */
  grant: Grant | undefined
  wanted: Wanted
  /** Why they have to sign in again. */
  problem: string | null
  signedInAt: string
}

interface TokenRow extends Record<string, unknown> {
  sealed: string | null
  wanted: string | null
  problem: string | null
  claim: string | null
  created_at: string
}

/** One row for each person and server. */
export class TokenStore {
  readonly #rows: Rows
  readonly #key: Uint8Array
  readonly #now: () => string

  constructor(parts: { rows: Rows; key: Uint8Array; now: () => string }) {
    this.#rows = parts.rows
    this.#key = parts.key
    this.#now = parts.now
  }

  async find(owner: Owner): Promise<KeptToken | undefined> {
    const row = await this.#row(owner)
    if (!row) return undefined
    const opened = row.sealed === null ? undefined : openSecret(this.#key, row.sealed, of(owner))
    return {
      grant: opened === undefined ? undefined : grant.parse(JSON.parse(opened)),
      wanted: row.wanted === null ? {} : wanted.parse(JSON.parse(row.wanted)),
      problem: row.problem,
      signedInAt: row.created_at,
    }
  }

  /** Tokens that are valid from here on; nothing is wanted any more. */
  save(owner: Owner, kept: Grant): Promise<void> {
    const sealed = sealSecret(this.#key, JSON.stringify(kept), of(owner))
    const { scope = null } = kept.tokens
    return this.#put(owner, { sealed, scope, wanted: null, problem: null })
  }

  /** Signed in no more: whoever uses the server next is asked to sign in. */
  drop(owner: Owner, problem: string | null, wish: Wanted = {}): Promise<void> {
    return this.#put(owner, { sealed: null, scope: null, wanted: JSON.stringify(wish), problem })
  }

  /** What the next sign-in asks for; the tokens stay. */
  want(owner: Owner, wish: Wanted, problem: string): Promise<void> {
    return this.#rows.write([
      {
        sql: 'update mcp_token set wanted = ?, problem = ?, updated_at = ? where user_id = ? and server_id = ?',
        parameters: [JSON.stringify(wish), problem, this.#now(), owner.userId, owner.serverId],
      },
    ])
  }

  /** Whether `claim` is now the only one that renews these tokens, on whichever node, until then. */
  async claim(owner: Owner, claim: string, until: string): Promise<boolean> {
    await this.#rows.write([
      {
        sql: `update mcp_token set claim = ?, claimed_until = ? where user_id = ? and server_id = ?
          and (claim is null or claimed_until < ?)`,
        parameters: [claim, until, owner.userId, owner.serverId, this.#now()],
      },
    ])
    return (await this.#row(owner))?.claim === claim
  }

  release(owner: Owner, claim: string): Promise<void> {
    return this.#rows.write([
      {
        sql: `update mcp_token set claim = null, claimed_until = null
          where user_id = ? and server_id = ? and claim = ?`,
        parameters: [owner.userId, owner.serverId, claim],
      },
    ])
  }

  /** Whose tokens there are for a server, and of a person. */
  async owners(of: { serverId: string } | { userId: string }): Promise<Owner[]> {
    const [column, value] = 'serverId' in of ? ['server_id', of.serverId] : ['user_id', of.userId]
    const rows = await this.#rows.query<{ user_id: string; server_id: string }>({
      sql: `select user_id, server_id from mcp_token where ${column} = ?`,
      parameters: [value],
    })
    return rows.map((row) => ({ userId: row.user_id, serverId: row.server_id }))
  }

  remove({ userId, serverId }: Owner): Promise<void> {
    const parameters = [userId, serverId]
    return this.#rows.write([
      { sql: 'delete from mcp_token where user_id = ? and server_id = ?', parameters },
      { sql: 'delete from mcp_oauth_state where user_id = ? and server_id = ?', parameters },
    ])
  }

  async #row({ userId, serverId }: Owner): Promise<TokenRow | undefined> {
    const [row] = await this.#rows.query<TokenRow>({
      sql: `select sealed, wanted, problem, claim, created_at from mcp_token
        where user_id = ? and server_id = ?`,
      parameters: [userId, serverId],
    })
    return row
  }

  #put(
    { userId, serverId }: Owner,
    row: {
      sealed: string | null
      scope: string | null
      wanted: string | null
      problem: string | null
    },
  ): Promise<void> {
    const now = this.#now()
    return this.#rows.write([
      {
        sql: `insert into mcp_token (user_id, server_id, sealed, scope, wanted, problem, created_at, updated_at)
          values (?, ?, ?, ?, ?, ?, ?, ?)
          on conflict (user_id, server_id) do update set sealed = excluded.sealed,
            scope = excluded.scope, wanted = excluded.wanted, problem = excluded.problem,
            updated_at = excluded.updated_at`,
        parameters: [userId, serverId, row.sealed, row.scope, row.wanted, row.problem, now, now],
      },
    ])
  }
}

const of = ({ userId, serverId }: Owner): string => `mcp_token:${userId}:${serverId}`
