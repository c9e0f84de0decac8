import type { LanguageModelV4Message, LanguageModelV4Usage } from '@ai-sdk/provider'

import type { Files } from '../files/files.ts'
import type { Breakers } from '../platform/breakers.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { RECOVERY, type FailureKind } from '../platform/recovery/recovery-table.ts'
import { deadline, orAborted } from './abort.ts'
import { withOwnCallIds } from './call-ids.ts'
import { callTool } from './call-tool.ts'
import { fitContext, type Context } from './context/fit-context.ts'
import type { TokenCounter } from './context/token-counter.ts'
import { callModel, type ModelReply } from './model/call-model.ts'
import type { ModelMeter } from './model/meter.ts'
import type { ModelOrder } from './model/model-order.ts'
import type { OpenModel } from './model/models.ts'
import { parseInput } from './model/reply.ts'
import {
  completedMessages,
  forAnotherModel,
  resultsMessage,
  startingPrompt,
  toolDeclarations,
} from './prompt.ts'
import { resumeFrom } from './resume.ts'
import { statedStep } from './stated-step.ts'
import {
  AgentFailure,
  type Fallback,
  type Question,
  type Step,
  type ToolCall,
  type ToolOutcome,
  type Turn,
  type Usage,
} from './step.ts'
import type { Unasked } from './tools/permit.ts'
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
  maxToolFailures: RECOVERY.tool_refused.mostInARow,
  maxDurationMs: 10 * 60_000,
  maxAnswerUnits: 1_000_000,
}

export interface LoopOptions {
  turn: Turn
  instructions: string
  tools: readonly Tool[]
  /** Why the agent has none of its tools, in words. */
  toolsOff?: string | undefined
  /** Tools that may write or spend without a question each time: the person said so. */
  unasked?: Unasked | undefined
  /** Why a question cannot be put to a person, in words; undefined: it can. */
  askable?: ((question: Question) => string | undefined) | undefined
  breakers: Breakers
  models: ModelOrder
  /** Every call of a model passes it. */
  meter?: ModelMeter | undefined
  /** Estimated unless given. */
  counter?: TokenCounter
  files: Files
  clock: Clock
  logger: Logger
  limits: Limits
  random: () => number
  onStall: (again: boolean) => void
  onRetry: (kind: FailureKind) => void
  signal: AbortSignal
}

/** What one attempt at a run has besides: until when, and whether it was aborted. */
interface Running extends LoopOptions {
  until: number
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
  /** Who answers now; another one after a fallback. */
  model: OpenModel
  /** What any model is given of the conversation before. */
  context: Context
  /** What the model was given at first: it depends on what that model takes. */
  starting: readonly LanguageModelV4Message[]
  /** What came after. */
  messages: LanguageModelV4Message[]
}

/**
 * One turn: call the model, run the tools it asks for, and again, until it answers. Each step is
 * yielded before the next begins, so that whoever consumes it decides what must be durable before.
 *
 * @throws AgentFailure; the signal's reason as soon as it is aborted.
 */
export async function* runLoop(options: LoopOptions): AsyncGenerator<Step> {
  const { turn, limits, clock, toolsOff } = options
  using time = deadline(clock, limits.maxDurationMs, () => outOfTime(limits))
  const signal = AbortSignal.any([options.signal, time.signal])
  const at = { ...options, signal, until: clock.monotonic() + limits.maxDurationMs }
  const resumed = resumeFrom(turn)
  const { totals } = resumed
  signal.throwIfAborted()
  let hasThought = false
  if (turn.completed.length > 0) {
    hasThought = true
    const thought = `Going on after step ${totals.step}, where this run was interrupted.`
    yield { kind: 'thinking', step: totals.step + 1, thought }
  }
  if (resumed.answer !== undefined) {
    yield done(resumed.answer, totals, options.models.wanted)
    return
  }
  if (toolsOff !== undefined) {
    hasThought = true
    const thought = `Answering without tools: ${toolsOff}`
    yield { kind: 'thinking', step: totals.step + 1, thought }
  }
  const { model, fallback } = await orAborted(options.models.first(), signal)
  const context = yield* fitContext(model, at)
  const progress: Progress = {
    ...totals,
    toolFailures: 0,
    hasThought,
    model,
    context,
    starting: await promptFor(model, at, context),
    messages: completedMessages(resumed.settled),
  }
  if (context.spent) add(progress, context.spent.usage, context.spent.costUsd)
  if (fallback) yield sayFallback(fallback, progress)
  if (resumed.pending.length > 0 && (yield* runTools(resumed.pending, progress, at, resumed)))
    return
  for (;;) {
    if (progress.modelCalls >= limits.maxModelCalls) throw outOfSteps(limits)
    const reply = yield* speak(progress, at)
    if (reply.calls.length === 0) {
      const answer = { text: reply.text, model: progress.model.name.id }
      yield done(answer, progress, options.models.wanted)
      return
    }
    if (yield* runTools(reply.calls, progress, at, undefined)) return
  }
}

