import { z } from 'zod'

/** A schema never changes, and to translate one takes longer than all else that a call needs. */
const translated = new WeakMap<z.ZodType, object>()

/** What a tool takes, as JSON Schema (draft 7), as models and people are told of it. */
export function inputSchemaOf(input: z.ZodType): object {
  const known = translated.get(input)
  if (known) return known
  const schema: object = z.toJSONSchema(input, { io: 'input', target: 'draft-7' })
  translated.set(input, schema)
  return schema
}
