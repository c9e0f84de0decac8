import type { Attachment, Turn, TurnMessage } from '../agent/agent.ts'
import type { Journal, MessageRow, RunRow } from '../journal/journal.ts'
import type { MessageId } from '../platform/ids.ts'
import { NOTHING_DONE, readDone } from './done-steps.ts'

/** What an attempt starts from, read from the store alone. */
export interface Past {
  turn: Turn
  /** Messages the interrupted attempt was still speaking. */
  superseded: string[]
  /** How much of them was told. */
  supersededCharacters: number
  /** Tool calls whose outcome is not known. */
  interrupted: string[]
  /** The last message that was spoken to its end: the answer, when only the end of the run is missing. */
  lastMessageId: MessageId | undefined
}

/** @throws when the message that the run answers is gone. */
export async function readPast(journal: Journal, run: RunRow): Promise<Past> {
  const messages = await journal.db
    .selectFrom('message')
    .selectAll()
    .where('thread_id', '=', run.thread_id)
    .orderBy('id')
    .execute()
  const byId = new Map(messages.map((message) => [message.id, message]))
  const question = byId.get(run.parent_message_id)
  if (!question) throw new Error(`run ${run.id} answers a message that is gone`)
  const history = pathTo(question, byId)
  const summary = await lastSummary(journal, run, history)
  const done = run.attempt === 0 ? NOTHING_DONE : await readDone(journal, run)
  return {
    turn: {
      userId: run.user_id,
      threadId: run.thread_id,
      runId: run.id,
      agent: run.agent,
      model: run.model,
      history: history.map(toTurnMessage),
      ...(summary && { summary }),
      message: toTurnMessage(question),
      files: filesOf(messages),
      completed: done.completed,
      thoughts: done.thoughts,
      interrupted: done.interrupted,
      decisions: done.decisions,
      answers: done.answers,
    },
    superseded: done.superseded,
    supersededCharacters: done.supersededCharacters,
    interrupted: done.interrupted,
    lastMessageId: done.lastMessageId,
  }
}

/** The branch that leads to a message, oldest first, without the message itself. */
function pathTo(message: MessageRow, byId: ReadonlyMap<string, MessageRow>): MessageRow[] {
  const path: MessageRow[] = []
  let parent = message.parent_id === null ? undefined : byId.get(message.parent_id)
  while (parent && !path.includes(parent)) {
    path.unshift(parent)
    parent = parent.parent_id === null ? undefined : byId.get(parent.parent_id)
  }
  return path
}

/** The newest summary of this branch; one of another branch says nothing of this. */
async function lastSummary(
  { db }: Journal,
  run: RunRow,
  history: readonly MessageRow[],
): Promise<Turn['summary']> {
  const rows = await db
    .selectFrom('thread_summary')
    .selectAll()
    .where('thread_id', '=', run.thread_id)
    .execute()
  const byMessage = new Map(rows.map((row) => [row.through_message_id, row]))
  const through = history.findLast(({ id }) => byMessage.has(id))
  const found = through && byMessage.get(through.id)
  return (
    found && {
      text: found.text,
      messages: found.messages,
      throughMessageId: found.through_message_id,
    }
  )
}

const toTurnMessage = (row: MessageRow): TurnMessage => ({
  id: row.id,
  role: row.role,
  text: row.text,
  attachments: attachmentsOf(row),
  tools: JSON.parse(row.tools) as TurnMessage['tools'],
})

interface StoredAttachment {
  file_id: string
  name: string
  media_type: string
  bytes: number
}

const attachmentsOf = (row: MessageRow): Attachment[] =>
  (JSON.parse(row.attachments) as StoredAttachment[]).map((file) => ({
    fileId: file.file_id,
    name: file.name,
    mediaType: file.media_type,
    bytes: file.bytes,
  }))

function filesOf(messages: readonly MessageRow[]): Attachment[] {
  const files = new Map<string, Attachment>()
  for (const file of messages.flatMap(attachmentsOf))
    if (!files.has(file.fileId)) files.set(file.fileId, file)
  return [...files.values()]
}
