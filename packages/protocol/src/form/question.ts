import { z } from 'zod'

/** What a tool asks its person for in the middle of a call. */
export const questionSchema = z.discriminatedUnion('mode', [
  z.object({
    mode: z.literal('form'),
    message: z.string(),
    /** A flat JSON Schema of an object; `readForm` makes fields of it. */
    schema: z.record(z.string(), z.unknown()),
  }),
  z.object({
    mode: z.literal('url'),
    message: z.string(),
    /** To be opened by the person in their own browser, never by a program. */
    url: z.string(),
  }),
])

/** What a call would change, as its tool says. */
export const changeSchema = z.object({
  summary: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
})

/** `decline`: no; `cancel`: neither yes nor no, it was closed or nobody answered in time. */
export const answerActionSchema = z.enum(['accept', 'decline', 'cancel'])

export type Question = z.infer<typeof questionSchema>
export type Change = z.infer<typeof changeSchema>
export type AnswerAction = z.infer<typeof answerActionSchema>
