import type { FailureCode, ToolCall, ToolOutcome } from '../agent/agent.ts'
import type { Journal, RunRow } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { MessageId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'

/** How a run ends when its agent did not say `done`. `thought` stands in for a step never stated. */
export type Ending =
  | { kind: 'cancelled'; thought: string; fields: { by: string } }
  | {
      kind: 'failed'
      thought: string
      fields: {
        code: FailureCode
        message: string
        retry: 'no' | 'same' | 'after'
        breaker?: 'CLOSED' | 'OPEN' | 'HALF_OPEN'
      }
    }

export const cancelledBy = (userId: string): Ending => ({
  kind: 'cancelled',
  thought: 'Stopped before the first step.',
  fields: { by: userId },
})

export interface ToolRecord {
  call: ToolCall
  outcome: ToolOutcome
}

const MAX_KEPT_RESULT = 16_000

/** The row reminds later turns of what was done; the events hold the whole result. */
function cutLarge({ call, outcome }: ToolRecord): ToolRecord {
  const json = JSON.stringify(outcome.result) ?? 'null'
  if (json.length <= MAX_KEPT_RESULT) return { call, outcome }
  return {
    call,
    outcome: {
      ...outcome,
      result: { preview: json.slice(0, MAX_KEPT_RESULT / 4), truncated: true },
    },
  }
}

/** Row changes of a run's last commit: its state, its answer as a message, its thread's count. */
export function endingRows(
  journal: Pick<Journal, 'db'>,
  clock: Clock,
  run: RunRow,
  end: {
    state: 'completed' | 'failed' | 'cancelled'
    message?: { id: MessageId; text: string; tools: readonly ToolRecord[] } | undefined
  },
): Statement[] {
  const { db } = journal
  const at = isoTime(clock)
  const rows: Statement[] = [
    db
      .updateTable('run')
      .set({ state: end.state, updated_at: at, lease_until: null, waiting_for: null })
      .where('id', '=', run.id)
      .compile(),
  ]
  if (end.message && end.message.text !== '') {
    rows.push(
      db
        .insertInto('message')
        .values({
          id: end.message.id,
          thread_id: run.thread_id,
          user_id: run.user_id,
          run_id: run.id,
          parent_id: run.parent_message_id,
          role: 'assistant',
          text: end.message.text,
          search_text: end.message.text.toLowerCase(),
          attachments: '[]',
          tools: JSON.stringify(end.message.tools.map(cutLarge)),
          created_at: at,
        })
        .compile(),
      db
        .updateTable('thread')
        .set((eb) => ({ message_count: eb('message_count', '+', 1), updated_at: at }))
        .where('id', '=', run.thread_id)
        .compile(),
    )
  }
  return rows
}
