import { z } from 'zod'

/** The socket's credentials expire soon; without `authenticate` it closes with 4006. */
export const authenticationDueSchema = z.object({
  type: z.literal('authentication_due'),
  in_ms: z.int().min(0),
})

export type AuthenticationDue = z.infer<typeof authenticationDueSchema>
