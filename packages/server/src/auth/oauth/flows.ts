import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

import type { Clock } from '../../platform/clock.ts'
import { cookieValue, sessionCookieName } from '../session/session-cookie.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { hashSecret, randomSecret } from '../store/secret-text.ts'

const FLOW_SECONDS = 600

/** Sign-ins under way; like tickets they need not outlive the processes. */
export const FLOW_TABLES = `
  CREATE TABLE IF NOT EXISTS volatile.oauth_flow (
    state_hash TEXT PRIMARY KEY,
    browser_hash TEXT NOT NULL,
    provider TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    return_to TEXT NOT NULL,
    invitation BLOB,
    link_user TEXT,
    link_session TEXT,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS volatile.oauth_flow_end ON oauth_flow (expires_at);
`

/** What one sign-in is about, from its start to its callback. */
export interface Flow {
  provider: string
  redirectUri: string
  returnTo: string
  invitation: string | undefined
  /** The signed-in user who wants to link, and their login session. */
  link: { userId: string; sessionId: string } | undefined
}

/** What goes to the provider and must come back (state), or be proven later (nonce, verifier). */
export interface FlowSecrets {
  state: string
  nonce: string
  verifier: string
}

interface Row {
  browser_hash: string
  provider: string
  redirect_uri: string
  return_to: string
  invitation: Uint8Array | null
  link_user: string | null
  link_session: string | null
  started_at: number
  expires_at: number
}

/**
 * Sign-ins under way. The browser holds one random secret in a cookie; nonce and PKCE verifier follow
 * from it and the state, so that neither a stolen store nor a stolen state is enough for anything.
 */
export class Flows {
  readonly #database: AuthDatabase
  readonly #clock: Clock
  readonly #publicUrl: string
  readonly #cookieName: string

  constructor(database: AuthDatabase, clock: Clock, publicUrl: string) {
    this.#database = database
    this.#clock = clock
    this.#publicUrl = publicUrl
    this.#cookieName = sessionCookieName(publicUrl).replace('netra_session', 'netra_oauth')
  }

  /** A browser that has a secret keeps it: two tabs may sign in at once. */
  begin(flow: Flow, cookieHeader: string | undefined): FlowSecrets & { setCookies: string[] } {
    const now = this.#clock.now()
    const state = randomSecret()
    const browser = this.#browserOf(cookieHeader) ?? randomSecret()
    this.#database.run('DELETE FROM volatile.oauth_flow WHERE expires_at <= ?', now)
    this.#database.run(
      `INSERT INTO volatile.oauth_flow (state_hash, browser_hash, provider, redirect_uri, return_to,
         invitation, link_user, link_session, started_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      hashSecret(state),
      hashSecret(browser),
      flow.provider,
      flow.redirectUri,
      flow.returnTo,
      flow.invitation === undefined ? null : sealed(flow.invitation, browser, state),
      flow.link?.userId ?? null,
      flow.link?.sessionId ?? null,
      now,
      now + FLOW_SECONDS * 1000,
    )
    const secure = this.#publicUrl.startsWith('https:') ? '; Secure' : ''
    const cookie = `${this.#cookieName}=${browser}; Max-Age=${FLOW_SECONDS}; Path=/; HttpOnly; SameSite=Lax${secure}`
    return { ...secretsOf(browser, state), setCookies: [cookie] }
  }

  /** Whether the browser has begun anything here lately. */
  knows(cookieHeader: string | undefined): boolean {
    return this.#browserOf(cookieHeader) !== undefined
  }

  /** Spends the state, whoever shows it; undefined unless this browser began it in time. */
  take(
    state: string,
    cookieHeader: string | undefined,
  ): { flow: Flow; secrets: FlowSecrets; startedAtMs: number } | undefined {
    const row = this.#database.get<Row>(
      'DELETE FROM volatile.oauth_flow WHERE state_hash = ? RETURNING *',
      hashSecret(state),
    )
    const browser = this.#browserOf(cookieHeader)
    if (row === undefined || browser === undefined) return undefined
    if (row.expires_at <= this.#clock.now()) return undefined
    if (row.browser_hash !== hashSecret(browser)) return undefined
    const link =
      row.link_user !== null && row.link_session !== null
        ? { userId: row.link_user, sessionId: row.link_session }
        : undefined
    const flow: Flow = {
      provider: row.provider,
      redirectUri: row.redirect_uri,
      returnTo: row.return_to,
      invitation: row.invitation === null ? undefined : unsealed(row.invitation, browser, state),
      link,
    }
    return { flow, secrets: secretsOf(browser, state), startedAtMs: row.started_at }
  }

  #browserOf(cookieHeader: string | undefined): string | undefined {
    const value = cookieValue(cookieHeader, this.#cookieName)
    return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined
  }
}

const secretsOf = (browser: string, state: string): FlowSecrets => ({
  state,
  nonce: derived('nonce', browser, state).toString('base64url'),
  verifier: derived('verifier', browser, state).toString('base64url'),
})

const derived = (purpose: string, browser: string, state: string): Buffer =>
  createHmac('sha256', browser).update(`${purpose} ${state}`).digest()

const CIPHER = 'aes-256-gcm'
const TAG_BYTES = 16
/** Each key encrypts once. */
const NO_IV = Buffer.alloc(12)

function sealed(text: string, browser: string, state: string): Buffer {
  const cipher = createCipheriv(CIPHER, derived('invitation', browser, state), NO_IV)
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

function unsealed(bytes: Uint8Array, browser: string, state: string): string {
  const cipher = createDecipheriv(CIPHER, derived('invitation', browser, state), NO_IV)
  cipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = cipher.update(bytes.subarray(0, -TAG_BYTES))
  return Buffer.concat([text, cipher.final()]).toString('utf8')
}
