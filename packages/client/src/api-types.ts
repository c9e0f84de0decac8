import {
  attachmentSchema,
  contentSchema,
  messageIdSchema,
  roleSchema,
  runIdSchema,
  usageSchema,
  type ThreadMessage,
} from '@netra/protocol'
import { z } from 'zod'

/*
 * What the HTTP routes answer, named as on the wire. Answers are parsed, never taken on trust; fields
 * this version does not know are dropped.
 */

export const serverConfigSchema = z.object({
  protocol_version: z.number(),
  version: z.string(),
  revision: z.string(),
  environment: z.string(),
  api_url: z.string(),
  ws_url: z.string(),
  /** Where the fallback reads streams and sends commands. */
  events_url: z.string().optional(),
  commands_url: z.string().optional(),
  ws_paths: z.array(z.string()),
  auth: z.object({
    registration: z.enum(['open', 'invitation', 'domain', 'closed']),
    setup_required: z.boolean(),
    /** Other ways to sign in than by password. */
    providers: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
    /** Without it an administrator hands out one-time links. */
    sends_email: z.boolean().default(false),
  }),
  /** Anybody may try it with an account that expires. */
  demo: z.boolean().default(false),
  /** Test suites may sign in as users of their own. */
  e2e: z.boolean().default(false),
  /** What may be done now, and why not everything. */
  mode: z
    .object({
      level: z.enum(['full', 'no_tools', 'read_only', 'maintenance']).catch('full'),
      why: z.string().nullable().default(null),
    })
    .optional(),
  /** Checks at the start that were gone around on purpose. */
  startup_bypass: z.array(z.string()).default([]),
  limits: z.object({
    max_frame_bytes: z.number(),
    max_upload_bytes: z.number(),
    max_connections_per_user: z.number().optional(),
    max_subscriptions: z.number().optional(),
  }),
  heartbeat: z.object({ interval_ms: z.number(), timeout_ms: z.number() }),
})

export const userSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(['user', 'admin']),
  /** Of a demonstration or a test suite: it ends at `expires_at`. */
  is_test_user: z.boolean().default(false),
  expires_at: z.string().nullish(),
})

export const signedInSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  /** Seconds. */
  expires_in: z.number(),
  user: userSchema.pick({ id: true, email: true, name: true }),
})

/** A renewal need not repeat who it is for. */
export const refreshedSchema = signedInSchema.omit({ user: true })

export const socketTicketSchema = z.object({ ticket: z.string(), expires_at: z.string() })

export const threadSchema = z.object({
  id: z.string(),
  title: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  metadata: z.record(z.string(), z.unknown()).default({}),
  message_count: z.number(),
  archived: z.boolean(),
  /** With a search: where in the text it was found; null when it was the title. */
  snippet: z.string().nullable().default(null),
})

/** A kept message has no state of its own any more: its run has ended. */
const keptMessageSchema = z
  .object({
    id: messageIdSchema,
    role: roleSchema,
    content: contentSchema,
    attachments: z.array(attachmentSchema).default([]),
    parent_message_id: messageIdSchema.nullable().default(null),
    run_id: runIdSchema.nullable().default(null),
    agent: z.string().nullable().default(null),
    status: z.enum(['streaming', 'complete', 'cut']).default('complete'),
    usage: usageSchema.nullable().default(null),
    at: z.string().nullable().default(null),
    created_at: z.string().optional(),
  })
  .transform(({ created_at, ...message }): ThreadMessage => ({
    ...message,
    at: message.at ?? created_at ?? null,
  }))

export const messagePageSchema = z.object({
  /** Oldest first. */
  messages: z.array(keptMessageSchema),
  /** `before` of the next request; null at the start of the thread. */
  before: z.string().nullable(),
})

const agentSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  tools: z.array(z.string()),
  /** Those of them that a person is asked about before each call. */
  asks_first: z.array(z.string()).default([]),
  status: z.string(),
  examples: z.array(z.string()).default([]),
  /** Netra's own, of a file of the operator's, or elsewhere at an address. */
  origin: z.enum(['netra', 'own', 'remote']).catch('netra'),
  /** The one model that it speaks with; null: the person's choice. */
  model: z.string().nullable().default(null),
  /** False of a program, which asks no model whichever is chosen. */
  asks_model: z.boolean().default(true),
})

