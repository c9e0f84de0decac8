import {
  answeredCallSchema,
  unaskedToolSchema,
  unaskedToolsSchema,
  waitingCallsSchema,
} from '../../packages/client/src/approvals-api.ts'
import * as approvals from '../../packages/server/src/gateway/http/approvals.ts'
import type { Area } from './route.ts'

export const approving: Area = {
  name: 'Approvals',
  about: 'Tool calls that wait for a person, and their answers.',
  routes: {
    'GET /api/approvals': {
      summary: 'What waits for one',
      who: ['chat:read'],
      answers: { 200: waitingCallsSchema },
    },
    'POST /api/approvals/:run_id/:tool_call_id': {
      summary: 'Allow, refuse or answer; the first answer holds',
      who: ['approvals:write'],
      body: approvals.approvalAnswer,
      answers: { 200: answeredCallSchema },
    },
    'GET /api/approvals/unasked': {
      summary: 'Tools that run without a question',
      who: 'person',
      answers: { 200: unaskedToolsSchema },
    },
    'PUT /api/approvals/unasked': {
      summary: 'The tool of this call runs without a question from now on',
      who: 'person',
      body: approvals.noMoreAsking,
      answers: { 200: unaskedToolSchema },
    },
    'DELETE /api/approvals/unasked/:tool': {
      summary: 'Ask about a tool again',
      who: 'person',
      answers: { 204: null },
    },
  },
}
