import { z } from 'zod'

import { fileIdSchema } from './ids.ts'

/** One part of a message. Deltas address parts by their index. */
export const textPartSchema = z.object({ type: z.literal('text'), text: z.string() })
export const contentSchema = z.array(textPartSchema)

/** A file of a message, as everybody who reads the message sees it. */
export const attachmentSchema = z.object({
  file_id: fileIdSchema,
  name: z.string(),
  media_type: z.string(),
  bytes: z.int().min(0),
})

export const usageSchema = z.object({
  input_tokens: z.int().min(0),
  output_tokens: z.int().min(0),
})

/** Null when no price is known for the model. */
export const costSchema = z.object({ usd: z.number().nullable() })

export const roleSchema = z.enum(['user', 'assistant'])

export const runStateSchema = z.enum([
  'queued',
  'running',
  'waiting',
  'completed',
  'failed',
  'cancelled',
])

export const isoTimeSchema = z.iso.datetime()

export type TextPart = z.infer<typeof textPartSchema>
export type Content = z.infer<typeof contentSchema>
export type Attachment = z.infer<typeof attachmentSchema>
export type Usage = z.infer<typeof usageSchema>
export type Cost = z.infer<typeof costSchema>
export type Role = z.infer<typeof roleSchema>
export type RunState = z.infer<typeof runStateSchema>

/** The text of a message, its parts joined. */
export const textOf = (content: Content): string => content.map((part) => part.text).join('')