export const agentListSchema = z.object({ agents: z.array(agentSchema) })

const modelSchema = z.object({
  /** `<provider>/<model>` */
  id: z.string(),
  provider: z.string(),
  name: z.string(),
  label: z.string(),
  built_in: z.boolean(),
})

export const modelsSchema = z.object({
  default: z.string().nullable(),
  models: z.array(modelSchema),
})

export const storedFileSchema = z.object({
  file_id: z.string(),
  name: z.string(),
  bytes: z.number(),
  media_type: z.string(),
  /** `upload`, `sample`, or what made it. */
  origin: z.string().default('upload'),
  created_at: z.string().nullable().default(null),
})

export const fileListSchema = z.object({ files: z.array(storedFileSchema) })

/** A circuit breaker: while it is open, calls are refused at once. */
export const breakerSchema = z.object({
  state: z.enum(['CLOSED', 'OPEN', 'HALF_OPEN']),
  /** In a row. */
  failure_count: z.number(),
  success_count: z.number(),
  last_failure_time: z.string().nullable(),
  next_attempt_time: z.string().nullable(),
  last_error: z.string().nullish(),
})

const modelConnectionSchema = z.object({
  provider: z.string(),
  source: z.enum(['environment', 'stored', 'detected']),
  base_url: z.string().nullish(),
  key_hint: z.string().nullish(),
  models: z.array(z.string()),
  enabled_models: z.array(z.string()),
  breaker: breakerSchema.nullish(),
  label: z.string().nullish(),
  /** What keeps it from working, in words. */
  problem: z.string().nullish(),
})

export const modelConnectionsSchema = z.object({
  connections: z.array(modelConnectionSchema),
  default_model: z.string().nullable(),
  /** Those that stand in for one that cannot answer, in their order. */
  fallback_models: z.array(z.string()).optional(),
})

export const connectionTestSchema = z.object({
  ok: z.boolean(),
  latency_ms: z.number(),
  models: z.array(z.string()),
  error: z.string().nullish(),
})

const invitationSchema = z.object({
  id: z.string(),
  email: z.string().nullish(),
  created_at: z.string().nullish(),
  expires_at: z.string(),
  used_at: z.string().nullish(),
  /** `open`, `used` or `expired`. */
  state: z.string().nullish(),
})

export const invitationListSchema = z.object({ invitations: z.array(invitationSchema) })

export const createdInvitationSchema = z.object({
  id: z.string(),
  url: z.string(),
  expires_at: z.string(),
})

/** Where a thread's events have got to, device by device; `GET /api/threads/:id/delivery`. */
export const deliveryReportSchema = z.object({
  thread_id: z.string(),
  head: z.string(),
  counts: z.object({
    committed: z.number(),
    sent: z.number(),
    acknowledged: z.number(),
    waiting: z.number(),
    superseded: z.number(),
  }),
  devices: z.array(
    z.object({
      device: z.string(),
      connection_id: z.string().nullable(),
      transport: z.string(),
      sent: z.string().nullable(),
      acknowledged: z.string().nullable(),
      /** Events that the device has not acknowledged. */
      behind: z.number(),
      last_ack_ms_ago: z.number().nullable(),
      since: z.string().nullish(),
    }),
  ),
})

export type DeliveryReport = z.infer<typeof deliveryReportSchema>
export type ServerConfig = z.infer<typeof serverConfigSchema>
export type User = z.infer<typeof userSchema>
export type SignedIn = z.infer<typeof signedInSchema>
export type Refreshed = z.infer<typeof refreshedSchema>
export type SocketTicket = z.infer<typeof socketTicketSchema>
export type Thread = z.infer<typeof threadSchema>
export type MessagePage = z.infer<typeof messagePageSchema>
export type Agent = z.infer<typeof agentSchema>
export type Model = z.infer<typeof modelSchema>
export type Models = z.infer<typeof modelsSchema>
export type StoredFile = z.infer<typeof storedFileSchema>
export type ModelConnection = z.infer<typeof modelConnectionSchema>
export type ModelConnections = z.infer<typeof modelConnectionsSchema>
export type ConnectionTest = z.infer<typeof connectionTestSchema>
export type Invitation = z.infer<typeof invitationSchema>
export type CreatedInvitation = z.infer<typeof createdInvitationSchema>
