import { randomUUID } from 'node:crypto'

import type { TerminalEvent } from '@netra/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import type { UserId } from '../../platform/ids.ts'
import { errorBody } from './error-body.ts'
import { absent, fromRefusal, parse } from './http-error.ts'
import type { Http } from './http.ts'
import { traceIdOf } from './request-ids.ts'
import { runContext } from './run-context.ts'

export const execute = z.strictObject({
  type: z.string().min(1).max(128),
  message: z.string().min(1).max(60_000),
  context: runContext.default({}),
  /** Sent again with the same one, it is the same run. */
  client_message_id: z.string().min(1).max(128).optional(),
})
export const executeNamed = execute.omit({ type: true })

type Status = 'success' | 'circuit_breaker_open' | 'timeout' | 'service_unavailable' | 'error'

const STATUS_BY_CODE: Record<string, Status> = {
  timeout: 'timeout',
  model_stalled: 'timeout',
  model_auth: 'service_unavailable',
  model_rate_limited: 'service_unavailable',
  model_cut: 'service_unavailable',
}

/** Runs that failed in a way for which HTTP has a status of its own. */
const HTTP_BY_CODE: Record<string, { status: number; code: string; retryAfter?: number }> = {
  timeout: { status: 408, code: 'AGENT_TIMEOUT' },
  model_stalled: { status: 408, code: 'AGENT_TIMEOUT' },
  model_rate_limited: { status: 429, code: 'LLM_RATE_LIMIT_EXCEEDED', retryAfter: 60 },
}

/** Agents that have a route of their own. */
export const NAMED = [
  'supervisor',
  'triage',
  'data',
  'optimization',
  'actions',
  'reporting',
  'data_helper',
] as const

/** Agents over HTTP: each call is a message in a thread and a run like any other. */
export function addAgentRoutes({ app, parts, user }: Http): void {
  const { agents, commands, runResults } = parts

  app.get('/api/agents', async (request) => {
    await user(request, 'chat:read')
    return { agents: await agents.list() }
  })

  app.get('/api/models', async (request) => {
    await user(request, 'chat:read')
    return agents.models()
  })

  const run = async (
    { request, reply }: { request: FastifyRequest; reply: FastifyReply },
    userId: UserId,
    agent: string,
    body: z.output<typeof executeNamed>,
  ): Promise<FastifyReply> => {
    const begun = parts.clock.monotonic()
    const given = body.context
    const outcome = await commands.sendMessage(userId, {
      client_message_id: body.client_message_id ?? randomUUID(),
      thread_id: given.thread_id ?? null,
      content: [{ type: 'text', text: body.message }],
      attachments: given.file_ids?.map((file_id) => ({ file_id })),
      agent,
      model: given.model,
    })
    if (!outcome.ok) throw fromRefusal(outcome)
    const ended = await runResults.wait(outcome.answer)
    const answer = {
      status: statusOf(ended),
      agent,
      ...toldBy(ended),
      execution_time: Math.round(parts.clock.monotonic() - begun) / 1000,
      circuit_breaker_state: await agents.breakerState(agent, given.model ?? null, userId),
      thread_id: outcome.answer.thread_id,
      run_id: outcome.answer.run_id,
    }
    const http = ended.type === 'agent_failed' ? HTTP_BY_CODE[ended.code] : undefined
    if (!http) return reply.send(answer)
    const ids = { requestId: request.id, traceId: traceIdOf(request) }
    if (http.retryAfter !== undefined) void reply.header('retry-after', http.retryAfter)
    // Of both shapes: what the run came to, and the error as every other route tells it.
    const problem = errorBody(http.code, answer.error ?? '', ids)
    return reply.status(http.status).send({ ...problem, ...answer })
  }

  app.post('/api/agents/execute', async (request, reply) => {
    const { userId } = await user(request, 'chat:write', 'chat:read')
    const body = parse(execute, request.body)
    return run({ request, reply }, userId, body.type, body)
  })

  for (const agent of NAMED) {
    app.post(`/api/agents/${agent}`, async (request, reply) => {
      const { userId } = await user(request, 'chat:write', 'chat:read')
      return run({ request, reply }, userId, agent, parse(executeNamed, request.body))
    })
  }

  app.get('/api/agents/:agent/circuit_breaker/status', async (request) => {
    const { userId } = await user(request, 'chat:read')
    const { agent } = parse(z.object({ agent: z.string().max(128) }), request.params)
    const breaker = await agents.breaker(agent, userId)
    if (!breaker) throw absent('agent')
    return breaker
  })
}

/** What was answered, by which model and in whose stead; or why nothing was. */
function toldBy(ended: TerminalEvent) {
  const completed = ended.type === 'agent_completed' ? ended : undefined
  return {
    response: completed?.final_response ?? null,
    error: errorOf(ended),
    model: completed?.model ?? null,
    instead_of: completed?.instead_of ?? null,
  }
}

function errorOf(ended: TerminalEvent): string | null {
  if (ended.type === 'agent_failed') return ended.message
  return ended.type === 'run_cancelled' ? 'The run was stopped.' : null
}

function statusOf(ended: TerminalEvent): Status {
  if (ended.type === 'agent_completed') return 'success'
  if (ended.type === 'run_cancelled') return 'error'
  if (ended.breaker === 'OPEN') return 'circuit_breaker_open'
  return STATUS_BY_CODE[ended.code] ?? 'error'
}
