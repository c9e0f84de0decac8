import { get, post, put, remove, type Row, type Thing } from './row.ts'
import { unaskedTool, waitingApproval } from './things.ts'

const OWN = 'what agents ask of them'

const call = (thing: Thing) => ({ run_id: thing['run'], tool_call_id: thing['call'] })

export const APPROVAL_ROWS: Record<string, Row | Row[]> = {
  'GET /api/approvals': {
    make: waitingApproval,
    ask: () => get('/api/approvals'),
    everybodysOwn: OWN,
  },
  'POST /api/approvals/:run_id/:tool_call_id': {
    make: waitingApproval,
    names: ['run', 'call'],
    once: true,
    ask: (thing) =>
      post(`/api/approvals/${thing['run']}/${thing['call']}`, { approved: false, fence: 1 }),
  },
  'GET /api/approvals/unasked': {
    make: unaskedTool,
    ask: () => get('/api/approvals/unasked'),
    everybodysOwn: OWN,
  },
  'PUT /api/approvals/unasked': {
    make: waitingApproval,
    names: ['run', 'call'],
    ask: (thing) => put('/api/approvals/unasked', call(thing)),
  },
  'DELETE /api/approvals/unasked/:tool': {
    make: unaskedTool,
    names: ['tool'],
    once: true,
    ask: (thing) => remove(`/api/approvals/unasked/${thing['tool']}`),
    shownBy: () => get('/api/approvals/unasked'),
  },
}
