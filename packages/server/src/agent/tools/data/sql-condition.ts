import { ToolError } from '../tool.ts'

const PIECE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--|\/\*|\$[A-Za-z_]*\$|[();'"]|[^'"();$\-/]+|[-/$]/g

/**
 * A condition that is put into brackets must not close them: everything it opens it closes, and it
 * is one expression. What it may read is decided by DuckDB, where it runs.
 */
export function checkCondition(condition: string): void {
  let depth = 0
  for (const [piece] of condition.matchAll(PIECE)) {
    if (/^(--|\/\*|;|'|"|\$[A-Za-z_]*\$)$/.test(piece)) {
      throw new ToolError(
        `The condition holds ${piece}, which it may not: no comments, no semicolons, and quotes in pairs.`,
      )
    }
    if (piece === '(') depth += 1
    if (piece === ')') depth -= 1
    if (depth < 0) break
  }
  if (depth !== 0) throw new ToolError('The brackets of the condition do not match.')
}
