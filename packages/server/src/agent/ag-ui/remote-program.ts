import { isJSONValue } from '@ai-sdk/provider'

import { newId } from '../../platform/ids.ts'
import { deadline } from '../abort.ts'
import type { AgentDefinition, AgentProgram } from '../agents/definition.ts'
import { newCallId } from '../call-ids.ts'
import type { LoopOptions } from '../loop.ts'
import { settleResult } from '../results.ts'
import { AgentFailure, type Step, type ToolCall, type ToolOutcome, type Usage } from '../step.ts'
import { askRemote, type AskOptions } from './ask-remote.ts'
import { EventsToSteps } from './events-to-steps.ts'
import { answeredIn, begin, questionOf, stateOf, withAnswer, type Waiting } from './interrupts.ts'
import { serviceNameOf, type RemoteAgent } from './remote-agent.ts'
import { runInputOf } from './run-input.ts'
import { SharedState, STATE_TOOL } from './shared-state.ts'

const MOST_EVENTS = 200_000
const MOST_TOOL_CALLS = 256
const OPENS = { failures: 3, openMs: 30_000 }

export interface RemoteOptions {
  fetch: AskOptions['fetch']
  silenceMs: number
}

/** An agent elsewhere, as one of Netra's. */
export const definitionOf = (agent: RemoteAgent, options: RemoteOptions): AgentDefinition => ({
  id: agent.id,
  name: agent.name,
  description: agent.description,
  origin: 'remote',
  model: serviceNameOf(agent),
  tools: [],
  examples: agent.examples,
  instructions: () => '',
  program: remoteProgram(agent, options),
})

/**
 * The turn of an agent elsewhere. What it told is recorded as it comes; a turn that broke off is asked
 * again from its beginning, because only the agent knows how far it was.
 */
export const remoteProgram = (agent: RemoteAgent, remote: RemoteOptions): AgentProgram =>
  async function* (options: LoopOptions): AsyncGenerator<Step> {
    const { clock, limits, turn } = options
    using time = deadline(clock, limits.maxDurationMs, () => outOfTime(agent, limits.maxDurationMs))
    const signal = AbortSignal.any([options.signal, time.signal])
    const at = { ...options, signal }
    const answered = answeredIn(turn)
    if (!answered) {
      const { completed, interrupted = [], thoughts = [] } = turn
      const again = completed.length + interrupted.length + thoughts.length > 0
      yield thinking(
        again ? `Asking ${agent.name} again: its answer broke off.` : `Asking ${agent.name}.`,
      )
      yield* request(agent, remote, at, undefined)
      return
    }
    yield answerStep(answered.waiting.call, answered.answer.action)
    const waiting = withAnswer(answered.waiting, answered.answer)
    if (waiting.interrupts.length > 0) {
      yield* ask(agent, waiting, at)
      return
    }
    yield thinking(`Going on with ${agent.name}.`)
    yield* request(agent, remote, at, waiting)
  }

async function* request(
  agent: RemoteAgent,
  remote: RemoteOptions,
  options: LoopOptions,
  answered: Waiting | undefined,
): AsyncGenerator<Step> {
  const { turn, files, breakers, clock, limits, signal, meter } = options
  const state = new SharedState(turn)
  const name = serviceNameOf(agent)
  const input = await runInputOf(turn, {
    files,
    runId: newId(),
    state: state.value,
    ...(answered && { resume: answered.resolved }),
  })
  const told = new EventsToSteps({
    agent: agent.name,
    clock,
    limits: {
      maxAnswerUnits: limits.maxAnswerUnits,
      maxToolCalls: MOST_TOOL_CALLS,
      maxEvents: MOST_EVENTS,
    },
    state,
    settle: (call, result) => settle(call, result, options),
  })
  const admitted = await meter?.admit(
    { model: name, isRetry: false, likely: () => ({ tokens: 0, costUsd: null }) },
    signal,
  )
  const begun = { at: clock.now(), monotonic: clock.monotonic() }
  let status: 'ok' | 'error' | 'cancelled' = 'error'
  try {
    const events = askRemote({
      ...remote,
      agent,
      input,
      breaker: breakers.of('service', name, OPENS),
      clock,
      signal,
    })
    for await (const event of events) yield* told.take(event)
    status = 'ok'
  } finally {
    admitted?.over({
      model: name,
      at: begun.at,
      ms: Math.round(clock.monotonic() - begun.monotonic),
      status: signal.aborted ? 'cancelled' : status,
      cachedInputTokens: 0,
      ...(told.end?.kind === 'success' ? told.end.usage : NOTHING),
      estimated: false,
      costUsd: null,
    })
  }
  yield* finish(agent, told, state, options)
}

