import { answerActionSchema } from '@netra/protocol'
import { z } from 'zod'

import type { KeptApproval } from '../../access/access.ts'
import { tooFast } from '../carry-out.ts'
import { absent, fromRefusal, HttpError, parse } from './http-error.ts'
import type { Http } from './http.ts'

const id = z.string().min(1).max(200)
const byCall = z.object({ run_id: id, tool_call_id: id })
const byTool = z.object({ tool: id })

export const approvalAnswer = z
  .strictObject({
    /** Whether it may run. For a question `action` says more. */
    approved: z.boolean().optional(),
    action: answerActionSchema.optional(),
    /** What is filled in of a form. */
    content: z.record(z.string(), z.unknown()).optional(),
    reason: z.string().max(2000).optional(),
    fence: z.int().min(0),
  })
  .refine(({ approved, action }) => approved !== undefined || action !== undefined, {
    message: 'say "approved" or "action"',
  })
  .refine(
    ({ approved, action }) =>
      approved === undefined || action === undefined || approved === (action === 'accept'),
    { message: '"approved" and "action" contradict each other' },
  )

export const noMoreAsking = z.strictObject({ run_id: id, tool_call_id: id })

/** Tool calls that wait for a person: theirs to see and to answer, from wherever they are. */
export function addApprovalRoutes({ app, parts, user }: Http): void {
  const { approvals, commands, commandRate } = parts

  app.get('/api/approvals', async (request) => {
    const { userId } = await user(request, 'chat:read')
    return { approvals: await approvals.waiting(userId) }
  })

  app.post('/api/approvals/:run_id/:tool_call_id', async (request) => {
    const { userId } = await user(request, 'approvals:write')
    const { run_id, tool_call_id } = parse(byCall, request.params)
    const wish = parse(approvalAnswer, request.body)
    const slow = tooFast(commandRate, userId, null)
    if (slow?.type === 'error') {
      const retryAfterMs = slow.after_ms ?? 1000
      throw new HttpError(429, 'RATE_LIMITED', slow.message, { retryAfterMs, limit: 'commands' })
    }
    const approved = wish.approved ?? wish.action === 'accept'
    const outcome = await commands.decide(userId, { ...wish, approved, run_id, tool_call_id })
    const kept = await approvals.find(userId, run_id, tool_call_id)
    if (outcome.ok && kept) return answered(kept, false)
    if (outcome.ok) throw absent('approval')
    const isDecided = outcome.code === 'conflict' && kept?.fence === wish.fence
    if (isDecided && isSame(kept, { ...wish, approved }, userId)) return answered(kept, true)
    if (isDecided) throw new HttpError(409, 'DB_RECORD_EXISTS', wordsOf(kept, userId))
    if (outcome.problems) {
      const details = Object.entries(outcome.problems).map(([field, problem]) => ({
        field,
        problem,
      }))
      throw new HttpError(422, 'VALIDATION_ERROR', outcome.message, { details })
    }
    throw fromRefusal(outcome)
  })

  app.get('/api/approvals/unasked', async (request) => {
    const { userId } = await user(request)
    return { tools: await approvals.unasked(userId) }
  })

  // What lasts is a person's alone to say: no API key may.
  app.put('/api/approvals/unasked', async (request) => {
    const { userId } = await user(request)
    const { run_id, tool_call_id } = parse(noMoreAsking, request.body)
    const tool = await approvals.stopAsking(userId, run_id, tool_call_id)
    if (!tool) throw absent('approval')
    if (tool === 'asks_always') throw new HttpError(409, 'DB_RECORD_EXISTS', ASKS_ALWAYS)
    return tool
  })

  app.delete('/api/approvals/unasked/:tool', async (request, reply) => {
    const { userId } = await user(request)
    const { tool } = parse(byTool, request.params)
    if (!(await approvals.askAgain(userId, tool))) throw absent('tool')
    return reply.status(204).send()
  })
}

const ASKS_ALWAYS =
  'This tool asks before each call, whatever was chosen. Take back the choice not to be asked, and allow or refuse this call alone.'

/** `repeated`: it had been answered so already, by the same person. */
const answered = (kept: KeptApproval, repeated: boolean) => ({
  run_id: kept.run_id,
  tool_call_id: kept.tool_call_id,
  state: kept.state,
  action: kept.action,
  decided_at: kept.decided_at,
  repeated,
})

function isSame(
  kept: KeptApproval,
  wish: z.output<typeof approvalAnswer> & { approved: boolean },
  userId: string,
): boolean {
  const action = wish.action ?? (wish.approved ? 'accept' : 'decline')
  const content = JSON.stringify(wish.content ?? null)
  const isContentSame = content === JSON.stringify(kept.content) || kept.content === null
  return kept.decided_by === userId && kept.action === action && isContentSame
}

function wordsOf({ state, decided_by, decided_at }: KeptApproval, userId: string): string {
  const by = decided_by === userId ? 'by you' : 'by another'
  const at = decided_at === null ? '' : ` at ${decided_at}`
  const what = { approved: 'allowed', denied: 'refused', expired: 'over', waiting: 'closed' }[state]
  const how = state === 'expired' ? ': its time had passed' : ` ${by}`
  return `This was ${what}${how}${at}. The first answer holds.`
}
