import { deadline, orAborted } from './abort.ts'
import { refusedOutcome } from './refused-outcome.ts'
import { contextOf, invalidArguments, runTool, type RunToolOptions } from './run-tool.ts'
import type { Asking, Change, Decision, Step, ToolOutcome } from './step.ts'
import { asksFirst, bindingOf, Permit, type Unasked } from './tools/permit.ts'
import type { Tool } from './tools/tool.ts'

export interface CallToolOptions extends Omit<RunToolOptions, 'permit'> {
  /** An attempt before began this call and did not see its end. */
  hadBegun: boolean
  unasked?: Unasked | undefined
  /** What the person is to read before the tool begins. */
  beforeStart?: () => Step | undefined
}

/**
 * One tool call, from the question whether it may run to its outcome; the only way to call a tool.
 * Answers undefined after a step `waits`: the turn must end then, and goes on when a person has said.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function* callTool(
  options: CallToolOptions,
): AsyncGenerator<Step, ToolOutcome | undefined> {
  const { call, tools, turn, clock, unasked } = options
  const tool = tools.find((candidate) => candidate.name === call.toolName)
  const boundTo = tool && bindingOf(tool, call)
  const decision = heldDecision(turn.decisions?.get(call.callId), boundTo)
  const instead = await insteadOf(tool, decision, options)
  if (instead) {
    yield instead
    return instead.kind === 'tool_ended' ? instead.outcome : undefined
  }
  const thought = options.beforeStart?.()
  if (thought) yield thought
  yield { kind: 'tool_started', call, repeatable: tool?.repeatable ?? true }
  const started = clock.monotonic()
  const permit = new Permit(decision?.approved ? boundTo : undefined, unasked)
  const outcome = yield* runTool({ ...options, permit })
  if (outcome.status === 'asks') {
    const { question, state } = outcome
    yield {
      kind: 'waits',
      call,
      question,
      ...(state !== undefined && { state }),
      ...(tool && bindingTo(tool, options)),
    }
    return undefined
  }
  const durationMs = Math.max(0, Math.round(clock.monotonic() - started))
  yield { kind: 'tool_ended', call, outcome, durationMs }
  return outcome
}

/** What happens in place of a call that may not be made, or not yet; undefined: it may. */
async function insteadOf(
  tool: Tool | undefined,
  decision: Decision | undefined,
  options: CallToolOptions,
): Promise<Extract<Step, { kind: 'waits' | 'tool_ended' }> | undefined> {
  const { call, hadBegun, unasked } = options
  const isAsked = (tool && asksFirst(tool, unasked)) || (hadBegun && !tool?.repeatable)
  if (!isAsked || decision?.approved) return undefined
  if (decision) {
    const outcome = refusedOutcome(call, { hadBegun, reason: decision.reason })
    return { kind: 'tool_ended', call, outcome, durationMs: 0 }
  }
  const invalid = tool && !hadBegun && invalidOutcome(tool, options)
  if (invalid) return { kind: 'tool_ended', call, outcome: invalid, durationMs: 0 }
  const about = tool && (await askingFor(tool, options))
  return { kind: 'waits', call, interrupted: hadBegun, ...about }
}

/** A yes that was given to other arguments, or to a tool that says something else of itself now, is none. */
const heldDecision = (
  decision: Decision | undefined,
  boundTo: string | undefined,
): Decision | undefined =>
  decision?.approved && decision.boundTo !== undefined && decision.boundTo !== boundTo
    ? undefined
    : decision

/** Nobody is asked about a call that could not run. */
function invalidOutcome(tool: Tool, { call }: CallToolOptions): ToolOutcome | undefined {
  const input = tool.input.safeParse(call.arguments)
  if (input.success) return undefined
  const { callId, toolName } = call
  return {
    callId,
    toolName,
    status: 'error',
    result: { error: invalidArguments(call, input.error) },
  }
}

async function askingFor(tool: Tool, options: CallToolOptions): Promise<Asking> {
  const change = await previewOf(tool, options)
  return { ...(change && { change }), ...bindingTo(tool, options) }
}

const bindingTo = (tool: Tool, { call }: CallToolOptions): Asking => ({
  boundTo: bindingOf(tool, call),
  ...(tool.server !== undefined && { server: tool.server }),
  ...(tool.answerWithinMs !== undefined && { answerWithinMs: tool.answerWithinMs }),
})

/** A person decides better with a preview, and can decide without. */
const PREVIEW_MS = 10_000

async function previewOf(tool: Tool, options: CallToolOptions): Promise<Change | undefined> {
  if (!tool.preview) return undefined
  const { call, clock, turn } = options
  const input = tool.input.safeParse(call.arguments)
  if (!input.success) return undefined
  using time = deadline(clock, PREVIEW_MS, () => new Error('the preview took too long'))
  const signal = AbortSignal.any([options.signal, time.signal])
  try {
    const context = { ...contextOf(turn, call), signal, progress: () => undefined }
    return await orAborted(tool.preview(input.data, context), signal)
  } catch (error) {
    options.signal.throwIfAborted()
    options.logger.warn({ err: error, tool: tool.name }, 'what a call would change cannot be shown')
    return { summary: 'What this would change could not be found out. Read the arguments closely.' }
  }
}
