import { writeFileSync } from 'node:fs'

import { unreachable } from '../../../../platform/unreachable.ts'
import { loadCsv } from './load-csv.ts'
import type {
  AnswerMessage,
  DuckRequest,
  LoadAnswer,
  ProfileAnswer,
  QueryAnswer,
  RequestMessage,
} from './messages.ts'
import { profileData } from './profile.ts'
import { Refusal } from './refusal.ts'
import { runQuery } from './run-query.ts'

/**
 * Entry of a DuckDB child process. It lives as long as its parent: when the channel closes, also
 * because the parent was killed, it ends at once, whatever DuckDB's threads are doing.
 */
const endNow = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

/** Beyond DuckDB's own 1 GB cap: what its cap does not count, such as one huge text. */
const HIGHEST_RSS = 1_800_000_000
const WATCH_EVERY_MS = 25

/** Where DuckDB may spill; the parent removes it when this process has ended. */
const scratch = process.argv[2] ?? '.'

let current: number | undefined

function answer(message: AnswerMessage, sent?: () => void): void {
  process.send?.(message, undefined, {}, () => sent?.())
}

function watchMemory(): void {
  if (current === undefined || process.memoryUsage.rss() < HIGHEST_RSS) return
  const id = current
  current = undefined
  answer({ id, status: 'refused', message: TOO_MUCH_MEMORY }, endNow)
}

const TOO_MUCH_MEMORY =
  'The query needs more memory than it may use (1 GB). Filter, aggregate or select fewer columns.'

/** When the whole machine runs out of memory, Linux ends this process and not the server. */
function volunteerForOutOfMemory(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    return
  }
}

function perform(request: DuckRequest): Promise<LoadAnswer | ProfileAnswer | QueryAnswer> {
  switch (request.kind) {
    case 'load':
      return loadCsv(request.source, request.database, scratch)
    case 'profile':
      return profileData(request.database, scratch)
    case 'query':
      return runQuery(request.database, scratch, request.sql, request.limits)
    default:
      return unreachable(request)
  }
}

/** DuckDB says what is wrong with a statement on its first lines; the rest repeats the statement. */
function explain(error: Error): string {
  if (error.message.startsWith('Out of Memory Error')) return TOO_MUCH_MEMORY
  return error.message.replace(/\s*\n\s*LINE \d+:[\s\S]*$/, '').slice(0, 2_000)
}

async function handle({ id, request }: RequestMessage): Promise<void> {
  current = id
  try {
    const value = await perform(request)
    if (current === id) answer({ id, status: 'ok', value })
  } catch (error) {
    if (current !== id) return
    const known = error instanceof Refusal || (error instanceof Error && request.kind !== 'profile')
    const message = error instanceof Error ? explain(error) : String(error)
    answer({ id, status: known ? 'refused' : 'failed', message })
  } finally {
    if (current === id) current = undefined
  }
}

volunteerForOutOfMemory()
setInterval(watchMemory, WATCH_EVERY_MS)
process.on('disconnect', endNow)
process.on('message', (message: RequestMessage) => void handle(message))
