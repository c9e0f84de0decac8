/** Rows with the same columns as CSV (RFC 4180), each cell safe to open in a spreadsheet. */
export function csvOf(rows: readonly Record<string, string | number>[]): string {
  const [first] = rows
  if (!first) return ''
  const columns = Object.keys(first)
  const lines = rows.map((row) => columns.map((name) => cell(row[name] ?? '')).join(','))
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`
}

/** What a spreadsheet would take for a formula is text: models and agents are named by people. */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
