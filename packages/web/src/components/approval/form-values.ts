import type { AnswerProblems, FormField } from '@netra/protocol'

import { readNumber } from '../../timeline/typed-number.ts'

/** What stands in the fields, as the person typed it. */
export type FormValues = Readonly<Record<string, string | boolean | readonly string[]>>

export const startingValues = (fields: readonly FormField[]): FormValues =>
  Object.fromEntries(fields.map((field) => [field.name, startOf(field)]))

function startOf(field: FormField): string | boolean | readonly string[] {
  if (field.kind === 'boolean') return field.default ?? false
  if (field.kind === 'choices') return field.default ?? []
  return field.default === undefined ? '' : String(field.default)
}

/** As the answer says it: what was left empty is left out. */
export function contentOf(
  fields: readonly FormField[],
  values: FormValues,
): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = valueOf(field, values[field.name])
      return value === undefined ? [] : [[field.name, value]]
    }),
  )
}

/** What was typed where a number goes, and is none or may be either of two. */
export const numberProblems = (fields: readonly FormField[], values: FormValues): AnswerProblems =>
  Object.fromEntries(
    fields.filter(isNumber).flatMap(({ name }) => {
      const typed = values[name]
      const read = typeof typed === 'string' && typed !== '' ? readNumber(typed) : null
      return read && 'problem' in read ? [[name, `This ${read.problem}`]] : []
    }),
  )

const isNumber = ({ kind }: FormField): boolean => kind === 'number' || kind === 'integer'

function valueOf(field: FormField, typed: FormValues[string] | undefined): unknown {
  if (field.kind === 'boolean') return typed === true
  if (field.kind === 'choices') {
    const chosen = Array.isArray(typed) ? typed : []
    return chosen.length === 0 && !field.required ? undefined : chosen
  }
  const text = typeof typed === 'string' ? typed : ''
  if (text === '') return undefined
  if (isNumber(field)) {
    const read = readNumber(text)
    return 'value' in read ? read.value : Number.NaN
  }
  // A browser's field has no time zone: it is the person's own.
  if (field.kind === 'text' && field.format === 'date-time' && !Number.isNaN(Date.parse(text)))
    return new Date(text).toISOString()
  return text
}

/** What was kept of an earlier try, where it still fits the fields. */
export function keptValues(fields: readonly FormField[], kept: string | null): FormValues {
  const start = startingValues(fields)
  if (kept === null) return start
  try {
    const read: unknown = JSON.parse(kept)
    if (typeof read !== 'object' || read === null) return start
    const known = Object.entries(read).filter(
      ([name, value]) =>
        Object.hasOwn(start, name) &&
        typeof value === typeof start[name] &&
        Array.isArray(value) === Array.isArray(start[name]),
    )
    return { ...start, ...Object.fromEntries(known) }
  } catch {
    return start
  }
}
