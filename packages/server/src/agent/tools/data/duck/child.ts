import { writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { basename, dirname, relative } from 'node:path'

import { unreachable } from '../../../../platform/unreachable.ts'
import { explain, TOO_MUCH_MEMORY } from './explain.ts'
import { loadTable } from './load-table.ts'
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
import { queryWorkload } from './workload-view.ts'

/**
 * Entry of a DuckDB child process. It lives as long as its parent: when the channel closes, also
 * because the parent was killed, it ends at once, whatever DuckDB's threads are doing.
 */
const endNow = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

/** DuckDB's own cap is 1 GB; this is beyond it, for what its cap does not count. */
const HIGHEST_RSS = 1_400_000_000
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
  answer({ id, status: 'ending', message: TOO_MUCH_MEMORY }, endNow)
}

/** When the whole machine runs out of memory, Linux ends this process and not the server. */
function volunteerForOutOfMemory(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    return
  }
}

function perform(
  id: number,
  request: DuckRequest,
): Promise<LoadAnswer | ProfileAnswer | QueryAnswer> {
  // Relative paths, so that no error message tells where the server keeps its files.
  const folder = dirname(request.database)
  process.chdir(folder)
  const database = basename(request.database)
  const spill = relative(folder, scratch)
  switch (request.kind) {
    case 'load':
      return loadTable(
        {
          source: relative(folder, request.source),
          path: database,
          scratch: spill,
          table: request.table,
        },
        (done) => {
          if (current === id) answer({ id, status: 'under_way', done })
        },
      )
    case 'profile':
      return profileData(database, spill)
    case 'query':
      return runQuery(database, spill, request.sql, request.limits)
    case 'workload':
      return queryWorkload(
        request.parts.map((part) => ({ ...part, database: relative(folder, part.database) })),
        spill,
        request.sql,
        request.limits,
      )
    default:
      return unreachable(request)
  }
}

async function handle({ id, request, traceparent }: RequestMessage): Promise<void> {
  current = id
  // Who looks at a busy machine sees which run it works for.
  process.title = `netra-duckdb ${traceparent?.split('-')[1] ?? ''}`
  try {
    const value = await perform(id, request)
    if (current === id) answer({ id, status: 'ok', value })
  } catch (error) {
    if (current !== id) return
    const known =
      error instanceof Refusal || request.kind === 'query' || request.kind === 'workload'
    answer({ id, status: known ? 'refused' : 'failed', message: explain(error) })
  } finally {
    if (current === id) current = undefined
    if (current === undefined) process.title = 'netra-duckdb'
  }
}

volunteerForOutOfMemory()
// The server answers people; queries take what it leaves.
setPriority(5)
setInterval(watchMemory, WATCH_EVERY_MS)
process.on('disconnect', endNow)
process.on('message', (message: RequestMessage) => void handle(message))
