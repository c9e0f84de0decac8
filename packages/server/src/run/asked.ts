import type { Answer, Asking, Change, Decision, ToolCall } from '../agent/agent.ts'
import type { ApprovalAskedRow, ApprovalRow, Journal, RunRow } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { asId, type ToolCallId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'

type Store = Pick<Journal, 'db'>

/** What is answered to an asking. */
export interface Decided {
  approved: boolean
  /** A user id, or `expiry`. */
  by: string
  reason?: string | undefined
  /** To a question of the call. */
  answer?: Pick<Answer, 'action' | 'content'> | undefined
}

/** Beyond this a person reads the beginning only: what they see must load on a phone. */
const MAX_CHANGE_CHARACTERS = 32_000
const CUT_CHARACTERS = 8_000

/** What is told to the thread beside the call. */
export const toldOf = ({
  question,
  change,
  interrupted,
  server,
  boundTo,
}: Asking): Record<string, unknown> => ({
  ...(question && { question }),
  ...(change && { change: bounded(change) }),
  ...(interrupted !== undefined && { interrupted }),
  ...(server !== undefined && { server }),
  ...(asksAlways(boundTo) && { asks_always: true }),
})

/** What a yes is bound to says so by its first character. */
const asksAlways = (boundTo: string | undefined): boolean => boundTo?.startsWith('!') === true

/** A change that is too long is told cut, and says so. */
function bounded(change: Change): Change {
  if (JSON.stringify(change).length <= MAX_CHANGE_CHARACTERS) return change
  const { summary, before, after } = change
  return {
    summary: String(cut(summary)),
    ...(before !== undefined && { before: cut(before) }),
    ...(after !== undefined && { after: cut(after) }),
  }
}

function cut(value: unknown): unknown {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')
  if (text.length <= CUT_CHARACTERS) return value
  return `${text.slice(0, CUT_CHARACTERS)}\n… (${text.length.toLocaleString('en')} characters; the rest is not shown)`
}

export function askedRow(
  { db }: Store,
  clock: Clock,
  { run, agent, call, about }: { run: RunRow; agent: string | null; call: ToolCall; about: Asking },
): Statement {
  const {
    question,
    change,
    interrupted = false,
    state = null,
    server = null,
    boundTo = null,
  } = about
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
    interrupted: interrupted ? 1 : 0,
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

/** What a run's events say of askings and answers, with what its rows keep of them. */
export class Told {
  /** About calls that did not run since. */
  readonly decisions = new Map<string, Decision>()
  /** To questions of calls that have no outcome. */
  readonly answers = new Map<string, Answer[]>()
  readonly #rows: ReadonlyMap<string, ApprovalAskedRow>
  readonly #open = new Map<string, { isQuestion: boolean; row: ApprovalAskedRow | undefined }>()

  constructor(rows: readonly ApprovalAskedRow[]) {
    this.#rows = new Map(rows.map((row) => [`${row.fence} ${row.tool_call_id}`, row]))
  }

  asked(callId: string, { question, fence = 0 }: AskedEvent): void {
    const row = this.#rows.get(`${fence} ${callId}`)
    this.#open.set(callId, { isQuestion: question !== undefined, row })
  }

  decided(callId: string, { approved = false, reason, action }: AskedEvent): void {
    const asked = this.#open.get(callId)
    const boundTo = asked?.row?.bound_to ?? undefined
    if (!asked?.isQuestion) {
      this.decisions.set(callId, { approved, reason, boundTo })
      return
    }
    // Whatever was answered to a question, its call goes on: it reads the answer itself.
    this.decisions.set(callId, { approved: true, boundTo })
    const { content = null, state = null } = asked.row ?? {}
    const answer: Answer = {
      // A version that knew no questions may have been asked in between: its yes filled nothing in.
      action: action ?? (approved ? 'cancel' : 'decline'),
      ...(content !== null && { content: JSON.parse(content) as Record<string, unknown> }),
      ...(state !== null && { state }),
    }
    this.answers.set(callId, [...(this.answers.get(callId) ?? []), answer])
  }

  /** A decision was for this run of the tool; if that breaks too, a person is asked again. */
  began(callId: string): void {
    this.decisions.delete(callId)
  }

  ended(callId: string): void {
    this.decisions.delete(callId)
    this.answers.delete(callId)
  }
}
