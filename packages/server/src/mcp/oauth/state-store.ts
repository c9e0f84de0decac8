import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

import { openSecret, sealSecret } from '../../platform/secret-box.ts'
import type { Rows } from '../../platform/statement.ts'
import { journey, type Journey } from './kept.ts'
import type { Owner } from './token-store.ts'

interface StateRow extends Record<string, unknown> {
  user_id: string
  server_id: string
  browser_hash: string
  sealed: string
  taken_by: string | null
  expires_at: string
}

/**
 * Sign-ins under way. The state that goes along is random, known here by its hash alone, good once,
 * and bound to person, server and the browser that left (S32).
 */
export class StateStore {
  readonly #rows: Rows
  readonly #key: Uint8Array

  constructor(parts: { rows: Rows; key: Uint8Array }) {
    this.#rows = parts.rows
    this.#key = parts.key
  }

  async open(
    owner: Owner,
    leaving: { state: string; browser: string; journey: Journey; now: string; until: string },
  ): Promise<void> {
    const hash = hashOf(leaving.state)
    const sealed = sealSecret(this.#key, JSON.stringify(leaving.journey), purposeOf(owner, hash))
    await this.#rows.write([
      { sql: 'delete from mcp_oauth_state where expires_at < ?', parameters: [leaving.now] },
      {
        sql: `insert into mcp_oauth_state (state_hash, user_id, server_id, browser_hash, sealed, expires_at)
          values (?, ?, ?, ?, ?, ?)`,
        parameters: [
          hash,
          owner.userId,
          owner.serverId,
          hashOf(leaving.browser),
          sealed,
          leaving.until,
        ],
      },
    ])
  }

  /** Spends it, also when something about it is wrong; undefined: not this browser's, late, or used. */
  async take(
    state: string,
    browser: string,
    now: string,
  ): Promise<{ owner: Owner; journey: Journey } | undefined> {
    const hash = hashOf(state)
    const mine = randomBytes(16).toString('base64url')
    await this.#rows.write([
      {
        sql: 'update mcp_oauth_state set taken_by = ? where state_hash = ? and taken_by is null',
        parameters: [mine, hash],
      },
    ])
    const [row] = await this.#rows.query<StateRow>({
      sql: 'select * from mcp_oauth_state where state_hash = ?',
      parameters: [hash],
    })
    if (row?.taken_by !== mine || row.expires_at < now) return undefined
    if (!isSame(row.browser_hash, hashOf(browser))) return undefined
    const owner = { userId: row.user_id, serverId: row.server_id }
    const opened = openSecret(this.#key, row.sealed, purposeOf(owner, hash))
    if (opened === undefined) return undefined
    return { owner, journey: journey.parse(JSON.parse(opened)) }
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

const purposeOf = ({ userId, serverId }: Owner, hash: string): string =>
  `mcp_oauth_state:${userId}:${serverId}:${hash}`