const promptFor = (model: OpenModel, options: LoopOptions, context: Context) =>
  startingPrompt(options.turn, { ...options, accepts: model.accepts, context })

/** One model call; where the model fails before its first word, that of the next one. */
async function* speak(
  progress: Progress,
  options: Running,
): AsyncGenerator<Step, { text: string; calls: ToolCall[] }> {
  progress.step += 1
  progress.modelCalls += 1
  for (;;) {
    try {
      return yield* speakOnce(progress, options)
    } catch (error) {
      options.signal.throwIfAborted()
      const next = await orAborted(options.models.next(error), options.signal)
      progress.model = next.model
      progress.starting = await promptFor(next.model, options, progress.context)
      progress.messages = forAnotherModel(progress.messages)
      if (next.fallback) yield sayFallback(next.fallback, progress)
    }
  }
}

/** Never a silent one: the person reads who answers, and why. */
function sayFallback(fallback: Fallback, progress: Progress): Step {
  progress.hasThought = true
  const thought = `${fallback.why} Answering with ${fallback.to} instead of ${fallback.from}.`
  return { kind: 'thinking', step: Math.max(1, progress.step), thought, fallback }
}

/** Told as it happens. @throws AgentFailure; its kind says whether anything was told. */
async function* speakOnce(
  progress: Progress,
  options: Running,
): AsyncGenerator<Step, { text: string; calls: ToolCall[] }> {
  const { tools, turn } = options
  const { model, step } = progress
  const prompt = [...progress.starting, ...progress.messages]
  const declared = toolDeclarations(tools)
  const call = declared.length === 0 ? { prompt } : { prompt, tools: declared }
  const stream = callModel({ ...options, model, call })
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
      if (unitsSaid > options.limits.maxAnswerUnits) throw tooLong(model, options)
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
  const calls = callsOf(reply, model, options)
  if (reasoning.trim() !== '') yield think(reasoning.trim())
  else if (calls[0] && spokenBefore === '') yield think(statedStep(calls[0], turn.files))
  const text = reply.truncated && calls.length === 0 ? yield* sayTruncated(reply.text) : reply.text
  const { usage, costUsd } = priced(reply.usage, model)
  add(progress, usage, costUsd)
  yield { kind: 'spoken', text, usage, costUsd, calls, model: model.name.id }
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

function callsOf(reply: ModelReply, model: OpenModel, { limits }: LoopOptions): ToolCall[] {
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
  const { turn, limits } = options
  const outcomes: ToolOutcome[] = [...(resumed?.outcomes ?? [])]
  for (const call of calls) {
    options.signal.throwIfAborted()
    const step = ++progress.step
    const beforeStart = (): Step | undefined => {
      if (progress.hasThought) return undefined
      progress.hasThought = true
      return { kind: 'thinking', step, thought: statedStep(call, turn.files) }
    }
    const hadBegun = resumed?.interrupted.has(call.callId) ?? false
    const outcome = yield* callTool({ ...options, call, hadBegun, beforeStart })
    if (!outcome) return true
    outcomes.push(outcome)
    // What a person did not allow is no failure of the tool.
    if (outcome.status === 'denied' || outcome.status === 'unknown') continue
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

const done = (
  { text, model }: { text: string; model: string | undefined },
  { usage, costUsd, step }: Pick<Progress, 'usage' | 'costUsd' | 'step'>,
  wanted: string,
): Step => ({
  kind: 'done',
  finalResponse: text,
  usage,
  costUsd,
  steps: step,
  ...(model !== undefined && { model }),
  ...(model !== undefined && model !== wanted && { insteadOf: wanted }),
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

const tooLong = (model: OpenModel, { limits }: LoopOptions): AgentFailure =>
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
