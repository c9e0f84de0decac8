import { z } from 'zod'

const kindSchema = z.enum(['queue', 'model', 'tool', 'store', 'network', 'other'])

/** Why an answer took as long as it did; `GET /api/runs/:id/timeline`. */
export const runTimelineSchema = z.object({
  run_id: z.string(),
  thread_id: z.string(),
  trace_id: z.string(),
  state: z.string(),
  started_at: z.string(),
  /** Milliseconds; the parts add up to it. */
  total_ms: z.number(),
  parts: z.object({
    queue_ms: z.number(),
    model_ms: z.number(),
    tool_ms: z.number(),
    store_ms: z.number(),
    /** Null until a browser has said what its person waited. */
    network_ms: z.number().nullable(),
    other_ms: z.number(),
  }),
  cause: z.object({ kind: kindSchema, share: z.number(), sentence: z.string() }),
  spans: z.array(
    z.object({
      id: z.string(),
      parent_id: z.string().nullable(),
      name: z.string(),
      kind: z.enum(['queue', 'model', 'tool', 'store', 'network', 'run']),
      start_ms: z.number(),
      duration_ms: z.number(),
      status: z.enum(['ok', 'error', 'cancelled']),
      detail: z.string().nullable(),
    }),
  ),
})

export type RunTimeline = z.infer<typeof runTimelineSchema>

/** What a person waited, in milliseconds of one browser's own clock, after painting. */
export interface Seen {
  click_to_ok_ms: number
  click_to_first_event_ms: number
  click_to_first_text_ms: number | null
  click_to_end_ms: number
  /** Tells devices of one sign-in apart. */
  device?: string
}
