import { z } from 'zod'

/** A fresh token for a living socket; its subject must be the same, else 4502. */
export const authenticateSchema = z.object({
  type: z.literal('authenticate'),
  token: z.string().min(1).max(8192),
})

export type Authenticate = z.infer<typeof authenticateSchema>
