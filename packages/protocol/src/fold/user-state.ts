import { z } from 'zod'

import { isoTimeSchema, runStateSchema } from '../content.ts'
import { runIdSchema, threadIdSchema, toolCallIdSchema } from '../ids.ts'

export const listedThreadSchema = z.object({
  id: threadIdSchema,
  title: z.string(),
  created_at: isoTimeSchema,
  updated_at: isoTimeSchema,
  archived: z.boolean(),
  /** The newest run of the thread, ended or not. */
  last_run: z.object({ run_id: runIdSchema, state: runStateSchema, at: isoTimeSchema }).nullable(),
})

export const openRunSchema = z.object({
  run_id: runIdSchema,
  thread_id: threadIdSchema,
  state: runStateSchema,
  at: isoTimeSchema,
})

export const waitingApprovalSchema = z.object({
  tool_call_id: toolCallIdSchema,
  run_id: runIdSchema,
  thread_id: threadIdSchema,
  tool_name: z.string(),
  expires_at: isoTimeSchema,
})

/** The fold of a person's stream: what all their devices share. */
export const userStateSchema = z.object({
  /** In the order in which they were made; deleted ones are gone. */
  threads: z.array(listedThreadSchema),
  /** Older threads exist that this state does not list. */
  more_threads: z.boolean(),
  open_runs: z.array(openRunSchema),
  approvals: z.array(waitingApprovalSchema),
  limits: z.record(z.string(), z.number().nullable()),
})

export type ListedThread = z.infer<typeof listedThreadSchema>
export type OpenRun = z.infer<typeof openRunSchema>
export type WaitingApproval = z.infer<typeof waitingApprovalSchema>
export type UserState = z.infer<typeof userStateSchema>

export const emptyUserState = (): UserState => ({
  threads: [],
  more_threads: false,
  open_runs: [],
  approvals: [],
  limits: {},
})
