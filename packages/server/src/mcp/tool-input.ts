import { z } from 'zod'

import { problemBySchema } from './bounded-schema.ts'
import type { JsonSchema } from './definition.ts'

/** What would name other properties than `properties` does. */
const OPENERS = [
  'additionalProperties',
  'unevaluatedProperties',
  'patternProperties',
  '$ref',
  '$dynamicRef',
  'allOf',
  'anyOf',
  'oneOf',
  'if',
  'dependentSchemas',
]

/** Where a server does not speak of other arguments, there are none. */
const closed = (schema: JsonSchema): JsonSchema =>
  OPENERS.some((keyword) => keyword in schema)
    ? schema
    : { properties: {}, ...schema, additionalProperties: false }

/** A server's own schema of arguments: models are shown it as it is, and calls are held to it. */
export function toolInput(schema: JsonSchema, hash: string): z.ZodType<Record<string, unknown>> {
  const { $schema: _dialect, $id: _address, id: _name, ...shown } = closed(schema)
  const described = { ...shown, type: 'object' as const }
  return z
    .any()
    .superRefine((value, context) => {
      const problem = problemBySchema(described, `${hash} input`, value)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .meta(described)
}
