import type { LanguageModelV4Message, LanguageModelV4Usage } from '@ai-sdk/provider'

import type { Files } from '../files/files.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { deadline } from './abort.ts'
import { withOwnCallIds } from './call-ids.ts'
import { callModel, type ModelReply } from './model/call-model.ts'
import type { OpenModel } from './model/models.ts'
import { parseInput } from './model/reply.ts'
import { completedMessages, resultsMessage, startingPrompt, toolDeclarations } from './prompt.ts'
import { refusedOutcome } from './refused-outcome.ts'
import { resumeFrom } from './resume.ts'
import { runTool } from './run-tool.ts'
import { statedStep } from './stated-step.ts'
import {
  AgentFailure,
  type Step,
  type ToolCall,
  type ToolOutcome,
  type Turn,
  type Usage,
} from './step.ts'
import type { Tool } from './tools/tool.ts'

export interface Limits {
  /** Model calls of one run. */
  maxModelCalls: number
  /** Tool calls that one model call may ask for. */
  maxToolCallsPerStep: number
  /** Tool calls that may go wrong one after the other. */
  maxToolFailures: number
  maxDurationMs: number
  /** UTF-16 units that one model call may say; far more than any model's output limit. */
  maxAnswerUnits: number
}

export const DEFAULT_LIMITS: Limits = {
  maxModelCalls: 16,
  maxToolCallsPerStep: 16,
  maxToolFailures: 6,
  maxDurationMs: 10 * 60_000,
  maxAnswerUnits: 1_000_000,
}

export interface LoopOptions {
  turn: Turn
  instructions: string
  tools: readonly Tool[]
  model: OpenModel
  files: Files
  clock: Clock
  logger: Logger
  limits: Limits
  random: () => number
  onStall: (again: boolean) => void
  signal: AbortSignal
}

const THOUGHT_CHARACTERS = 16_000

/** What one run has come to; grows by one model or tool call at a time. */
interface Progress {
  step: number
  modelCalls: number
  toolFailures: number
  usage: Usage
  costUsd: number | null
  hasThought: boolean
  messages: LanguageModelV4Message[]
}

/**
 * One turn: call the model, run the tools it asks for, and again, until it answers. Each step is
 * yielded before the next begins, so that who consumes it can make it durable in between.
 *
 * @throws AgentFailure; the signal's reason as soon as it is aborted.
 */
export async function* runLoop(options: LoopOptions): AsyncGenerator<Step> {
  const { turn, limits, clock } = options
  using time = deadline(clock, limits.maxDurationMs, () => outOfTime(limits))
  const signal = AbortSignal.any([options.signal, time.signal])
  const at = { ...options, signal }
  const resumed = resumeFrom(turn)
  const progress: Progress = {
    ...resumed.totals,
    toolFailures: 0,
    hasThought: false,
    messages: [],
  }
  signal.throwIfAborted()
  if (turn.completed.length > 0) {
    progress.hasThought = true
    const thought = `Going on after step ${progress.step}, where this run was interrupted.`
    yield { kind: 'thinking', step: progress.step + 1, thought }
  }
  if (resumed.answer !== undefined) {
    yield done(resumed.answer, progress)
    return
  }
  const { contextTokens } = options.model.pricing
  const starting = await startingPrompt(turn, { ...options, ...options.model, contextTokens })
  progress.messages = [...starting, ...completedMessages(resumed.settled)]
  if (resumed.pending.length > 0 && (yield* runTools(resumed.pending, progress, at, resumed)))
    return
  for (;;) {
    if (progress.modelCalls >= limits.maxModelCalls) throw outOfSteps(limits)
    const reply = yield* speak(progress, at)
    if (reply.calls.length === 0) {
      yield done(reply.text, progress)
      return
    }
    if (yield* runTools(reply.calls, progress, at, undefined)) return
  }
}

/** One model call, told as it happens. */
async function* speak(
  progress: Progress,
  options: LoopOptions,
): AsyncGenerator<Step, { text: string; calls: ToolCall[] }> {
  const { model, tools, turn } = options
  const step = ++progress.step
  progress.modelCalls += 1
  const prompt = progress.messages
  const declared = toolDeclarations(tools)
  const call = declared.length === 0 ? { prompt } : { prompt, tools: declared }
  const stream = callModel({ ...options, call })
  let reasoning = ''
  let spokenBefore = ''
  let unitsSaid = 0
  const think = (thought: string): Step => {
    progress.hasThought = true
    reasoning = ''
    return { kind: 'thinking', step, thought: thought.slice(0, THOUGHT_CHARACTERS) }
  }
  let next = await stream.next()
  try {
    for (; !next.done; next = await stream.next()) {
      const said = next.value
      unitsSaid += said.text.length
      if (unitsSaid > options.limits.maxAnswerUnits) throw tooLong(options)
      if (said.kind === 'reasoning') {
        reasoning += said.text
        continue
      }
      if (reasoning.trim() !== '') yield think(reasoning.trim())
      if (!progress.hasThought) yield think(`Writing an answer with ${inWords(model)}.`)
      spokenBefore += said.text
      yield { kind: 'text', text: said.text }
    }
  } finally {
    if (!next.done) await stream.return(EMPTY_REPLY)
  }
  const reply = withOwnCallIds(next.value)
  const calls = callsOf(reply, options)
  if (reasoning.trim() !== '') yield think(reasoning.trim())
  else if (calls[0] && spokenBefore === '') yield think(statedStep(calls[0], turn.files))
  const text = reply.truncated && calls.length === 0 ? yield* sayTruncated(reply.text) : reply.text
  const { usage, costUsd } = priced(reply.usage, model)
  add(progress, usage, costUsd)
  yield { kind: 'spoken', text, usage, costUsd, calls }
  progress.messages.push({ role: 'assistant', content: reply.content })
  return { text, calls }
}

