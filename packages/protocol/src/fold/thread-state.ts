import { z } from 'zod'

import {
  attachmentSchema,
  contentSchema,
  costSchema,
  isoTimeSchema,
  roleSchema,
  runStateSchema,
  usageSchema,
} from '../content.ts'
import { agentFailureCodeSchema, retrySchema } from '../errors.ts'
import { toolStatusSchema } from '../events/tool-completed.ts'
import { changeSchema, questionSchema } from '../form/question.ts'
import {
  clientMessageIdSchema,
  eventIdSchema,
  messageIdSchema,
  runIdSchema,
  toolCallIdSchema,
  traceIdSchema,
} from '../ids.ts'

/** One message of a thread, finished or still being spoken. */
export const threadMessageSchema = z.object({
  id: messageIdSchema,
  role: roleSchema,
  content: contentSchema,
  attachments: z.array(attachmentSchema),
  parent_message_id: messageIdSchema.nullable(),
  /** The run that spoke it; null for a person's message. */
  run_id: runIdSchema.nullable(),
  agent: z.string().nullable(),
  /** `cut`: its run ended before the message did. */
  status: z.enum(['streaming', 'complete', 'cut']),
  usage: usageSchema.nullable(),
  /** Null while only deltas of it are known. */
  at: isoTimeSchema.nullable(),
})

export const thoughtSchema = z.object({
  id: eventIdSchema,
  thought: z.string(),
  step: z.int(),
  at: isoTimeSchema,
  /** Another model stands in for the one that was asked for, from here on. */
  fallback: z.object({ from: z.string(), to: z.string(), why: z.string() }).optional(),
  /** What stands for the thread's first messages from here on. */
  summary: z.object({ messages: z.int(), text: z.string() }).optional(),
})

export const attemptSchema = z.object({
  id: eventIdSchema,
  attempt: z.int(),
  why: z.string(),
  at: isoTimeSchema,
})

export const handoffSchema = z.object({
  id: eventIdSchema,
  from: z.string(),
  to: z.string(),
  why: z.string(),
  at: isoTimeSchema,
})

/** What a run did, in the order in which it happened; `id` names the thing in its own list. */
export const timelineEntrySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('thought'), id: eventIdSchema }),
  z.object({ kind: z.literal('message'), id: messageIdSchema }),
  z.object({ kind: z.literal('tool'), id: toolCallIdSchema }),
  z.object({ kind: z.literal('attempt'), id: eventIdSchema }),
  z.object({ kind: z.literal('handoff'), id: eventIdSchema }),
])

/** How a run ended; its only terminal event. */
export const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('completed'),
    message_id: messageIdSchema,
    final_response: z.string(),
    usage: usageSchema,
    cost: costSchema,
    duration_ms: z.number(),
    steps: z.int(),
  }),
  z.object({
    kind: z.literal('failed'),
    code: agentFailureCodeSchema,
    message: z.string(),
    retry: retrySchema,
    breaker: z.enum(['CLOSED', 'OPEN', 'HALF_OPEN']).nullable(),
  }),
  z.object({ kind: z.literal('cancelled'), by: z.string() }),
])

export const runSchema = z.object({
  id: runIdSchema,
  state: runStateSchema,
  agent: z.string().nullable(),
  model: z.string().nullable(),
  client_message_id: clientMessageIdSchema.nullable(),
  /** The user's message that it answers. */
  parent_message_id: messageIdSchema.nullable(),
  trace_id: traceIdSchema.nullable(),
  accepted_at: isoTimeSchema,
  started_at: isoTimeSchema.nullable(),
  ended_at: isoTimeSchema.nullable(),
  attempt: z.int(),
  timeline: z.array(timelineEntrySchema),
  thoughts: z.array(thoughtSchema),
  attempts: z.array(attemptSchema),
  handoffs: z.array(handoffSchema),
  tool_call_ids: z.array(toolCallIdSchema),
  outcome: outcomeSchema.nullable(),
})

export const toolCallSchema = z.object({
  id: toolCallIdSchema,
  run_id: runIdSchema,
  name: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  /** `interrupted`: a broken attempt did not see its end. */
  status: z.enum(['waiting', 'running', 'interrupted', ...toolStatusSchema.options]),
  /** JSON; null while there is none. With `result_ref` only a preview. */
  result: z.unknown(),
  result_ref: z.string().nullable(),
  /** The result was left out of this snapshot for its size. */
  result_omitted: z.boolean(),
  started_at: isoTimeSchema,
  duration_ms: z.number().nullable(),
  progress: z
    .object({ progress: z.number(), total: z.number().nullable(), note: z.string().nullable() })
    .nullable(),
})

export const approvalSchema = z.object({
  tool_call_id: toolCallIdSchema,
  run_id: runIdSchema,
  tool_name: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  fence: z.int(),
  requested_at: isoTimeSchema,
  expires_at: isoTimeSchema,
  /** `closed`: its run ended first. */
  status: z.enum(['pending', 'approved', 'denied', 'closed']),
  decided_by: z.string().nullable(),
  /** Who asks. */
  agent: z.string().optional(),
  question: questionSchema.optional(),
  change: changeSchema.optional(),
  interrupted: z.boolean().optional(),
  server: z.string().optional(),
  asks_always: z.boolean().optional(),
})

/** The fold of a thread's stream. JSON through and through: no value is undefined. */
export const threadStateSchema = z.object({
  title: z.string().nullable(),
  archived: z.boolean(),
  deleted: z.boolean(),
  messages: z.array(threadMessageSchema),
  runs: z.array(runSchema),
  tool_calls: z.array(toolCallSchema),
  approvals: z.array(approvalSchema),
  /** `?before=` of the request that gets older messages; null when `messages` begins at the start. */
  before: messageIdSchema.nullable(),
})

export type ThreadMessage = z.infer<typeof threadMessageSchema>
export type Thought = z.infer<typeof thoughtSchema>
export type Attempt = z.infer<typeof attemptSchema>
export type Handoff = z.infer<typeof handoffSchema>
export type TimelineEntry = z.infer<typeof timelineEntrySchema>
export type Outcome = z.infer<typeof outcomeSchema>
export type Run = z.infer<typeof runSchema>
export type ToolCall = z.infer<typeof toolCallSchema>
export type Approval = z.infer<typeof approvalSchema>
export type ThreadState = z.infer<typeof threadStateSchema>

export const emptyThreadState = (): ThreadState => ({
  title: null,
  archived: false,
  deleted: false,
  messages: [],
  runs: [],
  tool_calls: [],
  approvals: [],
  before: null,
})
