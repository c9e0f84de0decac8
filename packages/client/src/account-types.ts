import { z } from 'zod'

import { signedInSchema, userSchema } from './api-types.ts'

/*
 * What the routes of a person's own account and of its administration answer. Apart from the other
 * answers, so that a page which only chats does not load them.
 */

/** An address that has to be confirmed first; the message with the link is on its way. */
const verificationSchema = z.object({ status: z.literal('verify_email') })

export const registeredSchema = z.union([signedInSchema, verificationSchema])

/** `details` of the refusal TWO_FACTOR_REQUIRED. */
export const challengeSchema = z.object({
  challenge: z.string(),
  /** Seconds. */
  expires_in: z.number(),
})

export const accountSchema = userSchema.extend({
  email_verified: z.boolean().default(true),
  two_factor: z.boolean().default(false),
  /** False for somebody who only signs in through a provider. */
  has_password: z.boolean().default(true),
  providers: z
    .array(z.object({ id: z.string(), name: z.string(), linked_at: z.string().nullish() }))
    .default([]),
})

export const twoFactorSetupSchema = z.object({
  /** Base32, to be typed where no picture can be read. */
  secret: z.string(),
  /** `otpauth://…` */
  uri: z.string(),
})

export const recoveryCodesSchema = z.object({ recovery_codes: z.array(z.string()) })

const sessionSchema = z.object({
  id: z.string(),
  /** The one that asks. */
  current: z.boolean(),
  created_at: z.string(),
  last_used_at: z.string().nullish(),
  expires_at: z.string().nullish(),
  address: z.string().nullish(),
  user_agent: z.string().nullish(),
  /** The browser and the system, in words. */
  device: z.string().nullish(),
})

export const sessionListSchema = z.object({ sessions: z.array(sessionSchema) })

const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  created_at: z.string(),
  /** Null: until it is revoked. */
  expires_at: z.string().nullish(),
  last_used_at: z.string().nullish(),
  /** Its first or last characters, by which its owner knows it. */
  hint: z.string().nullish(),
})

export const apiKeyListSchema = z.object({ api_keys: z.array(apiKeySchema) })

/** Only here is the key itself. */
export const createdApiKeySchema = apiKeySchema.extend({ key: z.string() })

export const providerLinkSchema = z.object({ url: z.string() })

const listedUserSchema = userSchema.omit({ is_test_user: true, expires_at: true }).extend({
  disabled: z.boolean(),
  created_at: z.string(),
  last_seen_at: z.string().nullish(),
  two_factor: z.boolean().default(false),
  email_verified: z.boolean().default(true),
  has_password: z.boolean().default(true),
  /** Login sessions that live. */
  sessions: z.number().default(0),
  is_test_user: z.boolean().default(false),
})

export const userPageSchema = z.object({ users: z.array(listedUserSchema), total: z.number() })

export const createdUserSchema = z.object({
  user: z.object({ id: z.string(), email: z.string() }),
  /** One-time: its holder sets the password. */
  url: z.string(),
})

export const oneTimeLinkSchema = z.object({ url: z.string(), expires_at: z.string().nullish() })

const registrationChoiceSchema = z.object({
  policy: z.enum(['open', 'invitation', 'domain', 'closed']),
  domains: z.array(z.string()).default([]),
})

/** What is in force for people elsewhere than on the server's machine. */
export const registrationSchema = registrationChoiceSchema.extend({
  /** Who settled it: `administrator`, `environment` or, when nobody did, `default`. */
  source: z.string().optional(),
  /** What the environment of the server says; null when it says nothing. */
  configured: registrationChoiceSchema.nullish(),
})

export const retentionSchema = z.object({ days: z.number().nullable() })

const auditEntrySchema = z.object({
  position: z.number(),
  at: z.string(),
  actor: z.object({ kind: z.string(), id: z.string().nullish() }),
  action: z.string(),
  outcome: z.string().default('ok'),
  user_id: z.string().nullish(),
  address: z.string().nullish(),
  details: z.record(z.string(), z.unknown()).nullish(),
})

export const auditPageSchema = z.object({
  /** Newest first. */
  entries: z.array(auditEntrySchema),
  /** `before` of the next request; null at the first entry. */
  before: z.number().nullable(),
})

export type Registered = z.infer<typeof registeredSchema>
export type Account = z.infer<typeof accountSchema>
export type TwoFactorSetup = z.infer<typeof twoFactorSetupSchema>
export type LoginSession = z.infer<typeof sessionSchema>
export type ApiKey = z.infer<typeof apiKeySchema>
export type CreatedApiKey = z.infer<typeof createdApiKeySchema>
export type ListedUser = z.infer<typeof listedUserSchema>
export type UserPage = z.infer<typeof userPageSchema>
export type CreatedUser = z.infer<typeof createdUserSchema>
export type OneTimeLink = z.infer<typeof oneTimeLinkSchema>
export type Registration = z.infer<typeof registrationSchema>
export type Retention = z.infer<typeof retentionSchema>
export type AuditEntry = z.infer<typeof auditEntrySchema>
export type AuditPage = z.infer<typeof auditPageSchema>
