import type { Answer, Asking, Change, Decision, ToolCall } from '../agent/agent.ts'
import type { ApprovalAskedRow, ApprovalRow, Journal, RunRow } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { asId, type ToolCallId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
import type { Decision as Decided } from './approval.ts'

type Store = Pick<Journal, 'db'>

/** Beyond this a person reads the beginning only: what they see must load on a phone. */
const MAX_CHANGE_CHARACTERS = 32_000
const CUT_CHARACTERS = 8_000

/** What is told to the thread beside the call. */
export const toldOf = ({ question, change, server }: Asking): Record<string, unknown> => ({
  ...(question && { question }),
  ...(change && { change: bounded(change) }),
  ...(server !== undefined && { server }),
})

/** A change that is too long is told cut, and says so. */
function bounded(change: Change): Change {
  if (JSON.stringify(change).length <= MAX_CHANGE_CHARACTERS) return change
  const cut = (value: unknown): unknown => {
    const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')
    if (text.length <= CUT_CHARACTERS) return value
    return `${text.slice(0, CUT_CHARACTERS)}\n… (${text.length.toLocaleString('en')} characters; the rest is not shown)`
  }
  const { summary, before, after } = change
  return {
    summary: String(cut(summary)),
    ...(before !== undefined && { before: cut(before) }),
    ...(after !== undefined && { after: cut(after) }),
  }
}

export function askedRow(
  { db }: Store,
  clock: Clock,
  { run, agent, call, about }: { run: RunRow; agent: string | null; call: ToolCall; about: Asking },
): Statement {
  const { question, change, state = null, server = null, boundTo = null } = about
  const row: ApprovalAskedRow = {
    run_id: run.id,
    tool_call_id: asId<ToolCallId>(call.callId),
    fence: run.fence,
    thread_id: run.thread_id,
    user_id: run.user_id,
    agent,
    server,
    question: question ? JSON.stringify(question) : null,
    change: change ? JSON.stringify(bounded(change)) : null,
    state,
    bound_to: boundTo,
    asked_at: isoTime(clock),
    action: null,
    content: null,
    reason: null,
    decided_by: null,
    decided_at: null,
  }
  return db.insertInto('approval_asked').values(row).compile()
}

/** Keeps who said what, in the commit that says it. */
export const answered = (
  { db }: Store,
  clock: Clock,
  { approval, decision }: { approval: ApprovalRow; decision: Decided },
): Statement =>
  db
    .updateTable('approval_asked')
    .set({
      action: decision.answer?.action ?? (decision.approved ? 'accept' : 'decline'),
      content: decision.answer?.content ? JSON.stringify(decision.answer.content) : null,
      reason: decision.reason ?? null,
      decided_by: decision.by,
      decided_at: isoTime(clock),
    })
    .where('run_id', '=', approval.run_id)
    .where('tool_call_id', '=', approval.tool_call_id)
    .where('fence', '=', approval.fence)
    .compile()

export const readAsked = ({ db }: Store, run: Pick<RunRow, 'id'>): Promise<ApprovalAskedRow[]> =>
  db.selectFrom('approval_asked').selectAll().where('run_id', '=', run.id).execute()

interface AskedEvent {
  question?: unknown
  fence?: number
  approved?: boolean
  action?: Answer['action']
  reason?: string
}

/** What a run's events say of answers, with what its rows keep of them. */
export class Told {
  readonly #rows: ReadonlyMap<string, ApprovalAskedRow>
  readonly #open = new Map<string, { isQuestion: boolean; row: ApprovalAskedRow | undefined }>()

  constructor(rows: readonly ApprovalAskedRow[]) {
    this.#rows = new Map(rows.map((row) => [`${row.fence} ${row.tool_call_id}`, row]))
  }

  asked(callId: string, { question, fence = 0 }: AskedEvent): void {
    this.#open.set(callId, {
      isQuestion: question !== undefined,
      row: this.#rows.get(`${fence} ${callId}`),
    })
  }

  /** Whatever was answered to a question, its call goes on: it reads the answer itself. */
  decided(callId: string, event: AskedEvent): { decision: Decision; answer?: Answer } {
    const asked = this.#open.get(callId)
    const { approved = false, reason } = event
    const boundTo = asked?.row?.bound_to ?? undefined
    if (!asked?.isQuestion) return { decision: { approved, reason, boundTo } }
    const { content = null, state = null } = asked.row ?? {}
    return {
      decision: { approved: true, boundTo },
      answer: {
        // A version that knew no questions may have been asked in between: its yes filled nothing in.
        action: event.action ?? (approved ? 'cancel' : 'decline'),
        ...(content !== null && { content: JSON.parse(content) as Record<string, unknown> }),
        ...(state !== null && { state }),
      },
    }
  }
}
