import { z } from 'zod'

import { unreachable } from '../unreachable.ts'
import type { Question } from './question.ts'

export type TextFormat = 'email' | 'uri' | 'date' | 'date-time'

export interface Option {
  value: string
  title: string
}

interface Named {
  name: string
  title: string
  description: string | undefined
  required: boolean
}

/** One thing that a form asks for. */
export type FormField = Named &
  (
    | {
        kind: 'text'
        format: TextFormat | undefined
        minLength: number | undefined
        maxLength: number | undefined
        default: string | undefined
      }
    | {
        kind: 'number' | 'integer'
        minimum: number | undefined
        maximum: number | undefined
        default: number | undefined
      }
    | { kind: 'boolean'; default: boolean | undefined }
    | { kind: 'choice'; options: Option[]; default: string | undefined }
    | {
        kind: 'choices'
        options: Option[]
        minItems: number | undefined
        maxItems: number | undefined
        default: string[] | undefined
      }
  )

const MAX_FIELDS = 50
const MAX_OPTIONS = 500

const count = z.int().min(0).optional()
const about = { title: z.string().optional(), description: z.string().optional() }
const texts = z.array(z.string()).max(MAX_OPTIONS)
const titled = z
  .array(z.object({ const: z.string(), title: z.string().optional() }))
  .max(MAX_OPTIONS)

const property = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('string'),
    ...about,
    enum: texts.optional(),
    enumNames: texts.optional(),
    oneOf: titled.optional(),
    format: z.string().optional(),
    minLength: count,
    maxLength: count,
    default: z.string().optional(),
  }),
  z.object({
    type: z.enum(['number', 'integer']),
    ...about,
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    default: z.number().optional(),
  }),
  z.object({ type: z.literal('boolean'), ...about, default: z.boolean().optional() }),
  z.object({
    type: z.literal('array'),
    ...about,
    items: z.object({ enum: texts.optional(), anyOf: titled.optional(), oneOf: titled.optional() }),
    minItems: count,
    maxItems: count,
    default: z.array(z.string()).optional(),
  }),
])

const formSchema = z.object({
  type: z.literal('object'),
  properties: z.record(z.string().min(1).max(200), property),
  required: z.array(z.string()).optional(),
})

/**
 * The fields of a form, in the schema's order; or why there can be no form of it, in words: it is not
 * flat, or asks for a kind of thing that no field is for.
 */
export function readForm(
  schema: unknown,
): { ok: true; fields: FormField[] } | { ok: false; problem: string } {
  const read = formSchema.safeParse(schema)
  if (!read.success) {
    const [issue] = read.error.issues
    const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''
    return { ok: false, problem: `${where}${issue?.message ?? 'not a schema of a form'}` }
  }
  const { properties, required = [] } = read.data
  const entries = Object.entries(properties)
  if (entries.length > MAX_FIELDS)
    return { ok: false, problem: `it asks for more than ${MAX_FIELDS} things at once` }
  const missing = required.find((name) => !Object.hasOwn(properties, name))
  if (missing !== undefined)
    return { ok: false, problem: `${missing} is required and nowhere described` }
  const fields = entries.map(([name, one]) => fieldOf(name, one, required.includes(name)))
  const empty = fields.find((field) => 'options' in field && field.options.length === 0)
  if (empty) return { ok: false, problem: `${empty.name} has nothing to choose from` }
  return { ok: true, fields }
}

function fieldOf(name: string, one: z.infer<typeof property>, required: boolean): FormField {
  const named = { name, title: one.title ?? inWords(name), description: one.description, required }
  switch (one.type) {
    case 'boolean':
      return { ...named, kind: 'boolean', default: one.default }
    case 'number':
    case 'integer':
      return {
        ...named,
        kind: one.type,
        minimum: one.minimum,
        maximum: one.maximum,
        default: one.default,
      }
    case 'array': {
      const { items, minItems, maxItems } = one
      const options = optionsOf(items.anyOf ?? items.oneOf, items.enum, undefined) ?? []
      return { ...named, kind: 'choices', options, minItems, maxItems, default: one.default }
    }
    case 'string': {
      const options = optionsOf(one.oneOf, one.enum, one.enumNames)
      if (options) return { ...named, kind: 'choice', options, default: one.default }
      const { minLength, maxLength } = one
      const format = isFormat(one.format) ? one.format : undefined
      return { ...named, kind: 'text', format, minLength, maxLength, default: one.default }
    }
    default:
      return unreachable(one)
  }
}

const optionsOf = (
  named: readonly { const: string; title?: string | undefined }[] | undefined,
  values: readonly string[] | undefined,
  names: readonly string[] | undefined,
): Option[] | undefined =>
  named?.map((option) => ({ value: option.const, title: option.title ?? option.const })) ??
  values?.map((value, index) => ({ value, title: names?.[index] ?? value }))

const isFormat = (format: string | undefined): format is TextFormat =>
  format === 'email' || format === 'uri' || format === 'date' || format === 'date-time'

const inWords = (name: string): string => {
  const words = name
    .replaceAll(/[_-]+/g, ' ')
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .trim()
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1)
}

/** Why a question cannot be put to a person, in words; undefined: it can. */
export function questionProblem(question: Question): string | undefined {
  if (question.mode === 'form') {
    const form = readForm(question.schema)
    return form.ok ? undefined : form.problem
  }
  return isWebAddress(question.url) ? undefined : 'only an http or https address can be opened'
}

/** An address that a person may be sent to: of the web, and naming nobody before its host. */
export const isWebAddress = (text: string): boolean =>
  /^https?:\/\/[^\s/?#@\\]+(?:[/?#][^\s\\]*)?$/iu.test(text) && z.url().safeParse(text).success
