export const TOO_MUCH_MEMORY =
  'The query needs more memory than it may use (1 GB). Filter, aggregate or select fewer columns.'

/** What DuckDB says of a statement, as its author can use it: the cause, not the echo of the SQL. */
export function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const cause = text
    .replace(/^Failed to extract statements: /, '')
    .replace(/\s*\n\s*LINE \d+:[\s\S]*$/, '')
  if (cause.startsWith('Out of Memory Error')) return TOO_MUCH_MEMORY
  if (cause.startsWith('Permission Error')) {
    return 'Only the table data can be read: files, other databases and the network are out of reach.'
  }
  const table = /^Catalog Error: Table with name (.*) does not exist/.exec(cause)?.[1]
  if (table !== undefined) return `There is no table ${table}: the only one is data.`
  return cause.slice(0, 2_000)
}
