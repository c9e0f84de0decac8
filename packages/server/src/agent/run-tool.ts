import { z } from 'zod'

import type { Files } from '../files/files.ts'
import type { Breakers } from '../platform/breakers.ts'
import { CircuitOpen, type CircuitBreaker, type CircuitCall } from '../platform/circuit-breaker.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { BREAKER_OPENS, recoveryOf, type FailureKind } from '../platform/recovery/recovery-table.ts'
import { beginSpan } from '../platform/tracing.ts'
import { deadline, orAborted } from './abort.ts'
import { settleResult } from './results.ts'
import type { Question, Step, ToolCall, ToolOutcome, Turn } from './step.ts'
import type { Permit } from './tools/permit.ts'
import {
  InputNeeded,
  ToolError,
  ToolUnavailable,
  type Tool,
  type ToolContext,
} from './tools/tool.ts'

type Progress = Extract<Step, { kind: 'tool_progress' }>

export interface RunToolOptions {
  call: ToolCall
  tools: readonly Tool[]
  /** Why there are none, in words. */
  toolsOff?: string | undefined
  breakers: Breakers
  turn: Turn
  files: Files
  signal: AbortSignal
  clock: Clock
  logger: Logger
  /** That the call may be made. */
  permit: Permit
  /** Why a question cannot be put to a person, in words; undefined: it can. */
  askable?: ((question: Question) => string | undefined) | undefined
}

/** It came to no outcome: the person must say something first. */
export interface Asked {
  status: 'asks'
  question: Question
  state: string | undefined
}

class ToolTimeout extends Error {
  override readonly name = 'ToolTimeout'
}

/**
 * One tool call: progress while it runs, its outcome at the end. What goes wrong with it is an
 * outcome for the model to read.
 *
 * @throws the signal's reason when it is aborted; the tool's own signal is aborted with it.
 */
export async function* runTool(
  options: RunToolOptions,
): AsyncGenerator<Progress, ToolOutcome | Asked> {
  const { call, clock, signal } = options
  const span = beginSpan(clock, 'tool', `execute_tool ${call.toolName}`, {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': call.toolName,
    'gen_ai.tool.call.id': call.callId,
    'gen_ai.tool.type': 'function',
  })
  try {
    const outcome = yield* runUnwatched(options)
    const { status } = outcome
    const isWell = status === 'ok' || status === 'asks'
    span.end(isWell ? 'ok' : 'error', {
      'netra.tool.status': status,
      ...(!isWell && { 'error.type': status }),
      ...(span.takesContent && {
        'gen_ai.tool.call.arguments': JSON.stringify(call.arguments),
        'gen_ai.tool.call.result':
          JSON.stringify(status === 'asks' ? null : outcome.result) ?? 'null',
      }),
    })
    return outcome
  } finally {
    span.end(signal.aborted ? 'cancelled' : 'error', { 'error.type': 'aborted' })
  }
}

async function* runUnwatched(
  options: RunToolOptions,
): AsyncGenerator<Progress, ToolOutcome | Asked> {
  const { call, tools, signal, clock } = options
  const tool = tools.find((candidate) => candidate.name === call.toolName)
  if (!tool) return failed(call, options.toolsOff ?? unknownTool(call.toolName, tools))
  const input = tool.input.safeParse(call.arguments)
  if (!input.success) return failed(call, invalidArguments(call, input.error))
  options.permit.assertFor(tool, call)
  const breaker = tool.hasOwnBreaker
    ? undefined
    : options.breakers.of('tool', tool.name, BREAKER_OPENS.tool)
  const circuit = breaker && enter(breaker)
  if (breaker && !circuit) return failed(call, openWords(tool, breaker, clock))
  let ending: keyof CircuitCall = 'abandoned'
  let fault: unknown
  using timeout = deadline(clock, tool.timeoutMs, () => new ToolTimeout(`${tool.name} timed out`))
  // Aborted at the end whatever happened: a child of a tool that was given up must not live on.
  const ended = new AbortController()
  const toolSignal = AbortSignal.any([signal, timeout.signal, ended.signal])
  const updates = createUpdates()
  const work = start(tool, input.data, {
    ...contextOf(options.turn, call),
    signal: toolSignal,
    progress: (update) => updates.push({ kind: 'tool_progress', callId: call.callId, ...update }),
  })
  work.then(updates.end, updates.end)
  try {
    for (;;) {
      const update = await orAborted(updates.next(), toolSignal)
      if (!update) break
      yield update
    }
    const result = await orAborted(work, toolSignal)
    ending = 'succeeded'
    const settled = await settleResult(result, { ...options, ...call, userId: options.turn.userId })
    return { callId: call.callId, toolName: call.toolName, status: 'ok', ...settled }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const kind = timeout.signal.aborted ? 'tool_timeout' : kindOf(error)
    ending = error instanceof InputNeeded ? 'succeeded' : endingOf(kind)
    fault = error
    return await insteadOfResult(error, kind, tool, options)
  } finally {
    // What one person's question does to a tool says nothing of the next one's: only a tool that
    // cannot be used at all is kept from others.
    await circuit?.[ending](fault)
    ended.abort(new Error('the tool call is over'))
  }
}

