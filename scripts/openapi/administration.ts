import { z } from 'zod'

import {
  auditPageSchema,
  oneTimeLinkSchema,
  registrationSchema,
  retentionSchema,
  userPageSchema,
} from '../../packages/client/src/account-types.ts'
import {
  connectionTestSchema,
  createdInvitationSchema,
  invitationListSchema,
  modelConnectionsSchema,
} from '../../packages/client/src/api-types.ts'
import {
  moreAgentsSchema,
  remoteAgentListSchema,
  remoteAgentSchema,
} from '../../packages/client/src/more-agents-api.ts'
import {
  breakerSchema,
  dashboardSchema,
  serviceModeSchema,
} from '../../packages/client/src/operations-api.ts'
import * as audit from '../../packages/server/src/gateway/auth-routes/audit.ts'
import * as invitations from '../../packages/server/src/gateway/auth-routes/invitations.ts'
import * as registration from '../../packages/server/src/gateway/auth-routes/registration.ts'
import * as users from '../../packages/server/src/gateway/auth-routes/users.ts'
import * as admin from '../../packages/server/src/gateway/http/admin.ts'
import * as breakers from '../../packages/server/src/gateway/http/breakers.ts'
import * as mode from '../../packages/server/src/gateway/http/mode.ts'
import * as moreAgents from '../../packages/server/src/gateway/http/more-agents.ts'
import { media, time, type Area, type Route } from './route.ts'

const audited = auditPageSchema.extend({
  entries: z.array(
    auditPageSchema.shape.entries.element.extend({
      address_hash: z.string().nullable(),
      hash: z.string(),
    }),
  ),
})
const user = userPageSchema.shape.users.element

const byAdmin = (route: Omit<Route, 'who'>): Route => ({ ...route, who: 'admin' })
const done = (summary: string): Route => byAdmin({ summary, answers: { 204: null } })

const shownMode = z.object({
  mode: serviceModeSchema,
  reasons: z.array(
    z.object({
      by: z.enum(['settings', 'administrator', 'order', 'store', 'tools']),
      level: serviceModeSchema.shape.level,
      why: z.string(),
    }),
  ),
})

const errorGroup = z.object({
  fingerprint: z.string(),
  level: z.enum(['error', 'fatal']),
  message: z.string(),
  type: z.string().nullable(),
  code: z.string().nullable(),
  frames: z.array(z.string()),
  count: z.number(),
  first_seen: time,
  last_seen: time,
  sample_trace_id: z.string().nullable(),
  sample_run_id: z.string().nullable(),
})

