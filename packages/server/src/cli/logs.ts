import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'

import { auditLog, auditText } from '../telemetry/log-audit.ts'
import type { Terminal } from './terminal.ts'

export const LOGS_USAGE = `usage: netra logs audit <file> [--json]    counts what went wrong, with causes; - reads standard input
  exit code: 0 nothing at error level, 1 something, 2 the log could not be read`

/** What a log says went wrong, how often, and why most likely. */
export async function logs(args: string[], { out, err }: Terminal): Promise<number> {
  const asJson = args.includes('--json')
  const [verb, file, ...more] = args.filter((arg) => arg !== '--json')
  if (verb !== 'audit' || file === undefined || more.length > 0) {
    err(LOGS_USAGE)
    return 2
  }
  let audit
  try {
    audit = await auditLog(contentOf(file))
  } catch (error) {
    err(
      `netra logs audit: ${file} could not be read: ${error instanceof Error ? error.message : String(error)}`,
    )
    return 2
  }
  if (asJson) out(JSON.stringify(audit, null, 2))
  else for (const line of auditText(audit)) out(line)
  if (audit.lines > 0 && audit.unknown === audit.lines) {
    err(
      `netra logs audit: no line of ${file} is one of Netra's log (NETRA_LOG_FORMAT json or google).`,
    )
    return 2
  }
  return audit.errors > 0 ? 1 : 0
}

function contentOf(file: string): AsyncIterable<Buffer | string> {
  if (file === '-') return process.stdin
  const bytes = createReadStream(file)
  if (!file.endsWith('.gz')) return bytes
  const content = createGunzip()
  bytes.on('error', (error) => content.destroy(error))
  return bytes.pipe(content)
}
