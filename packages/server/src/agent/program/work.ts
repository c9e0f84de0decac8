import { readFile } from 'node:fs/promises'

import type { AgentDefinition } from '../agents/definition.ts'
import { callTool } from '../call-tool.ts'
import { runLoop, type LoopOptions } from '../loop.ts'
import { BUILTIN_MODEL } from '../model/models.ts'
import { statedStep } from '../stated-step.ts'
import { AgentFailure, type Step, type ToolCall, type ToolOutcome, type Turn } from '../step.ts'
import { askModel, type ModelQuestion } from './ask-model.ts'
import { callIdOf, Recorded } from './recorded.ts'

/** Ends a program whose run waits for a person; it is run again with their answer. */
export class Parked extends Error {
  override readonly name = 'Parked'
}

type Steps<T> = AsyncGenerator<Step, T>

/** Pieces in which a message is told. */
const WORDS_IN_A_PIECE = 12

/**
 * What a program does with a turn. Everything that an earlier attempt recorded is given back in the
 * same order, without being told or done again.
 */
export class Work {
  readonly turn: Turn
  readonly #options: LoopOptions & { until: number }
  readonly #recorded: Recorded
  #agent: string
  #step = 0
  /** How often each tool was called. */
  readonly #calls = new Map<string, number>()
  #hasThought = false
  /** No model can be asked any more in this run. */
  #isModelGone = false
  readonly #total = { usage: { inputTokens: 0, outputTokens: 0 }, costUsd: 0 as number | null }
  /** The last model that gave an answer; undefined in a program that asks none. */
  #model: string | undefined
  /** A language model was asked, whatever came of it. */
  #hasAsked = false

  constructor(options: LoopOptions, { until, asksModels }: { until: number; asksModels: boolean }) {
    this.#model = asksModels ? BUILTIN_MODEL : undefined
    this.turn = options.turn
    this.#options = { ...options, until }
    this.#recorded = new Recorded(options.turn)
    this.#agent = options.turn.agent ?? ''
  }

  /** What the person has told of themselves and how they want answers, beside the instructions. */
  get instructions(): string {
    return this.#options.instructions
  }

  /** Why there are no tools, in words. */
  get toolsOff(): string | undefined {
    return this.#options.toolsOff
  }

  has(toolName: string): boolean {
    return this.#options.tools.some(({ name }) => name === toolName)
  }

  /** One tool call. What goes wrong with it is its outcome; where a person must decide, the run waits. */
  async *call(toolName: string, args: Record<string, unknown>): Steps<ToolOutcome> {
    return yield* this.#call(this.#newCall(toolName, args))
  }

