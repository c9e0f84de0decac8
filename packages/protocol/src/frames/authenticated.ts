import { z } from 'zod'

import { isoTimeSchema } from '../content.ts'

/** The answer to `authenticate`. */
export const authenticatedSchema = z.object({
  type: z.literal('authenticated'),
  expires_at: isoTimeSchema,
})

export type Authenticated = z.infer<typeof authenticatedSchema>
