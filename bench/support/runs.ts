import type { Journal } from '../../packages/server/src/journal/journal.ts'
import {
  newId,
  type MessageId,
  type RunId,
  type TraceId,
} from '../../packages/server/src/platform/ids.ts'
import { Answer } from './answer.ts'
import type { Follower } from './people.ts'

/** A running answer for each follower's thread, as an agent would stream it there. */
export async function makeRuns(
  journal: Journal,
  followers: readonly Follower[],
): Promise<Answer[]> {
  const answers = followers.map(({ stream }) => new Answer(stream))
  const runs = new Map(answers.map(({ stream, runId }) => [stream, runId]))
  await journal.write(
    followers.map((follower) =>
      runRow(journal, runs.get(follower.stream) ?? newId<RunId>(), follower),
    ),
  )
  return answers
}

function runRow({ db }: Journal, runId: RunId, { threadId, userId }: Follower) {
  const at = new Date().toISOString()
  return db
    .insertInto('run')
    .values({
      id: runId,
      thread_id: threadId,
      user_id: userId,
      state: 'running',
      agent: 'assistant',
      model: null,
      client_message_id: null,
      parent_message_id: newId<MessageId>(),
      trace_id: newId<TraceId>(),
      fence: 1,
      attempt: 1,
      lease_until: null,
      cancel_requested: 0,
      waiting_for: null,
      compacted: 0,
      created_at: at,
      updated_at: at,
    })
    .compile()
}
