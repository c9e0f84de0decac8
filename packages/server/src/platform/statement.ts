/** One SQL statement with its values; what Kysely's `compile()` returns has this shape. */
export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

export type Row = Record<string, unknown>

/** Tables beside the log: read at any time, written in one durable transaction. */
export interface Rows {
  query<R extends Row = Row>(query: Statement): Promise<R[]>
  /** All statements or none; resolved only when durable. */
  write(statements: readonly Statement[]): Promise<void>
}
