import { z } from 'zod'

import * as feed from '../../packages/server/src/gateway/auth-routes/feed.ts'
import * as service from '../../packages/server/src/gateway/auth-routes/service.ts'
import {
  wireAuthentication,
  wireSessionState,
  wireSessionStates,
} from '../../packages/server/src/identity/auth-wire.ts'
import { media, time, type Area } from './route.ts'

export const services: Area = {
  name: 'For services',
  about: 'What nodes and other programs of the operator ask whatever holds the accounts.',
  routes: {
    'POST /auth/service-token': {
      summary: 'A token for a service, which shows its secret',
      who: 'anybody',
      body: service.secret,
      answers: {
        200: z.object({
          access_token: z.string(),
          token_type: z.literal('Bearer'),
          expires_in: z.number(),
        }),
      },
    },
    'POST /auth/validate': {
      summary: 'Whose a proof is, or whether login sessions live',
      who: 'service',
      body: service.asked,
      answers: { 200: z.union([wireAuthentication, wireSessionState, wireSessionStates]) },
    },
    'POST /auth/tickets': {
      summary: 'A ticket for somebody’s page',
      who: 'service',
      body: service.named,
      answers: { 200: z.object({ ticket: z.string(), expires_at: time }) },
    },
    'POST /auth/tickets/redeem': {
      summary: 'Whose a ticket was; it is spent',
      who: 'service',
      body: service.redeemed,
      answers: { 200: wireAuthentication },
    },
    'GET /auth/feed': {
      summary: 'What changed since a position, without an end',
      who: 'service',
      query: feed.from,
      answers: { 200: media('application/x-ndjson', 'one line a change') },
    },
    'GET /auth/removals': {
      summary: 'Removed accounts whose conversations are still to be erased',
      who: 'service',
      answers: { 200: z.object({ users: z.array(z.string()) }) },
    },
    'POST /auth/removals/:user_id/done': {
      summary: 'They have been erased',
      who: 'service',
      answers: { 204: null },
    },
  },
}
