import type { AuthDatabase } from './auth-database.ts'

export const SETTING_TABLES = `
  CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/** What administrators have chosen on their page; JSON by name. */
export class StoredSettings {
  readonly #database: AuthDatabase

  constructor(database: AuthDatabase) {
    this.#database = database
  }

  get(name: string): unknown {
    const row = this.#database.get<{ value: string }>(
      'SELECT value FROM setting WHERE name = ?',
      name,
    )
    return row && JSON.parse(row.value)
  }

  /** Undefined forgets the choice. */
  set(name: string, value: unknown): void {
    if (value === undefined) this.#database.run('DELETE FROM setting WHERE name = ?', name)
    else
      this.#database.run(
        'INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)',
        name,
        JSON.stringify(value),
      )
  }
}
