import { z } from 'zod'

/** Said before the close frame: why, and when to come back (`after_ms` plus up to `jitter_ms`). */
export const goawaySchema = z.object({
  type: z.literal('goaway'),
  code: z.int().min(1000).max(4999),
  why: z.string(),
  after_ms: z.int().min(0),
  jitter_ms: z.int().min(0),
})

export type Goaway = z.infer<typeof goawaySchema>