/** What a call that threw comes to: what the model reads of it, or what the person is asked. */
async function insteadOfResult(
  error: unknown,
  kind: FailureKind,
  tool: Tool,
  options: RunToolOptions,
): Promise<ToolOutcome | Asked> {
  const { call, logger, turn } = options
  if (error instanceof InputNeeded) return asked(call, error, options)
  if (kind === 'tool_timeout') return timedOut(call, tool)
  if (kind === 'tool_unavailable')
    logger.warn({ tool: tool.name, err: error }, 'a tool cannot be used')
  if (error instanceof ToolError && error.result !== undefined) {
    const settled = await settleResult(error.result, { ...options, ...call, userId: turn.userId })
    return { callId: call.callId, toolName: call.toolName, status: 'error', ...settled }
  }
  if (error instanceof ToolError || error instanceof ToolUnavailable)
    return failed(call, error.message)
  logger.error({ err: error, tool: tool.name }, 'a tool failed in a way it does not foresee')
  return failed(call, `${tool.name} failed unexpectedly. Try another way, or tell the person.`)
}

function kindOf(error: unknown): FailureKind {
  if (error instanceof ToolUnavailable) return 'tool_unavailable'
  return error instanceof ToolError ? 'tool_refused' : 'tool_fault'
}

function endingOf(kind: FailureKind): keyof CircuitCall {
  if (recoveryOf(kind).isUnwell) return 'failed'
  // It said no, so it works; what it came to otherwise proves nothing.
  return kind === 'tool_refused' ? 'succeeded' : 'abandoned'
}

function enter(breaker: CircuitBreaker): CircuitCall | undefined {
  try {
    return breaker.enter()
  } catch (error) {
    if (error instanceof CircuitOpen) return undefined
    throw error
  }
}

function openWords(tool: Tool, breaker: CircuitBreaker, clock: Clock): string {
  const next = Date.parse(breaker.status().next_attempt_time ?? '')
  const wait = Math.max(1, Math.ceil((next - clock.now()) / 1000)) || 1
  return `${tool.name} failed several times in a row and is not called for the next ${wait} s. Go on without it, or tell the person that it does not work at the moment.`
}

/** A tool that throws at once fails like one that throws later. */
const start = async (
  tool: Tool,
  input: Record<string, unknown>,
  context: ToolContext,
): Promise<unknown> => tool.run(input, context)

export function contextOf(
  { userId, threadId, runId, files, answers }: Turn,
  { callId }: ToolCall,
): Pick<ToolContext, 'userId' | 'threadId' | 'runId' | 'files' | 'answers'> {
  return { userId, threadId, runId, files, answers: answers?.get(callId) ?? [] }
}

/** A person is asked so often for one call and no more. */
const MAX_QUESTIONS = 20
const MAX_STATE_CHARACTERS = 64 * 1024

function asked(
  call: ToolCall,
  { question, state }: InputNeeded,
  { turn, askable }: RunToolOptions,
): ToolOutcome | Asked {
  const before = turn.answers?.get(call.callId)?.length ?? 0
  if (before >= MAX_QUESTIONS)
    return failed(call, `${call.toolName} asked the person ${before} times and was given up.`)
  if (state !== undefined && state.length > MAX_STATE_CHARACTERS)
    return failed(call, `${call.toolName} asked to keep more than Netra keeps of a question.`)
  const problem = askable?.(question)
  if (problem !== undefined)
    return failed(call, `${call.toolName} asked something that cannot be shown: ${problem}`)
  return { status: 'asks', question, state }
}

const failed = ({ callId, toolName }: ToolCall, error: string): ToolOutcome => ({
  callId,
  toolName,
  status: 'error',
  result: { error },
})

const timedOut = ({ callId, toolName }: ToolCall, tool: Tool): ToolOutcome => ({
  callId,
  toolName,
  status: 'timeout',
  result: {
    error: `${toolName} did not finish within ${tool.timeoutMs / 1000} s and was stopped. Ask for less at once.`,
  },
})

const unknownTool = (name: string, tools: readonly Tool[]): string =>
  `There is no tool ${name}. ${tools.length === 0 ? 'No tools are available.' : `Available: ${tools.map((tool) => tool.name).join(', ')}.`}`

export function invalidArguments(call: ToolCall, error: z.ZodError): string {
  if (typeof call.arguments['unparsed'] === 'string')
    return `The arguments of ${call.toolName} were not a JSON object. Call it again with valid JSON.`
  return `Invalid arguments for ${call.toolName}: ${z.prettifyError(error).slice(0, 1_000)}. Correct them and call it again.`
}

/** Progress waits here while the consumer is busy; of a flood only the newest is of interest. */
function createUpdates() {
  const waiting: Progress[] = []
  const state = { isOver: false }
  let wake: (() => void) | undefined
  return {
    push(update: Progress): void {
      if (waiting.length >= 8) waiting.shift()
      waiting.push(update)
      wake?.()
    },
    end: (): void => {
      state.isOver = true
      wake?.()
    },
    async next(): Promise<Progress | undefined> {
      while (waiting.length === 0 && !state.isOver)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      return waiting.shift()
    },
  }
}
