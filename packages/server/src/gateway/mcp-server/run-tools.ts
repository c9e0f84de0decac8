import { randomUUID } from 'node:crypto'

import type { McpServer, ServerContext } from '@modelcontextprotocol/server'
import { requireScopes } from '@modelcontextprotocol/server'
import { z } from 'zod'

import type { Outcome } from '../../command/command.ts'
import { asId, type ThreadId } from '../../platform/ids.ts'
import { noteLimit, tooFast } from '../carry-out.ts'
import type { GatewayParts } from '../parts.ts'
import type { Exchange } from './exchange.ts'
import { messageIdOf, type OpenCalls } from './open-calls.ts'
import { runReport, wordsOf, type RunReport } from './run-report.ts'
import { waitForRun } from './wait-for-run.ts'

const id = z.string().min(1).max(128)
const seconds = z
  .int()
  .min(0)
  .max(3_600)
  .optional()
  .describe('Seconds to wait at most; 0 answers at once. Without it: until the run ends.')

export interface RunToolParts {
  parts: GatewayParts
  calls: OpenCalls
  exchange: Exchange
  isModern: boolean
}

/** Agents as tools: each call is a message in a thread and a run like any other. */
export function addRunTools(server: McpServer, tools: RunToolParts): void {
  const { parts, exchange } = tools
  const { commands, access } = parts
  const { userId } = exchange.identity

  server.registerTool(
    'ask_agent',
    {
      title: 'Ask an agent',
      description:
        'Sends a message to an agent of Netra and waits for its answer. Without thread_id it begins a new conversation; with one it goes on there. Cancelling the call stops the agent.',
      inputSchema: z.strictObject({
        message: z.string().min(1).max(60_000),
        agent: id.optional().describe('An id of list_agents; without it Netra’s default agent'),
        thread_id: id.optional(),
        client_message_id: id
          .optional()
          .describe('Sent again with the same one, it is the same run: safe to repeat'),
        wait_seconds: seconds,
      }),
      outputSchema: runReport,
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: true,
      },
      scopeChallenge: requireScopes('chat:write', 'chat:read'),
    },
    async (input, context) => {
      const outcome = await commands.sendMessage(userId, {
        client_message_id: input.client_message_id ?? ownMessageId(exchange, context),
        thread_id: input.thread_id ?? null,
        content: [{ type: 'text', text: input.message }],
        agent: input.agent,
      })
      if (!outcome.ok) {
        noteLimit(parts.metrics, outcome.code, userId)
        return refused(outcome)
      }
      return report(tools, context, { ...outcome.answer, forMs: msOf(input.wait_seconds) }, true)
    },
  )

  server.registerTool(
    'wait_for_run',
    {
      title: 'Wait for a run',
      description:
        'Waits for a run that ask_agent began, and answers what it came to. Cancelling this call does not stop the run; stop_run does.',
      inputSchema: z.strictObject({ run_id: id, wait_seconds: seconds }),
      outputSchema: runReport,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async (input, context) => {
      const run = await access.run(userId, input.run_id)
      if (!run) return failed('There is no such run.')
      const wait = {
        thread_id: run.thread_id,
        run_id: run.id,
        position: null,
        forMs: msOf(input.wait_seconds),
      }
      return report(tools, context, wait, false)
    },
  )

  server.registerTool(
    'stop_run',
    {
      title: 'Stop a run',
      description: 'Stops a run; what it has said so far stays in its thread.',
      inputSchema: z.strictObject({ run_id: id }),
      outputSchema: z.object({ stopped: z.literal(true), run_id: z.string() }),
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
      scopeChallenge: requireScopes('chat:write'),
    },
    async (input) => {
      const fast = tooFast(parts.commandRate, userId, null)
      if (fast?.type === 'error') return failed(fast.message)
      const outcome = await commands.cancelRun(userId, input.run_id)
      if (!outcome.ok) return refused(outcome)
      return told({ stopped: true as const, run_id: input.run_id }, 'The run is stopped.')
    },
  )
}

const msOf = (given: number | undefined): number | undefined =>
  given === undefined ? undefined : given * 1_000

/** A call that an older client repeats within its session is the same run. */
function ownMessageId({ session, identity }: Exchange, { mcpReq }: ServerContext): string {
  if (session === undefined) return randomUUID()
  return messageIdOf({ userId: identity.userId, session, requestId: mcpReq.id })
}

async function report(
  { parts, calls, exchange, isModern }: RunToolParts,
  context: ServerContext,
  run: {
    thread_id: string
    run_id: string
    position: string | null
    forMs: number | undefined
  },
  ownsRun: boolean,
) {
  const { userId } = exchange.identity
  const { mcpReq } = context
  const stop = new AbortController()
  const name = { userId, session: exchange.session ?? '', requestId: mcpReq.id }
  using open = new DisposableStack()
  if (!isModern) open.use(calls.open(name, () => stop.abort()))
  const waiting = AbortSignal.any([mcpReq.signal, exchange.gone, exchange.ended, stop.signal])
  const tell = teller(context)
  tell(`thread ${run.thread_id}, run ${run.run_id}`)
  const standing = await waitForRun(parts, {
    userId,
    run: { ...run, thread_id: asId<ThreadId>(run.thread_id) },
    signal: waiting,
    forMs: run.forMs,
    tell,
  })
  // Since 2026-07-28 a client cancels by closing the answer; an older one says so, and may come back.
  const cancelled = stop.signal.aborted || (isModern && exchange.clientLeft())
  if (ownsRun && cancelled && standing.status === 'running') {
    const outcome = await parts.commands.cancelRun(userId, run.run_id)
    if (!outcome.ok) parts.logger.warn({ run_id: run.run_id, code: outcome.code }, NOT_STOPPED)
    return failed('The call was cancelled, and the run is stopped.')
  }
  if (exchange.ended.aborted) return failed(ENDED)
  const answer: RunReport = {
    thread_id: run.thread_id,
    run_id: run.run_id,
    agent: null,
    answer: null,
    problem: null,
    waits_for: null,
    url: `${parts.addresses().webUrl}/t/${run.thread_id}`,
    ...standing,
  }
  return { ...told(answer, wordsOf(answer)), isError: answer.status === 'failed' }
}

const ENDED = 'This login session or API key has ended. The run goes on; its answer is in Netra.'
const NOT_STOPPED = 'a cancelled MCP call could not stop its run'

/** Progress, where the client asked for it; a client that is gone hears nothing. */
function teller({ mcpReq }: ServerContext): (message: string) => void {
  const { _meta: meta } = mcpReq
  const progressToken = meta?.progressToken
  let progress = 0
  return (message) => {
    if (progressToken === undefined || mcpReq.signal.aborted) return
    progress += 1
    const params = { progressToken, progress, message }
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
  }
}

export const told = <Data extends Record<string, unknown>>(
  data: Data,
  text = JSON.stringify(data),
) => ({
  content: [{ type: 'text' as const, text }],
  structuredContent: data,
})

/** Says to the model what to do; no protocol error. */
export const failed = (text: string) => ({
  content: [{ type: 'text' as const, text }],
  isError: true as const,
})

const refused = (outcome: Exclude<Outcome<unknown>, { ok: true }>) =>
  failed(
    outcome.afterMs === undefined
      ? outcome.message
      : `${outcome.message} Try again in ${Math.ceil(outcome.afterMs / 1_000)} s.`,
  )
