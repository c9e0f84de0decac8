import type { StoredOAuthClientInformation } from '@modelcontextprotocol/client'

import { openSecret, sealSecret } from '../../platform/secret-box.ts'
import type { Rows } from '../../platform/statement.ts'
import { client } from './kept.ts'

/** The issuer of a client that a person entered: whichever the server names at the next sign-in. */
const ENTERED = ''

/** What Netra is known as where tokens come from; by server, so that no server can lend another's. */
export class ClientStore {
  readonly #rows: Rows
  readonly #key: Uint8Array
  readonly #now: () => string

  constructor(parts: { rows: Rows; key: Uint8Array; now: () => string }) {
    this.#rows = parts.rows
    this.#key = parts.key
    this.#now = parts.now
  }

  /** The one that was entered by hand goes before one that Netra registered. */
  async find(serverId: string, issuer: string): Promise<StoredOAuthClientInformation | undefined> {
    const rows = await this.#rows.query<{ issuer: string; sealed: string }>({
      sql: `select issuer, sealed from mcp_oauth_client where server_id = ? and issuer in ('', ?)
        order by issuer`,
      parameters: [serverId, issuer],
    })
    for (const row of rows) {
      const opened = openSecret(this.#key, row.sealed, purposeOf(serverId, row.issuer))
      if (opened === undefined) continue
      return { ...client.parse(JSON.parse(opened)), issuer }
    }
    return undefined
  }

  async hasEntered(serverId: string): Promise<string | undefined> {
    const found = await this.find(serverId, ENTERED)
    return found?.client_id
  }

  save(serverId: string, issuer: string, known: object): Promise<void> {
    const sealed = sealSecret(this.#key, JSON.stringify(known), purposeOf(serverId, issuer))
    return this.#rows.write([
      {
        sql: `insert into mcp_oauth_client (server_id, issuer, sealed, updated_at) values (?, ?, ?, ?)
          on conflict (server_id, issuer) do update set sealed = excluded.sealed,
            updated_at = excluded.updated_at`,
        parameters: [serverId, issuer, sealed, this.#now()],
      },
    ])
  }

  enter(serverId: string, known: { client_id: string; client_secret?: string | undefined }) {
    return this.save(serverId, ENTERED, known)
  }

  /** Registered ones only: what a person entered is theirs to change. */
  forgetRegistered(serverId: string): Promise<void> {
    return this.#delete(
      "delete from mcp_oauth_client where server_id = ? and issuer <> ''",
      serverId,
    )
  }

  forgetEntered(serverId: string): Promise<void> {
    return this.#delete(
      "delete from mcp_oauth_client where server_id = ? and issuer = ''",
      serverId,
    )
  }

  #delete(sql: string, serverId: string): Promise<void> {
    return this.#rows.write([{ sql, parameters: [serverId] }])
  }
}

const purposeOf = (serverId: string, issuer: string): string =>
  `mcp_oauth_client:${serverId}:${issuer}`
