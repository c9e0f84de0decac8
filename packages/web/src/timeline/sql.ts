const BREAKS = new Set([
  'select',
  'from',
  'where',
  'group by',
  'order by',
  'having',
  'limit',
  'union',
  'union all',
  'join',
  'left join',
  'inner join',
  'cross join',
  'with',
])

const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\b(?:group by|order by|union all|left join|inner join|cross join)\b|[\w.]+|\s+|[^\s\w]/gi

const LONG_LINE = 72

/** A long list of a clause, one entry a line. */
function breakList(line: string): string {
  if (line.length <= LONG_LINE) return line
  let depth = 0
  let text = ''
  for (const [token] of line.matchAll(TOKEN)) {
    if (token === '(') depth += 1
    if (token === ')') depth -= 1
    text += token === ',' && depth === 0 ? ',\n ' : token
  }
  return text
}

/** SQL with each clause on its own line; text that is laid out already stays as it is. */
export function layOutSql(sql: string): string {
  const trimmed = sql.trim()
  if (trimmed.includes('\n')) return trimmed
  let depth = 0
  let text = ''
  for (const [token] of trimmed.matchAll(TOKEN)) {
    if (token === '(') depth += 1
    if (token === ')') depth -= 1
    const begins = depth === 0 && BREAKS.has(token.toLowerCase()) && text !== ''
    text = begins ? `${text.trimEnd()}\n${token}` : text + (/^\s+$/.test(token) ? ' ' : token)
  }
  return text.split('\n').map(breakList).join('\n')
}
