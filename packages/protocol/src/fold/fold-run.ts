import type { AgentHandoff } from '../events/agent-handoff.ts'
import type { AgentThinking } from '../events/agent-thinking.ts'
import type { RunAccepted } from '../events/run-accepted.ts'
import type { RunAttempt } from '../events/run-attempt.ts'
import type { TerminalEvent } from '../events/thread-event.ts'
import { unreachable } from '../unreachable.ts'
import { changeRun, noteInTimeline } from './change.ts'
import { cutMessages, dropMessages, finalMessage } from './fold-message.ts'
import { closeToolsOf, interruptToolCalls } from './fold-tool.ts'
import type { Outcome, Run, ThreadState } from './thread-state.ts'

export function runAccepted(state: ThreadState, event: RunAccepted): ThreadState {
  if (state.runs.some((run) => run.id === event.run_id)) return state
  const run: Run = {
    id: event.run_id,
    state: 'queued',
    agent: event.agent,
    model: event.model,
    client_message_id: event.client_message_id,
    parent_message_id: event.parent_message_id,
    trace_id: event.trace_id,
    accepted_at: event.at,
    started_at: null,
    ended_at: null,
    attempt: 0,
    timeline: [],
    thoughts: [],
    attempts: [],
    handoffs: [],
    tool_call_ids: [],
    outcome: null,
  }
  return { ...state, runs: [...state.runs, run] }
}

export function agentThinking(state: ThreadState, event: AgentThinking): ThreadState {
  const { id, thought, step, at, run_id, fallback, summary } = event
  const more = { ...(fallback && { fallback }), ...(summary && { summary }) }
  const thinking = changeRun(state, run_id, (run) => ({
    ...run,
    ...(fallback && { model: fallback.to }),
    thoughts: [...run.thoughts, { id, thought, step, at, ...more }],
  }))
  return noteInTimeline(thinking, run_id, { kind: 'thought', id })
}

export function agentHandoff(state: ThreadState, event: AgentHandoff): ThreadState {
  const { id, from, to, why, at, run_id } = event
  const handed = changeRun(state, run_id, (run) => ({
    ...run,
    agent: to,
    handoffs: [...run.handoffs, { id, from, to, why, at }],
  }))
  return noteInTimeline(handed, run_id, { kind: 'handoff', id })
}

export function runAttempt(state: ThreadState, event: RunAttempt): ThreadState {
  const { id, attempt, why, at, run_id } = event
  const kept = interruptToolCalls(dropMessages(state, event.superseded), run_id, event.interrupted)
  const tried = changeRun(kept, run_id, (run) => ({
    ...run,
    attempt,
    attempts: [...run.attempts, { id, attempt, why, at }],
  }))
  return noteInTimeline(tried, run_id, { kind: 'attempt', id })
}

function outcomeOf(event: TerminalEvent): { state: Run['state']; outcome: Outcome } {
  switch (event.type) {
    case 'agent_completed': {
      const { message_id, final_response, usage, cost, duration_ms, steps } = event
      return {
        state: 'completed',
        outcome: { kind: 'completed', message_id, final_response, usage, cost, duration_ms, steps },
      }
    }
    case 'agent_failed': {
      const { code, message, retry, breaker = null } = event
      return { state: 'failed', outcome: { kind: 'failed', code, message, retry, breaker } }
    }
    case 'run_cancelled':
      return { state: 'cancelled', outcome: { kind: 'cancelled', by: event.by } }
    default:
      return unreachable(event)
  }
}

export function runEnded(state: ThreadState, event: TerminalEvent): ThreadState {
  const spoken = event.type === 'agent_completed' ? finalMessage(state, event) : state
  const closed = closeToolsOf(cutMessages(spoken, event.run_id), event.run_id)
  return changeRun(closed, event.run_id, (run) =>
    run.outcome ? run : { ...run, ended_at: event.at, ...outcomeOf(event) },
  )
}
