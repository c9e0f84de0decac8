import { randomUUID } from 'node:crypto'

import { z } from 'zod'

import type { Identity } from '../../identity/identity.ts'
import { asId, type ThreadId } from '../../platform/ids.ts'
import { absent, fromRefusal, HttpError, parse } from './http-error.ts'
import type { Http } from './http.ts'
import { answerWithRun } from './run-answers.ts'
import { runContext } from './run-context.ts'

const id = z.string().min(1).max(128)
export const start = z.strictObject({
  agent_type: id.optional(),
  agent: id.optional(),
  message: z.string().min(1).max(60_000).optional(),
  user_request: z.string().min(1).max(60_000).optional(),
  thread_id: id.nullable().optional(),
  client_message_id: id.optional(),
  context: runContext.optional(),
})
export const which = z.strictObject({ run_id: id.optional(), thread_id: id.optional() })
export const page = which.extend({ limit: z.coerce.number().int().min(1).max(200).default(50) })

const MOST_STOPPED = 100

/** Runs of the caller: begun, stopped, looked at, and read as they happen. */
export function addAgentRunRoutes({ app, parts, user }: Http): void {
  const { access, commands } = parts

  const begin = ({ userId }: Identity, body: z.output<typeof start>) => {
    const text = body.message ?? body.user_request
    if (text === undefined) {
      throw new HttpError(422, 'VALIDATION_ERROR', 'message: what is to be done is missing')
    }
    return commands.sendMessage(userId, {
      client_message_id: body.client_message_id ?? randomUUID(),
      thread_id: body.thread_id ?? body.context?.thread_id ?? null,
      content: [{ type: 'text', text }],
      attachments: body.context?.file_ids?.map((file_id) => ({ file_id })),
      agent: body.agent_type ?? body.agent,
      model: body.context?.model,
    })
  }

  app.post('/api/agents/start', async (request, reply) => {
    const identity = await user(request, 'chat:write')
    const outcome = await begin(identity, parse(start, request.body))
    if (!outcome.ok) throw fromRefusal(outcome)
    return reply.status(202).send({ status: 'started', ...outcome.answer })
  })

  app.post('/api/agents/stream', async (request, reply) => {
    const identity = await user(request, 'chat:write', 'chat:read')
    return answerWithRun(parts, { request, reply, identity }, () =>
      begin(identity, parse(start, request.body)),
    )
  })

  const stop = async ({ userId }: Identity, body: z.output<typeof which>): Promise<string[]> => {
    const { run_id, thread_id } = body
    if (run_id === undefined && thread_id === undefined) {
      throw new HttpError(422, 'VALIDATION_ERROR', 'run_id: say which run, or name its thread_id')
    }
    const thread = thread_id === undefined ? undefined : await access.thread(userId, thread_id)
    if (thread_id !== undefined && !thread) throw absent('thread')
    const meant =
      run_id === undefined
        ? await access.runs(userId, { threadId: thread?.id, isOpen: true, limit: MOST_STOPPED })
        : [{ id: run_id }]
    for (const run of meant) {
      const outcome = await commands.cancelRun(userId, run.id)
      if (!outcome.ok) throw fromRefusal(outcome)
    }
    return meant.map((run) => run.id)
  }

  for (const [url, status] of [
    ['/api/agents/stop', 'stopped'],
    ['/api/agents/cancel', 'cancelled'],
  ] as const) {
    app.post(url, async (request) => {
      const identity = await user(request, 'chat:write')
      const runIds = await stop(identity, parse(which, request.body))
      return { status, run_id: runIds[0] ?? null, run_ids: runIds }
    })
  }

  app.get('/api/agents/status', async (request) => {
    const { userId } = await user(request, 'chat:read')
    const { run_id, thread_id, limit } = parse(page, request.query)
    const threadId = thread_id === undefined ? undefined : asId<ThreadId>(thread_id)
    const one = run_id === undefined ? undefined : await access.run(userId, run_id)
    if (run_id !== undefined && !one) throw absent('run')
    const runs = one ? [one] : await access.runs(userId, { threadId, limit })
    return {
      runs: runs.map((run) => ({
        run_id: run.id,
        thread_id: run.thread_id,
        agent: run.agent,
        model: run.model,
        status: run.state,
        waiting_for: run.waiting_for,
        attempt: run.attempt,
        created_at: run.created_at,
        updated_at: run.updated_at,
      })),
      active: runs.filter(({ state }) => ['queued', 'running', 'waiting'].includes(state)).length,
    }
  })
}
