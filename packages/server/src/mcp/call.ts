import { isInputRequiredResult, SdkHttpError } from '@modelcontextprotocol/client'

import { InputNeeded, pause, ToolError, ToolUnavailable, type ToolContext } from '../agent/agent.ts'
import type { Breakers } from '../platform/breakers.ts'
import { CircuitOpen, type CircuitCall } from '../platform/circuit-breaker.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Count } from '../platform/metrics.ts'
import { BREAKER_OPENS } from '../platform/recovery/recovery-table.ts'
import { waitBeforeRetry } from '../platform/retry.ts'
import { CONNECT_MS, connectMs } from './connect.ts'
import type { Consents } from './consents.ts'
import { hashOf, type ToolDefinition } from './definition.ts'
import { continuationOf, Replies, roundOf, signInsOf, type Continuation } from './elicitation.ts'
import { failureOf, nameOf, type McpFailure } from './failures.ts'
import { plainProgress } from './progress.ts'
import type { McpServer } from './server-row.ts'
import type { ServerStore } from './server-store.ts'
import { LIST_MS, type Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { untrustedResult } from './untrusted-result.ts'

export interface CallParts {
  sessions: Sessions
  consents: Consents
  store: ServerStore
  breakers: Breakers
  clock: Clock
  logger: Logger
  calls: Count
  random: () => number
  /** Where the person signs in to servers, and agrees to their tools. */
  settingsUrl: () => string
}

/** A tool list so old is asked for again before a call. */
const LIST_MAX_AGE_MS = 60_000
const AGAIN_MS = 500
const CONNECTING = { tries: 3, firstMs: 300, mostMs: 3_000 }

/** Over the whole of a call: what the run waits for before it gives up by itself. */
export const callTimeoutMs = (server: McpServer): number =>
  connectMs(server) + LIST_MS + server.timeoutMs

/** Namesakes of other people have breakers of their own. */
export const breakerName = ({ slug, id }: McpServer): string => `${slug}:${id}`

/** One call: of what, by whom, with what. */
export interface Call {
  server: McpServer
  pinned: { hash: string; definition: ToolDefinition }
  input: Record<string, unknown>
  context: ToolContext
}

/**
 * One call of one tool, as somebody agreed to it.
 *
 * @throws ToolError, ToolUnavailable, InputNeeded; the signal's reason when it is aborted.
 */
export async function callTool(call: Call, parts: CallParts): Promise<unknown> {
  const { server, context } = call
  const count = (outcome: string): void =>
    parts.calls.add({ server: server.userId === null ? server.slug : 'own', outcome })
  const circuit = enter(server, parts)
  if (!circuit) {
    count('breaker_open')
    throw new ToolUnavailable(
      `${nameOf(server)} failed several times in a row and is not called for a while. Go on without it, or tell the person that it does not work at the moment.`,
    )
  }
  try {
    const result = await callThrough(call, parts)
    await circuit.succeeded()
    count('is_error' in result ? 'error' : 'ok')
    if ('is_error' in result) throw new ToolError(`${nameOf(server)} said that it failed.`, result)
    return result
  } catch (error) {
    if (error instanceof ToolError && error.result !== undefined) throw error
    if (context.signal.aborted) {
      await circuit.abandoned()
      count('cancelled')
      throw context.signal.reason
    }
    const failure = error instanceof Failed ? error.failure : toFailure(error, server, parts)
    await circuit[failure.isUnwell ? 'failed' : 'succeeded'](failure.error)
    count(failure.outcome)
    throw failure.error
  }
}

/** Told already. */
class Failed extends Error {
  readonly failure: McpFailure

  constructor(failure: McpFailure) {
    super(failure.error.message)
    this.failure = failure
  }
}

const toFailure = (error: unknown, server: McpServer, { settingsUrl }: CallParts): McpFailure =>
  failureOf(error, server, settingsUrl())

function enter(server: McpServer, { breakers }: CallParts): CircuitCall | undefined {
  // Names in metrics are kept for ever, so those of people are not among them.
  const opens = { ...BREAKER_OPENS.mcp, isMadeUp: server.userId !== null }
  try {
    return breakers.of('mcp', breakerName(server), opens).enter()
  } catch (error) {
    if (error instanceof CircuitOpen) return undefined
    throw error
  }
}

async function callThrough(call: Call, parts: CallParts) {
  const { server, context } = call
  const answers = context.answers ?? []
  const signIns = signInsOf(answers)
  if (signIns.count > 0 && signIns.refused)
    throw new ToolError(`The person did not sign in to ${nameOf(server)}.`)
  const from = nameOf(server)
  // Asks for the next thing of a round before anything is connected.
  const begun = continuationOf(answers, from)
  for (let isSecond = false; ; isSecond = true) {
    const { session, isFresh } = await connect(server, context, parts)
    let isWell = false
    try {
      await checkPin(call, session, parts)
      const result = await converse(call, { session, begun }, parts)
      isWell = true
      return result
    } catch (error) {
      context.signal.throwIfAborted()
      if (error instanceof InputNeeded || error instanceof ToolError) isWell = !session.isOlder
      if (error instanceof Failed) {
        isWell = true
        throw error
      }
      // The server has forgotten the session, so it has done nothing yet.
      const isForgotten = error instanceof SdkHttpError && error.status === 404
      if (isForgotten && !isFresh && !isSecond) continue
      const failure = toFailure(error, server, parts)
      if (failure.outcome === 'sign_in' && signIns.count >= 2)
        throw new ToolError(`${from} still wants a sign-in after the person did that twice.`)
      noteFailure(failure, session, server, parts)
      throw new Failed(failure)
    } finally {
      if (isWell) parts.sessions.release(session)
      else parts.sessions.discard(session)
    }
  }
}

function noteFailure(
  { isUnwell, error, said }: McpFailure,
  session: Session,
  server: McpServer,
  { logger }: CallParts,
): void {
  if (!isUnwell) return
  logger.warn(
    {
      mcp_server: server.id,
      why: error.message,
      ...(said !== undefined && { cause: said }),
      ...(session.broken > 0 && { broken_messages: session.broken }),
      ...(session.lastWords !== '' && { said: session.lastWords }),
    },
    'an MCP server failed in a call',
  )
}

/** Tried again a little later, as long as there is time for it; not where trying cannot help. */
async function connect(server: McpServer, { userId, signal }: ToolContext, parts: CallParts) {
  const { clock, random } = parts
  const until = clock.monotonic() + CONNECT_MS
  for (let failed = 1; ; failed++) {
    try {
      return await parts.sessions.take(server, userId, signal)
    } catch (error) {
      signal.throwIfAborted()
      const failure = toFailure(error, server, parts)
      const leftMs = until - clock.monotonic()
      const waitMs = failure.isUnwell
        ? waitBeforeRetry(CONNECTING, failed, { random, leftMs })
        : null
      if (waitMs === null) throw new Failed(failure)
      await pause(clock, waitMs, signal)
    }
  }
}

/** What is called is what somebody agreed to, as the server has it at this moment. */
async function checkPin(call: Call, session: Session, parts: CallParts): Promise<void> {
  const { server, pinned } = call
  const { consents, settingsUrl } = parts
  const { name } = pinned.definition
  const list = await session.tools(call.context.signal, LIST_MAX_AGE_MS)
  const found = list.tools.find((tool) => tool.name === name)
  if (found && hashOf(found) === pinned.hash) return
  // What one person is shown of a server for all need not be what others are: nothing is gone of it.
  await consents.see(server.id, list.tools, list.isWhole && server.userId !== null)
  const who = server.userId === null ? 'An administrator' : 'The person'
  throw new Failed({
    outcome: 'changed',
    error: new ToolError(
      found
        ? `${nameOf(server)} has changed what ${name} is. ${who} must look at the change and agree to it first, at ${settingsUrl()}.`
        : `${nameOf(server)} has no tool ${name} any more. Go on without it.`,
    ),
    isUnwell: false,
  })
}

async function converse(
  { server, pinned, input, context }: Call,
  { session, begun }: { session: Session; begun: Continuation | undefined },
  parts: CallParts,
) {
  const { hash, definition } = pinned
  const from = nameOf(server)
  const replies = new Replies(context.answers ?? [])
  const asked = new AbortController()
  const signal = AbortSignal.any([context.signal, asked.signal])
  let step = begun ?? { rounds: 0 }
  for (;;) {
    const { inputResponses, requestState } = step
    const result = await session
      .call({
        tool: definition,
        arguments: input,
        ...(inputResponses && { inputResponses }),
        ...(requestState !== undefined && { requestState }),
        signal,
        timeoutMs: server.timeoutMs,
        onProgress: plainProgress(context.progress, parts.clock),
        onElicit: async (params) => {
          try {
            return replies.to(params, from)
          } catch (error) {
            // The call ends here; it is made again with the answer.
            asked.abort(error)
            return { action: 'cancel' }
          }
        },
      })
      .catch((error: unknown) => {
        context.signal.throwIfAborted()
        throw asked.signal.aborted ? asked.signal.reason : error
      })
    if (!isInputRequiredResult(result))
      return untrustedResult(result, from, { schema: definition.outputSchema, hash })
    step = roundOf(result, step.rounds, from)
    if (Object.keys(step.inputResponses ?? {}).length === 0)
      await pause(parts.clock, AGAIN_MS, context.signal)
  }
}
