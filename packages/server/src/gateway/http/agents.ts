import { randomUUID } from 'node:crypto'

import { z } from 'zod'

import type { UserId } from '../../platform/ids.ts'
import { absent, fromRefusal, parse } from './http-error.ts'
import type { Http } from './http.ts'

const execute = z.object({
  type: z.string().min(1).max(128),
  message: z.string().min(1).max(60_000),
  context: z.record(z.string(), z.unknown()).optional(),
})
const executeNamed = execute.omit({ type: true })
const context = z.object({
  thread_id: z.string().max(128).optional(),
  file_ids: z.array(z.string().max(128)).max(32).optional(),
  model: z.string().max(256).optional(),
})

const STATUS_BY_CODE: Record<string, string> = {
  timeout: 'timeout',
  model_stalled: 'timeout',
  model_auth: 'service_unavailable',
  model_rate_limited: 'service_unavailable',
  model_cut: 'service_unavailable',
}

/** Agents that have a route of their own; one that is not there yet is a 404 as any other. */
const NAMED = ['triage', 'data', 'optimization', 'actions', 'reporting']

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

  const run = async (userId: UserId, agent: string, body: z.output<typeof executeNamed>) => {
    const begun = parts.clock.monotonic()
    const given = parse(context, body.context)
    const outcome = await commands.sendMessage(userId, {
      client_message_id: randomUUID(),
      thread_id: given.thread_id ?? null,
      content: [{ type: 'text', text: body.message }],
      attachments: given.file_ids?.map((file_id) => ({ file_id })),
      agent,
      model: given.model,
    })
    if (!outcome.ok) throw fromRefusal(outcome)
    const ended = await runResults.wait(outcome.answer)
    const failure = ended.type === 'agent_failed' ? ended : undefined
    return {
      status: statusOf(ended),
      agent,
      response: ended.type === 'agent_completed' ? ended.final_response : null,
      execution_time: Math.round(parts.clock.monotonic() - begun) / 1000,
      circuit_breaker_state: await agents.breakerState(agent, given.model ?? null),
      error: failure
        ? failure.message
        : ended.type === 'run_cancelled'
          ? 'The run was stopped.'
          : null,
      thread_id: outcome.answer.thread_id,
      run_id: outcome.answer.run_id,
    }
  }

  app.post('/api/agents/execute', async (request) => {
    const { userId } = await user(request, 'chat:write', 'chat:read')
    const body = parse(execute, request.body)
    return run(userId, body.type, body)
  })

  for (const agent of NAMED) {
    app.post(`/api/agents/${agent}`, async (request) => {
      const { userId } = await user(request, 'chat:write', 'chat:read')
      return run(userId, agent, parse(executeNamed, request.body))
    })
  }

  app.get('/api/agents/:agent/circuit_breaker/status', async (request) => {
    await user(request, 'chat:read')
    const { agent } = parse(z.object({ agent: z.string().max(128) }), request.params)
    const breaker = await agents.breaker(agent)
    if (!breaker) throw absent('agent')
    return breaker
  })
}

function statusOf(ended: { type: string; code?: string; breaker?: string }): string {
  if (ended.type === 'agent_completed') return 'success'
  if (ended.breaker === 'OPEN') return 'circuit_breaker_open'
  return STATUS_BY_CODE[ended.code ?? ''] ?? 'error'
}