const inWords = ({ name }: OpenModel): string =>
  name.builtIn ? 'the built-in model (no language model)' : name.id

const EMPTY_REPLY: ModelReply = {
  text: '',
  calls: [],
  content: [],
  truncated: false,
  usage: {
    inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 0, text: 0, reasoning: 0 },
  },
}

async function* sayTruncated(text: string): AsyncGenerator<Step, string> {
  const note = '\n\n*The answer ends here because the model reached its output limit.*'
  yield { kind: 'text', text: note }
  return `${text}${note}`
}

function callsOf(reply: ModelReply, { limits, model }: LoopOptions): ToolCall[] {
  if (reply.calls.length > limits.maxToolCallsPerStep)
    throw new AgentFailure(
      'budget',
      `${model.name.id} asked for ${reply.calls.length} tool calls at once; at most ${limits.maxToolCallsPerStep} are run. Ask for less at once.`,
      { retry: 'no' },
    )
  return reply.calls.map((call) => ({
    callId: call.toolCallId,
    toolName: call.toolName,
    arguments: parseInput(call.input),
  }))
}

/**
 * The tools of one model call, one after the other: so when a run breaks, only the first call
 * without an outcome can have begun. Answers true when a person must decide before it goes on.
 */
async function* runTools(
  calls: readonly ToolCall[],
  progress: Progress,
  options: LoopOptions,
  resumed: { interrupted: ReadonlySet<string>; outcomes: ToolOutcome[] } | undefined,
): AsyncGenerator<Step, boolean> {
  const { tools, turn, clock, limits } = options
  const outcomes: ToolOutcome[] = [...(resumed?.outcomes ?? [])]
  for (const call of calls) {
    options.signal.throwIfAborted()
    const step = ++progress.step
    const tool = tools.find((candidate) => candidate.name === call.toolName)
    const hadBegun = resumed?.interrupted.has(call.callId) ?? false
    if (tool?.needsApproval || (hadBegun && !tool?.repeatable)) {
      const decision = turn.decisions?.get(call.callId)
      if (!decision) {
        yield { kind: 'waits', call }
        return true
      }
      if (!decision.approved) {
        const outcome = refusedOutcome(call, { hadBegun, reason: decision.reason })
        yield { kind: 'tool_ended', call, outcome, durationMs: 0 }
        outcomes.push(outcome)
        continue
      }
    }
    if (!progress.hasThought) {
      progress.hasThought = true
      yield { kind: 'thinking', step, thought: statedStep(call, turn.files) }
    }
    yield { kind: 'tool_started', call }
    const started = clock.monotonic()
    const outcome = yield* runTool({ ...options, call })
    const durationMs = Math.max(0, Math.round(clock.monotonic() - started))
    yield { kind: 'tool_ended', call, outcome, durationMs }
    outcomes.push(outcome)
    progress.toolFailures = outcome.status === 'ok' ? 0 : progress.toolFailures + 1
    if (progress.toolFailures >= limits.maxToolFailures) throw toolsFail(call, outcome, limits)
  }
  progress.messages.push(resultsMessage(outcomes))
  return false
}

function priced(usage: LanguageModelV4Usage, model: OpenModel) {
  const { inputTokens, outputTokens } = usage
  return {
    usage: { inputTokens: inputTokens.total ?? 0, outputTokens: outputTokens.total ?? 0 },
    costUsd: model.pricing.costUsd(usage),
  }
}

function add(progress: Progress, usage: Usage, costUsd: number | null): void {
  progress.usage = {
    inputTokens: progress.usage.inputTokens + usage.inputTokens,
    outputTokens: progress.usage.outputTokens + usage.outputTokens,
  }
  progress.costUsd =
    progress.costUsd === null || costUsd === null ? null : progress.costUsd + costUsd
}

const done = (finalResponse: string, { usage, costUsd, step }: Progress): Step => ({
  kind: 'done',
  finalResponse,
  usage,
  costUsd,
  steps: step,
})

const outOfTime = ({ maxDurationMs }: Limits): AgentFailure =>
  new AgentFailure(
    'timeout',
    `The run was stopped because it took longer than ${Math.round(maxDurationMs / 1000)} s. Ask for less at once, or choose a faster model.`,
    { retry: 'same' },
  )

const outOfSteps = ({ maxModelCalls }: Limits): AgentFailure =>
  new AgentFailure(
    'budget',
    `The run was stopped after ${maxModelCalls} model calls without an answer. Ask a narrower question, or say which file and columns to use.`,
    { retry: 'same' },
  )

const tooLong = ({ model, limits }: LoopOptions): AgentFailure =>
  new AgentFailure(
    'budget',
    `${model.name.id} said more than ${limits.maxAnswerUnits.toLocaleString('en')} characters without an end and was stopped. Ask for less at once, or choose another model.`,
    { retry: 'same' },
  )

function toolsFail(
  call: ToolCall,
  outcome: ToolOutcome,
  { maxToolFailures }: Limits,
): AgentFailure {
  const { result } = outcome
  const why =
    typeof result === 'object' && result !== null && 'error' in result ? String(result.error) : ''
  return new AgentFailure(
    'tool_failed',
    `${maxToolFailures} tool calls failed one after the other; the last was ${call.toolName}: ${why.slice(0, 500)} Rephrase the question, or choose another model.`,
    { retry: 'same' },
  )
}
