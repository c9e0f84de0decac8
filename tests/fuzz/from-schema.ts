import { z } from 'zod'

import type { Random } from '../isolation/property/random.ts'

type Schema = z.core.JSONSchema.JSONSchema

/** What a schema's own examples cannot tell: texts that its patterns ask for. */
export interface Known {
  /** Names of streams, positions and ids that exist. */
  texts: readonly string[]
}

/** Makes values that fit a zod schema, from its JSON schema: what a well-behaved sender would send. */
export function generatorOf(schema: z.ZodType, known: Known): (random: Random) => unknown {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return (random) => made(random, json, known)
}

function made(random: Random, schema: Schema, known: Known): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return random.of(schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return made(random, random.of<Schema>(choices), known)
  if (schema.default !== undefined && random.chance(0.3)) return schema.default
  switch (schema.type) {
    case 'object':
      return object(random, schema, known)
    case 'array': {
      const items = (schema.items ?? {}) as Schema
      return Array.from({ length: 1 + random.below(3) }, () => made(random, items, known))
    }
    case 'string':
      return known.texts.length > 0 && random.chance(0.8) ? random.of(known.texts) : random.hex(12)
    case 'integer':
    case 'number':
      return random.of([schema.minimum ?? 0, 1, 2])
    case 'boolean':
      return random.chance(0.5)
    case 'null':
    case undefined:
    default:
      return null
  }
}

function object(random: Random, schema: Schema, known: Known): Record<string, unknown> {
  const required = new Set(schema.required)
  const fields = Object.entries(schema.properties ?? {})
    .filter(([name]) => required.has(name) || random.chance(0.6))
    .map(([name, inner]) => [name, made(random, inner as Schema, known)] as const)
  if (fields.length > 0 || typeof schema.additionalProperties !== 'object') {
    return Object.fromEntries(fields)
  }
  const inner = schema.additionalProperties
  const keys = known.texts.filter((text) => text.startsWith('thread:'))
  return Object.fromEntries(keys.slice(0, 2).map((key) => [key, made(random, inner, known)]))
}
