import type { Account, Accounts } from './accounts.ts'
import type { Environment } from './environment.ts'
import type { HttpClient } from './http-client.ts'
import type { Exchange } from './outcome.ts'

/** How long things are waited for. Tests of broken servers shorten what does not matter to them. */
export interface Pace {
  /** Ms for one request or for the next frame of a socket. */
  answerMs: number
  /** Ms for a whole turn of the selftest agent. */
  turnMs: number
  /** Ms an open socket is left without traffic of ours, to find proxies that close idle ones. */
  idleMs: number
  /** Ms between two parts of the timed stream, and how many there are. */
  beatMs: number
  beats: number
  /** Sockets open at once, one stage after the other. */
  crowds: readonly number[]
  /** After it a refresh token that was shown before counts as stolen; 0: not waited for, nor tried. */
  refreshGraceMs?: number
  /** When a socket that has not said who it is must be gone; 0: not waited for, nor tried. */
  silentMs?: number
}

export const FULL_PACE: Pace = {
  answerMs: 5_000,
  turnMs: 15_000,
  idleMs: 45_000,
  beatMs: 200,
  beats: 12,
  crowds: [5, 20, 100],
  refreshGraceMs: 11_000,
  silentMs: 13_000,
}

/** What a check may use. One for each check: what is noted here becomes its evidence. */
export interface CheckContext {
  /** As given, without a trailing slash; with a base path if Netra has one. */
  readonly url: string
  /** Below it are /auth and /oauth: `url`, unless the auth service has a host of its own. */
  readonly authUrl: string
  readonly environment: Environment
  readonly pace: Pace
  /** `--with-model`: the configured model is tried too, which may cost money. */
  readonly withModel: boolean
  /** How many accounts this run may have, 1 to 5. */
  readonly users: number
  /** Where plain HTTP is served beside https, when that can be known. */
  readonly plainPort: number | undefined
  /** Aborted when the check's time is over. */
  readonly signal: AbortSignal
  readonly http: HttpClient
  /**
   * Before an address that the server named is asked or opened.
   *
   * @throws CheckFailure when it is of another site, or less encrypted.
   */
  assertTrusted: (address: string) => void
  readonly accounts: Accounts
  /**
   * The n-th account of this run (0 to 4), made or signed in when first asked for.
   *
   * @throws CheckSkipped when the run may not have as many.
   */
  account(n?: number): Promise<Account>
  /** What `/api/config` tells a web app; asked for once. @throws CheckFailure */
  config(): Promise<PublicConfig>
  /** Kept out of every report. What `http` and `accounts` see is, already. */
  secret: (text: string) => void
  /** Adds to the evidence. Say neither password nor token. */
  note: (exchange: Exchange) => void
}

export interface PublicConfig {
  ws_url: string
  [name: string]: unknown
}
