import { checkAnswer, readForm, type AnswerAction, type Question } from '@netra/protocol'

import { asId, type ToolCallId, type UserId } from '../platform/ids.ts'
import { done, notFound, refuse, withheld, type Outcome, type Refusal } from './outcome.ts'
import type { CommandParts } from './parts.ts'

export interface Decide {
  run_id: string
  tool_call_id: string
  approved: boolean
  reason?: string | undefined
  /** That of the request the person saw: an answer to an older one decides nothing. */
  fence: number
  /** To a question; absent it follows from `approved`. */
  action?: AnswerAction | undefined
  /** What was filled in of a form. */
  content?: Record<string, unknown> | undefined
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
  const asked = await journal.db
    .selectFrom('approval_asked')
    .select('question')
    .where('run_id', '=', run.id)
    .where('tool_call_id', '=', approval.tool_call_id)
    .where('fence', '=', approval.fence)
    .executeTakeFirst()
  const question = asked?.question ? (JSON.parse(asked.question) as Question) : undefined
  if (approval.state !== 'waiting') return decidedAlready
  const problem = problemOf(wish, question)
  if (problem) return problem
  const { approved, reason } = wish
  const action = actionOf(wish)
  const content =
    question?.mode === 'form' && action === 'accept' ? (wish.content ?? {}) : undefined
  const answer = question && { action, ...(content && { content }) }
  const decision = { approved, by: userId, reason, answer }
  if (await runs.decide(run, approval, decision)) return done({})
  return decidedAlready
}

const decidedAlready = refuse('conflict', 'This was decided already, or its run has ended.')

const actionOf = ({ action, approved }: Decide): AnswerAction =>
  action ?? (approved ? 'accept' : 'decline')

/** Why an answer is none; the question stays open, and nothing of what was filled in is lost. */
function problemOf(wish: Decide, question: Question | undefined): Refusal | undefined {
  const action = actionOf(wish)
  if ((action === 'accept') !== wish.approved)
    return refuse('unsupported', `"approved" and "action" contradict each other. Send one of them.`)
  const isFilledIn = question?.mode === 'form' && action === 'accept'
  if (!isFilledIn)
    return wish.content === undefined
      ? undefined
      : refuse('unsupported', 'Nothing was asked for that could be filled in. Leave "content" out.')
  const form = readForm(question.schema)
  if (!form.ok) return refuse('unsupported', `This form cannot be filled in: ${form.problem}.`)
  const checked = checkAnswer(form.fields, wish.content ?? {})
  if (checked.ok) return undefined
  const words = Object.entries(checked.problems).map(([name, why]) => {
    const title = form.fields.find((field) => field.name === name)?.title
    return title === undefined ? why : `${title}: ${why}`
  })
  const message = `The answer was not taken. ${words.join(' ')}`
  return { ...refuse('unsupported', message), problems: checked.problems }
}
