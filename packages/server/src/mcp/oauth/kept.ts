import type { StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client'
import { z } from 'zod'

/** Where tokens came from, as it was found and checked at the sign-in. */
const discovery = z.object({
  authorizationServerUrl: z.string(),
  authorizationServerMetadata: z.looseObject({}).optional(),
  resourceMetadata: z.looseObject({ resource: z.string() }).optional(),
  resourceMetadataUrl: z.string().optional(),
})

export const client = z.looseObject({ client_id: z.string(), issuer: z.string().optional() })

/** What is kept sealed of one person's sign-in to one server. */
export const grant = z.object({
  tokens: z.looseObject({ access_token: z.string(), token_type: z.string() }),
  client,
  discovery,
  /** Milliseconds since the Unix epoch; null: nobody said. */
  expiresAt: z.number().nullable(),
})
export interface Grant {
  tokens: StoredOAuthTokens
  client: StoredOAuthClientInformation
  discovery: Discovery
  expiresAt: number | null
}
export interface Discovery {
  authorizationServerUrl: string
  authorizationServerMetadata?: object | undefined
  resourceMetadata?: { resource: string } | undefined
  resourceMetadataUrl?: string | undefined
}

/** A sign-in under way, between leaving for the other side and coming back. */
export const journey = z.object({
  codeVerifier: z.string(),
  client,
  discovery,
  scope: z.string().optional(),
  returnTo: z.string(),
})
export type Journey = Omit<z.output<typeof journey>, 'discovery' | 'client'> & {
  discovery: Discovery
  client: StoredOAuthClientInformation
}

/** What a server asked for when it last refused: what the next sign-in asks for. */
export const wanted = z.object({
  scope: z.string().optional(),
  resourceMetadataUrl: z.string().optional(),
})
export type Wanted = z.output<typeof wanted>
