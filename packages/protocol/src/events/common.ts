import { z } from 'zod'

import { isoTimeSchema } from '../content.ts'
import { eventIdSchema, runIdSchema, threadIdSchema, traceIdSchema, userIdSchema } from '../ids.ts'

/** What every event carries but `message_delta`; null where it does not apply. */
export const commonFields = {
  id: eventIdSchema,
  at: isoTimeSchema,
  user_id: userIdSchema,
  thread_id: threadIdSchema.nullable(),
  run_id: runIdSchema.nullable(),
  agent: z.string().nullable(),
  trace_id: traceIdSchema.nullable(),
}

/** An event of a run names its run and thread. */
export const runFields = { ...commonFields, thread_id: threadIdSchema, run_id: runIdSchema }

/** An event about a thread names its thread. */
export const threadFields = { ...commonFields, thread_id: threadIdSchema }
