import type { AuthDatabase } from '../store/auth-database.ts'
import { hashSecret } from '../store/secret-text.ts'

/** What is known of one key's failures; times in milliseconds since the epoch. */
export interface Tried {
  failures: number[]
  /** Locks so far. */
  strikes: number
  untilMs: number
  /** When it was last written. */
  at: number
}

export interface AttemptStore {
  read(key: string): Tried | undefined
  write(key: string, tried: Tried): void
  forget(key: string): void
  /** The account's owner signed in well from this network. */
  learn(account: string, network: string, nowMs: number): void
  isKnown(account: string, network: string, sinceMs: number): boolean
  /** Keys remembered. */
  readonly size: number
}

export const ATTEMPT_TABLES = `
  CREATE TABLE sign_in_failure (
    key TEXT PRIMARY KEY,
    failures TEXT NOT NULL,
    strikes INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sign_in_failure_at ON sign_in_failure (at);
  CREATE TABLE sign_in_place (
    place TEXT PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sign_in_place_at ON sign_in_place (at);
`

const MAX_KEYS = 20_000

/** In memory, the key used longest ago first to go. */
export class RememberedAttempts implements AttemptStore {
  readonly #tried = new Map<string, Tried>()
  readonly #places = new Map<string, number>()

  read(key: string): Tried | undefined {
    return this.#tried.get(key)
  }

  write(key: string, tried: Tried): void {
    put(this.#tried, key, tried)
  }

  forget(key: string): void {
    this.#tried.delete(key)
  }

  learn(account: string, network: string, nowMs: number): void {
    put(this.#places, `${network} ${account}`, nowMs)
  }

  isKnown(account: string, network: string, sinceMs: number): boolean {
    return (this.#places.get(`${network} ${account}`) ?? 0) > sinceMs
  }

  get size(): number {
    return this.#tried.size
  }
}

function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MAX_KEYS && oldest !== undefined) map.delete(oldest)
}

const MAX_ROWS = 100_000
const TIDY_EVERY = 500
const KEEP_PLACES_MS = 31 * 24 * 3600_000
const KEEP_FAILURES_MS = 24 * 3600_000
/** A place is noted again only so often: signing in should cost no further write. */
const LEARN_EVERY_MS = 24 * 3600_000

/**
 * In the account store, so that a restart gives no fresh guesses and all processes count together.
 * Keys are hashed: they hold addresses of people who may never have had an account.
 */
export class StoredAttempts implements AttemptStore {
  readonly #database: AuthDatabase
  #writes = 0

  constructor(database: AuthDatabase) {
    this.#database = database
  }

  read(key: string): Tried | undefined {
    const row = this.#database.get<{
      failures: string
      strikes: number
      until_ms: number
      at: number
    }>('SELECT * FROM sign_in_failure WHERE key = ?', hashSecret(key))
    if (row === undefined) return undefined
    const { failures, strikes, until_ms: untilMs, at } = row
    return { failures: JSON.parse(failures) as number[], strikes, untilMs, at }
  }

  write(key: string, { failures, strikes, untilMs, at }: Tried): void {
    this.#database.run(
      `INSERT INTO sign_in_failure (key, failures, strikes, until_ms, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, strikes = excluded.strikes,
         until_ms = excluded.until_ms, at = excluded.at`,
      hashSecret(key),
      JSON.stringify(failures),
      strikes,
      untilMs,
      at,
    )
    this.#writes += 1
    if (this.#writes % TIDY_EVERY === 0) this.#tidy(at)
  }

  forget(key: string): void {
    const hash = hashSecret(key)
    const exists = this.#database.get('SELECT 1 FROM sign_in_failure WHERE key = ?', hash)
    if (exists) this.#database.run('DELETE FROM sign_in_failure WHERE key = ?', hash)
  }

  learn(account: string, network: string, nowMs: number): void {
    if (this.isKnown(account, network, nowMs - LEARN_EVERY_MS)) return
    this.#database.run(
      `INSERT INTO sign_in_place (place, at) VALUES (?, ?)
       ON CONFLICT (place) DO UPDATE SET at = excluded.at`,
      placeOf(account, network),
      nowMs,
    )
    this.#database.run('DELETE FROM sign_in_place WHERE at < ?', nowMs - KEEP_PLACES_MS)
  }

  isKnown(account: string, network: string, sinceMs: number): boolean {
    const row = this.#database.get<{ at: number }>(
      'SELECT at FROM sign_in_place WHERE place = ?',
      placeOf(account, network),
    )
    return row !== undefined && row.at > sinceMs
  }

  get size(): number {
    return (
      this.#database.get<{ count: number }>('SELECT count(*) AS count FROM sign_in_failure')
        ?.count ?? 0
    )
  }

  #tidy(nowMs: number): void {
    this.#database.run('DELETE FROM sign_in_failure WHERE at < ?', nowMs - KEEP_FAILURES_MS)
    this.#database.run(
      `DELETE FROM sign_in_failure WHERE key IN (
         SELECT key FROM sign_in_failure ORDER BY at DESC LIMIT -1 OFFSET ?)`,
      MAX_ROWS,
    )
  }
}

const placeOf = (account: string, network: string): string => hashSecret(`${network} ${account}`)
