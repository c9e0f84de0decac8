import { z } from 'zod'

import { agentCompletedSchema } from './agent-completed.ts'
import { agentFailedSchema } from './agent-failed.ts'
import { agentHandoffSchema } from './agent-handoff.ts'
import { agentStartedSchema } from './agent-started.ts'
import { agentThinkingSchema } from './agent-thinking.ts'
import { approvalDecidedSchema } from './approval-decided.ts'
import { approvalRequestedSchema } from './approval-requested.ts'
import { messageAddedSchema } from './message-added.ts'
import { messageCompletedSchema } from './message-completed.ts'
import { messageDeltaSchema } from './message-delta.ts'
import { runAcceptedSchema } from './run-accepted.ts'
import { runAttemptSchema } from './run-attempt.ts'
import { runCancelledSchema } from './run-cancelled.ts'
import { threadUpdatedSchema } from './thread-updated.ts'
import { toolCompletedSchema } from './tool-completed.ts'
import { toolExecutingSchema } from './tool-executing.ts'
import { toolProgressSchema } from './tool-progress.ts'

/** Everything a `thread:` stream holds. */
export const threadEventSchema = z.discriminatedUnion('type', [
  messageAddedSchema,
  runAcceptedSchema,
  agentStartedSchema,
  agentThinkingSchema,
  messageDeltaSchema,
  toolExecutingSchema,
  toolProgressSchema,
  toolCompletedSchema,
  approvalRequestedSchema,
  approvalDecidedSchema,
  messageCompletedSchema,
  agentCompletedSchema,
  agentFailedSchema,
  runCancelledSchema,
  runAttemptSchema,
  agentHandoffSchema,
  threadUpdatedSchema,
])

export type ThreadEvent = z.infer<typeof threadEventSchema>
/** As built by a writer: ids are plain text. */
export type ThreadEventInput = z.input<typeof threadEventSchema>

/** Exactly one of these ends a run. */
export const TERMINAL_EVENT_TYPES = ['agent_completed', 'agent_failed', 'run_cancelled'] as const

export type TerminalEvent = Extract<ThreadEvent, { type: (typeof TERMINAL_EVENT_TYPES)[number] }>

export const isTerminal = (event: { type: string }): event is TerminalEvent =>
  (TERMINAL_EVENT_TYPES as readonly string[]).includes(event.type)