export const administration: Area = {
  name: 'Administration',
  about: 'Users, registration, audit log, retention and models; for administrators.',
  routes: {
    'GET /auth/admin/users': byAdmin({
      summary: 'Accounts, never what is in them',
      query: users.page,
      answers: { 200: userPageSchema },
    }),
    'POST /auth/admin/users': byAdmin({
      summary: 'Make an account; the answer has a one-time link to choose its password',
      body: users.newUser,
      answers: { 201: z.object({ user, url: z.string(), expires_at: z.string() }) },
    }),
    'GET /auth/admin/users/:id': byAdmin({ summary: 'One account', answers: { 200: user } }),
    'PATCH /auth/admin/users/:id': byAdmin({
      summary: 'Change a role or a name, disable or enable',
      body: users.change,
      answers: { 200: user },
    }),
    'DELETE /auth/admin/users/:id': done('Erase an account and all that is its owner’s'),
    'POST /auth/admin/users/:id/links': byAdmin({
      summary: 'A one-time link to hand out',
      body: users.link,
      answers: { 200: oneTimeLinkSchema },
    }),
    'DELETE /auth/admin/users/:id/sessions': done('End all sessions of a user'),
    'POST /auth/admin/users/:id/unlock': done('Forget failed attempts to sign in'),
    'DELETE /auth/admin/users/:id/two-factor': done('Take a user’s second factor away'),
    'GET /auth/admin/invitations': byAdmin({
      summary: 'Invitations, without their links',
      answers: { 200: invitationListSchema },
    }),
    'POST /auth/admin/invitations': byAdmin({
      summary: 'Invite somebody',
      body: invitations.invitation,
      answers: { 201: createdInvitationSchema },
    }),
    'DELETE /auth/admin/invitations/:id': done('Take an invitation back'),
    'GET /auth/admin/registration': byAdmin({
      summary: 'Who may register',
      answers: { 200: registrationSchema },
    }),
    'PUT /auth/admin/registration': byAdmin({
      summary: 'Decide who may register',
      body: registration.choice,
      answers: { 200: registrationSchema },
    }),
    'GET /auth/admin/audit': byAdmin({
      summary: 'Who did what to accounts, newest first',
      query: audit.page,
      answers: { 200: audited },
    }),
    'GET /auth/admin/audit/export': byAdmin({
      summary: 'The whole audit log',
      query: audit.wanted,
      answers: { 200: media('application/x-ndjson', 'or text/csv') },
    }),
    'GET /api/admin/retention': byAdmin({
      summary: 'How long untouched conversations are kept',
      answers: { 200: retentionSchema },
    }),
    'PUT /api/admin/retention': byAdmin({
      summary: 'Decide how long they are kept',
      body: admin.retention,
      answers: { 200: retentionSchema },
    }),
    'GET /api/admin/connections': byAdmin({
      summary: 'Connections to model providers, without their keys',
      answers: { 200: modelConnectionsSchema },
    }),
    'PUT /api/admin/connections/:provider': byAdmin({
      summary: 'Connect a provider, or change its connection',
      body: admin.connection,
      answers: { 200: modelConnectionsSchema },
    }),
    'POST /api/admin/connections/:provider/test': byAdmin({
      summary: 'Try a connection',
      answers: { 200: connectionTestSchema },
    }),
    'DELETE /api/admin/connections/:provider': done('Remove a connection'),
    'GET /api/admin/dashboard': byAdmin({
      summary: 'How this node does, with an hour of history',
      answers: { 200: dashboardSchema },
    }),
    'GET /api/admin/errors': byAdmin({
      summary: 'What failed in this node since its start, by kind',
      answers: {
        200: z.object({ since: time, total: z.number(), groups: z.array(errorGroup) }),
      },
    }),
    'PUT /api/admin/default-model': byAdmin({
      summary: 'Choose the model that answers when none is named',
      body: admin.defaultModel,
      answers: { 200: modelConnectionsSchema },
    }),
    'PUT /api/admin/fallback-models': byAdmin({
      summary: 'Choose the models that stand in for one that cannot answer',
      body: admin.fallbackModels,
      answers: { 200: modelConnectionsSchema },
    }),
    'GET /api/admin/agents': byAdmin({
      summary: 'Agents beside Netra’s own: files with what is wrong in them, and those elsewhere',
      answers: { 200: moreAgentsSchema },
    }),
    'GET /api/admin/agents/remote': byAdmin({
      summary: 'Agents elsewhere, without what is in their headers',
      answers: { 200: remoteAgentListSchema },
    }),
    'POST /api/admin/agents/remote': byAdmin({
      summary: 'Add an agent that speaks AG-UI, by its address',
      body: moreAgents.newRemoteAgent,
      answers: { 201: remoteAgentSchema },
    }),
    'PATCH /api/admin/agents/remote/:id': byAdmin({
      summary: 'Change an agent elsewhere, or turn it off; headers that are given replace all',
      body: moreAgents.remoteChange,
      answers: { 200: remoteAgentSchema },
    }),
    'DELETE /api/admin/agents/remote/:id': done('Remove an agent elsewhere'),
    'GET /api/admin/breakers': byAdmin({
      summary: 'The circuit breakers of this node',
      answers: { 200: z.object({ breakers: z.array(breakerSchema) }) },
    }),
    'POST /api/admin/breakers/reset': byAdmin({
      summary: 'Close a circuit breaker of this node',
      body: breakers.resetBody,
      answers: { 200: breakerSchema },
    }),
    'GET /api/admin/mode': byAdmin({
      summary: 'The mode of service, and what keeps it from full',
      answers: { 200: shownMode },
    }),
    'PUT /api/admin/mode': byAdmin({
      summary: 'Choose the mode of service',
      body: mode.modeBody,
      answers: { 200: shownMode },
    }),
  },
}
