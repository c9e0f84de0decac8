import { asId, type ToolCallId, type UserId } from '../platform/ids.ts'
import { done, notFound, refuse, withheld, type Outcome } from './outcome.ts'
import type { CommandParts } from './parts.ts'

export interface Decide {
  run_id: string
  tool_call_id: string
  approved: boolean
  reason?: string | undefined
  /** That of the request the person saw: an answer to an older one decides nothing. */
  fence: number
}

/** A person's answer to a tool call that waits for one. The first answer holds (F42). */
export async function decide(
  { access, journal, runs, mode }: CommandParts,
  userId: UserId,
  wish: Decide,
): Promise<Outcome<Record<string, never>>> {
  const run = await access.run(userId, wish.run_id)
  if (!run) return notFound('approval')
  const approval = await journal.db
    .selectFrom('approval')
    .selectAll()
    .where('run_id', '=', run.id)
    .where('tool_call_id', '=', asId<ToolCallId>(wish.tool_call_id))
    .executeTakeFirst()
  if (!approval) return notFound('approval')
  if (approval.fence !== wish.fence) {
    return refuse('conflict', 'This was asked again since. Answer what the conversation shows now.')
  }
  const closed = mode?.writing()
  if (closed) return withheld(closed)
  const { approved, reason } = wish
  if (await runs.decide(run, approval, { approved, by: userId, reason })) return done({})
  return refuse('conflict', 'This was decided already, or its run has ended.')
}
