import type { ReceivedEvent } from '../events/stream-event.ts'
import { unreachable } from '../unreachable.ts'
import { changeRun } from './change.ts'
import { messageAdded, messageCompleted, messageDelta } from './fold-message.ts'
import { agentHandoff, agentThinking, runAccepted, runAttempt, runEnded } from './fold-run.ts'
import {
  approvalDecided,
  approvalRequested,
  toolCompleted,
  toolExecuting,
  toolProgress,
} from './fold-tool.ts'
import type { ThreadState } from './thread-state.ts'

/**
 * The thread after one more event of its stream. The state given stays as it is; what did not change
 * is shared. Events of other streams and of later versions change nothing.
 *
 * @throws DeltaGap when a delta lies beyond the text at hand: subscribe the stream again.
 */
export function foldThread(state: ThreadState, event: ReceivedEvent): ThreadState {
  switch (event.type) {
    case 'message_delta':
      return messageDelta(state, event)
    case 'message_added':
      return messageAdded(state, event)
    case 'message_completed':
      return messageCompleted(state, event)
    case 'run_accepted':
      return runAccepted(state, event)
    case 'agent_started':
      return changeRun(state, event.run_id, (run) => ({
        ...run,
        state: 'running',
        agent: event.agent ?? run.agent,
        started_at: run.started_at ?? event.at,
        attempt: event.attempt,
      }))
    case 'agent_thinking':
      return agentThinking(state, event)
    case 'agent_handoff':
      return agentHandoff(state, event)
    case 'tool_executing':
      return toolExecuting(state, event)
    case 'tool_progress':
      return toolProgress(state, event)
    case 'tool_completed':
      return toolCompleted(state, event)
    case 'approval_requested':
      return approvalRequested(state, event)
    case 'approval_decided':
      return approvalDecided(state, event)
    case 'run_attempt':
      return runAttempt(state, event)
    case 'agent_completed':
    case 'agent_failed':
    case 'run_cancelled':
      return runEnded(state, event)
    case 'thread_updated':
      return {
        ...state,
        title: event.title ?? state.title,
        archived: event.archived ?? state.archived,
        deleted: event.deleted ?? state.deleted,
      }
    case 'thread_created':
    case 'thread_deleted':
    case 'run_state_changed':
    case 'approval_waiting':
    case 'approval_closed':
    case 'limits_changed':
    case 'unknown':
      return state
    default:
      return unreachable(event)
  }
}
