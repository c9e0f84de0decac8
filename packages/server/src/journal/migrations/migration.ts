/** One step of a schema; once released it never changes. */
export interface Migration {
  name: string
  statements: readonly string[]
}
