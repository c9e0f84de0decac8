import type { Erasure, Journal } from '../journal/journal.ts'
import { threadStream, userStream } from '../journal/journal.ts'
import { asId, type FileId, type ThreadId, type UserId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'

const STEP = { events: 500, bytes: 4_000_000 }

/** Where all that is known of a thread lies: its events, and those of its owner that are about it. */
export const eventsOfThread = (userId: UserId, threadId: ThreadId): Erasure[] => [
  { stream: threadStream(threadId) },
  { stream: userStream(userId), threadId },
]

/** Statements that remove a thread's rows; snapshots hold titles and texts, so they go as well. */
export const rowsOfThread = (
  { db }: Journal,
  userId: UserId,
  threadId: ThreadId,
  files: readonly FileId[],
): Statement[] => [
  db.deleteFrom('message').where('thread_id', '=', threadId).compile(),
  db.deleteFrom('run').where('thread_id', '=', threadId).compile(),
  db.deleteFrom('approval').where('thread_id', '=', threadId).compile(),
  db.deleteFrom('approval_asked').where('thread_id', '=', threadId).compile(),
  db.deleteFrom('run_timeline').where('thread_id', '=', threadId).compile(),
  db.deleteFrom('run_seen').where('thread_id', '=', threadId).compile(),
  db.deleteFrom('thread_summary').where('thread_id', '=', threadId).compile(),
  db.deleteFrom('plan').where('thread_id', '=', threadId).compile(),
  // What was learned there and allowed is the person's; where it was learned is no more.
  db.updateTable('note').set({ thread_id: null }).where('thread_id', '=', threadId).compile(),
  db
    .deleteFrom('snapshot')
    .where('stream', 'in', [threadStream(threadId), userStream(userId)])
    .compile(),
  db.deleteFrom('thread').where('id', '=', threadId).compile(),
  ...(files.length > 0
    ? [
        db
          .deleteFrom('file')
          .where('id', 'in', [...files])
          .where('user_id', '=', userId)
          .compile(),
      ]
    : []),
]

/** Large results of the thread's tools, and its reports: stored as files of their own, named in its events. */
export async function resultFilesOf(journal: Journal, threadId: ThreadId): Promise<FileId[]> {
  const stream = threadStream(threadId)
  const head = await journal.head(stream)
  const found: FileId[] = []
  for (let at = 0; at < head;) {
    const { events, through } = await journal.readKept(stream, at, STEP)
    if (through <= at) break
    at = through
    for (const { payload } of events) {
      if (!payload.includes('"result_ref":') && !payload.includes('"build_report"')) continue
      found.push(...filesIn(JSON.parse(payload) as ToolCompleted))
    }
  }
  return found
}

interface ToolCompleted {
  type?: string
  tool_name?: string
  result_ref?: unknown
  result?: { file_id?: unknown; document_id?: unknown } | null
}

function filesIn({ type, tool_name, result_ref, result }: ToolCompleted): FileId[] {
  const isReport = type === 'tool_completed' && tool_name === 'build_report'
  return [result_ref, ...(isReport ? [result?.file_id, result?.document_id] : [])].flatMap((id) =>
    typeof id === 'string' ? [asId<FileId>(id)] : [],
  )
}