  /** From here on the agent `to` works. */
  async *handOff(to: string, why: string): Steps<void> {
    const from = this.#agent
    this.#agent = to
    if (!this.#recorded.handOff()) yield { kind: 'handoff', from, to, why }
  }

  async *think(thought: string): Steps<void> {
    this.#hasThought = true
    if (this.#recorded.thought(thought)) return
    yield { kind: 'thinking', step: Math.max(1, this.#step), thought }
  }

  /** One whole message, told in pieces. */
  async *say(markdown: string): Steps<void> {
    this.#step += 1
    if (markdown === '' || this.#recorded.spoken()) return
    const piece = new RegExp(String.raw`(?:\S+\s*){1,${WORDS_IN_A_PIECE}}|\s+`, 'gu')
    for (const text of markdown.match(piece) ?? []) {
      this.#options.signal.throwIfAborted()
      yield { kind: 'text', text }
    }
    const nothing = { inputTokens: 0, outputTokens: 0 }
    yield { kind: 'spoken', text: markdown, usage: nothing, costUsd: 0, calls: [] }
  }

  /**
   * One question to the language model, if there is one. Recorded as a message whose one call holds
   * the answer, so that its tokens count and it is not asked again.
   *
   * @returns undefined when there is no language model, it cannot answer, or answers something else.
   */
  async *ask<T>(question: ModelQuestion<T>): Steps<T | undefined> {
    const before = this.#recorded.spoken()
    if (before) return yield* this.#check(question, before.calls[0], before, undefined)
    if (this.#isModelGone) return undefined
    const asked = await askModel(question, this.#options)
    if (!asked) return undefined
    for (const fallback of asked.fallbacks) {
      const thought = `${fallback.why} Asking ${fallback.to} instead of ${fallback.from}.`
      yield { kind: 'thinking', step: Math.max(1, this.#step), thought, fallback }
    }
    const call = this.#newCall(question.name, asked.said)
    const { usage, costUsd, model } = asked
    yield { kind: 'spoken', text: '', usage, costUsd, calls: [call], model }
    return yield* this.#check(question, call, asked, asked)
  }

  /** The rest of the turn as an agent over the loop does it, its end included. It must not call tools of others. */
  async *loop(agent: AgentDefinition): Steps<void> {
    const { turn, tools, clock } = this.#options
    const since = turn.completed.findLastIndex((step) => step.kind === 'handoff') + 1
    const completed = since === 0 ? [] : turn.completed.slice(since)
    const today = new Date(clock.now()).toISOString().slice(0, 10)
    yield* runLoop({
      ...this.#options,
      // What came before the hand-off is not the loop's: it asked for none of it.
      turn: { ...turn, completed },
      instructions: agent.instructions({ today }),
      tools: tools.filter(({ name }) => agent.tools.includes(name)),
    })
  }

  done(finalResponse: string): Step {
    const { wanted } = this.#options.models
    return {
      kind: 'done',
      finalResponse,
      ...this.#total,
      steps: Math.max(1, this.#step),
      ...(this.#model !== undefined && { model: this.#model }),
      // Where none was asked, nothing stands in for it.
      ...(this.#hasAsked && this.#model !== wanted && { insteadOf: wanted }),
    }
  }

  goingOn(): Step {
    this.#hasThought = true
    const step = this.turn.completed.length
    const thought = `Going on after step ${step}, where this run was interrupted.`
    return { kind: 'thinking', step: step + 1, thought }
  }

  #newCall(toolName: string, args: Record<string, unknown>): ToolCall {
    // What JSON leaves out would make the recorded call another one.
    const kept = JSON.parse(JSON.stringify(args)) as Record<string, unknown>
    const place = this.#calls.get(toolName) ?? 0
    this.#calls.set(toolName, place + 1)
    const callId = callIdOf(this.turn.runId, place, toolName, kept)
    return { callId, toolName, arguments: kept }
  }

  async *#call(call: ToolCall): Steps<ToolOutcome> {
    this.#options.signal.throwIfAborted()
    this.#step += 1
    const before = this.#recorded.outcomeOf(call.callId)
    if (before) return this.#whole(before)
    const hadBegun = this.#recorded.hadBegun(call.callId)
    const beforeStart = (): Step | undefined => {
      if (this.#hasThought) return undefined
      this.#hasThought = true
      return { kind: 'thinking', step: this.#step, thought: statedStep(call, this.turn.files) }
    }
    const outcome = yield* callTool({ ...this.#options, call, hadBegun, beforeStart })
    if (!outcome) throw new Parked('the run waits for a person')
    return this.#whole(outcome)
  }

  /** A large result as it was, not its preview: a program reads what a person need not. */
  async #whole(outcome: ToolOutcome): Promise<ToolOutcome> {
    if (outcome.resultRef === undefined) return outcome
    const { files } = this.#options
    const file = await files.find(this.turn.userId, outcome.resultRef)
    if (!file)
      throw new AgentFailure(
        'tool_failed',
        `The stored result of ${outcome.toolName} has been deleted. Ask again.`,
        { retry: 'same' },
      )
    return { ...outcome, result: JSON.parse(await readFile(files.pathOf(file), 'utf8')) }
  }

  /** Whether the model's answer fits; the person sees it as a call, with what became of it. */
  async *#check<T>(
    { schema }: ModelQuestion<T>,
    call: ToolCall | undefined,
    { usage, costUsd, model }: Pick<Step & { kind: 'spoken' }, 'usage' | 'costUsd' | 'model'>,
    asked: { problem?: string; unreachable?: true } | undefined,
  ): Steps<T | undefined> {
    this.#step += 1
    this.#hasAsked = true
    this.#add(usage, costUsd)
    if (!call) return undefined
    const read = schema.safeParse(call.arguments)
    const before = this.#recorded.outcomeOf(call.callId)
    const outcome = before ?? outcomeOf(call, read.success, asked)
    if (!before) {
      yield { kind: 'tool_started', call, repeatable: true }
      yield { kind: 'tool_ended', call, outcome, durationMs: 0 }
    }
    this.#isModelGone ||= isUnreachable(outcome.result)
    if (outcome.status !== 'ok' || !read.success) return undefined
    this.#model = model ?? this.#model
    return read.data
  }

  #add(usage: { inputTokens: number; outputTokens: number }, costUsd: number | null): void {
    const { usage: total, costUsd: cost } = this.#total
    total.inputTokens += usage.inputTokens
    total.outputTokens += usage.outputTokens
    this.#total.costUsd = cost === null || costUsd === null ? null : cost + costUsd
  }
}

function outcomeOf(
  { callId, toolName }: ToolCall,
  fits: boolean,
  asked: { problem?: string; unreachable?: true } | undefined,
): ToolOutcome {
  if (fits && asked?.problem === undefined)
    return { callId, toolName, status: 'ok', result: { used: true } }
  const error = asked?.problem ?? 'The answer does not have the shape that was asked for.'
  const result = { error, ...(asked?.unreachable && { unreachable: true }) }
  return { callId, toolName, status: 'error', result }
}

const isUnreachable = (result: unknown): boolean =>
  typeof result === 'object' && result !== null && 'unreachable' in result
