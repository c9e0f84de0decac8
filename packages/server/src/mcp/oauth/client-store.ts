import type { StoredOAuthClientInformation } from '@modelcontextprotocol/client'

import { openSecret, sealSecret } from '../../platform/secret-box.ts'
import type { Rows } from '../../platform/statement.ts'
import { SignInFailed } from '../auth-port.ts'
import { client } from './kept.ts'
import type { EnteredClient } from './sign-ins.ts'

/** In place of the issuer of a client that a person entered: whose it is stands in what is sealed. */
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

  /**
   * The one that was entered by hand goes before one that Netra registered. Who entered it said
   * whose it is: a server that names another issuer, be it at the first sign-in, does not get it there.
   *
   * @throws SignInFailed when it is another issuer's.
   */
  async find(serverId: string, issuer: string): Promise<StoredOAuthClientInformation | undefined> {
    const entered = await this.#open(serverId, ENTERED)
    if (!entered) {
      const registered = await this.#open(serverId, issuer)
      return registered && { ...registered, issuer }
    }
    if (entered.issuer === undefined)
      throw new SignInFailed(
        'the client that was entered for it does not say whose it is. Enter it again, with its issuer.',
      )
    if (withoutSlash(entered.issuer) === withoutSlash(issuer)) return { ...entered, issuer }
    throw new SignInFailed(
      `the client that was entered for it belongs to ${entered.issuer}, and it sends people to ${issuer}. Only if the client was registered there, enter it again with that issuer.`,
    )
  }

  async hasEntered(serverId: string): Promise<string | undefined> {
    return (await this.#open(serverId, ENTERED))?.client_id
  }

  async #open(serverId: string, issuer: string) {
    const [row] = await this.#rows.query<{ sealed: string }>({
      sql: 'select sealed from mcp_oauth_client where server_id = ? and issuer = ?',
      parameters: [serverId, issuer],
    })
    const opened = row && openSecret(this.#key, row.sealed, purposeOf(serverId, issuer))
    return opened === undefined ? undefined : client.parse(JSON.parse(opened))
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

  enter(serverId: string, known: EnteredClient): Promise<void> {
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

const withoutSlash = (url: string): string => url.replace(/\/$/, '')
