import type { Statement } from '../../platform/statement.ts'

/** Quoted texts and names, in which a question mark is one. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\?/g

/**
 * A statement as PostgreSQL takes it: `?` becomes `$1`, `$2`… unless it is numbered already, and a
 * NUL, which its text cannot hold, becomes the replacement character.
 */
export function toPostgres({ sql, parameters }: Statement): { text: string; values: unknown[] } {
  const values = parameters.map((value) =>
    typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value,
  )
  if (parameters.length === 0 || /\$1\b/.test(sql)) return { text: sql, values }
  let count = 0
  const text = sql.replaceAll(TOKEN, (token) => (token === '?' ? `$${(count += 1)}` : token))
  return { text, values }
}