const NOTHING: Usage = { inputTokens: 0, outputTokens: 0 }

async function* finish(
  agent: RemoteAgent,
  told: EventsToSteps,
  state: SharedState,
  options: LoopOptions,
): AsyncGenerator<Step> {
  const { end } = told
  if (end?.kind === 'error')
    throw new AgentFailure('model_refused', `${agent.name} failed: ${plain(end.message)}`, {
      retry: 'same',
    })
  if (end?.kind === 'interrupt') {
    yield* ask(agent, begin(end.interrupts), options)
    return
  }
  if (end?.kind !== 'success')
    throw new AgentFailure(
      'interrupted',
      `${agent.name} stopped this run itself before it was done. Ask again.`,
      { retry: 'same' },
    )
  for (const call of told.unanswered) yield untold(call)
  if (state.problem !== undefined) yield thinking(state.problem)
  if (state.hasChanged && isJSONValue(state.value)) yield* keepState(state.value)
  if (told.answer === '' || told.endsInCall) throw withoutAnswer(agent, told.unanswered)
  yield {
    kind: 'done',
    finalResponse: told.answer,
    usage: end.usage,
    costUsd: null,
    steps: Math.max(1, told.steps),
    model: serviceNameOf(agent),
  }
}

/** The run waits as a stored row; the answer comes with the next attempt. */
async function* ask(
  agent: RemoteAgent,
  waiting: Waiting,
  { askable }: LoopOptions,
): AsyncGenerator<Step> {
  const question = questionOf(waiting, agent.name)
  const why = askable?.(question)
  if (why !== undefined)
    throw new AgentFailure('tool_failed', `${agent.name} asks something: ${why}`, { retry: 'no' })
  const { call } = waiting
  yield { kind: 'tool_started', call }
  yield { kind: 'waits', call, question, state: stateOf(waiting), server: agent.name }
}

async function settle(
  call: ToolCall,
  result: unknown,
  { files, turn }: LoopOptions,
): Promise<ToolOutcome> {
  const { callId, toolName } = call
  const settled = await settleResult(result, { files, userId: turn.userId, callId, toolName })
  return { callId, toolName, status: 'ok', ...settled }
}

function* keepState(state: unknown): Generator<Step> {
  const call = { callId: newCallId(), toolName: STATE_TOOL, arguments: {} }
  yield { kind: 'tool_started', call }
  yield ended(call, { status: 'ok', result: { state } })
}

const answerStep = (call: ToolCall, action: string): Step =>
  ended(call, { status: action === 'accept' ? 'ok' : 'denied', result: { action } })

const untold = (call: ToolCall): Step =>
  ended(call, { status: 'unknown', result: { note: 'What came of this call was not told.' } })

const ended = (
  { callId, toolName, arguments: args }: ToolCall,
  outcome: Pick<ToolOutcome, 'status' | 'result'>,
): Step => ({
  kind: 'tool_ended',
  call: { callId, toolName, arguments: args },
  outcome: { callId, toolName, ...outcome },
  durationMs: 0,
})

const thinking = (thought: string): Step => ({ kind: 'thinking', step: 1, thought })

/** What another service says is a text for a person, and no more. */
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, 500)

/** A tool that it expects whoever shows it to have: Netra's page has none. */
function withoutAnswer({ name }: RemoteAgent, calls: readonly ToolCall[]): AgentFailure {
  const [first] = calls
  return first
    ? new AgentFailure(
        'tool_failed',
        `${name} wants ${first.toolName} to be done by the application that shows it, and Netra does not have that. Ask for something else, or tell whoever runs ${name}.`,
        { retry: 'no' },
      )
    : new AgentFailure('model_refused', `${name} ended without an answer. Try again.`, {
        retry: 'same',
        kind: 'model_empty',
      })
}

const outOfTime = ({ name }: RemoteAgent, ms: number): AgentFailure =>
  new AgentFailure(
    'timeout',
    `${name} took longer than ${Math.round(ms / 1000)} s and was stopped. Ask for less at once.`,
    { retry: 'same' },
  )
