import { z } from 'zod'

import { unreachable } from '../unreachable.ts'
import type { FormField, TextFormat } from './form-fields.ts'

/** What is wrong with an answer, by field; the key '' is for what belongs to none. */
export type AnswerProblems = Record<string, string>

/** Whether an answer is one that the form asks for. What is right in it is never changed. */
export function checkAnswer(
  fields: readonly FormField[],
  content: Readonly<Record<string, unknown>>,
): { ok: true } | { ok: false; problems: AnswerProblems } {
  const problems: AnswerProblems = {}
  for (const field of fields) {
    const value = content[field.name]
    const problem = value === undefined ? absence(field) : problemOf(field, value)
    if (problem !== undefined) problems[field.name] = problem
  }
  const unknown = Object.keys(content).filter(
    (name) => !fields.some((field) => field.name === name),
  )
  if (unknown.length > 0) problems[''] = `Nobody asked for ${unknown.join(', ')}.`
  return Object.keys(problems).length === 0 ? { ok: true } : { ok: false, problems }
}

const absence = ({ required, kind }: FormField): string | undefined => {
  if (!required) return undefined
  return kind === 'choice' || kind === 'choices' ? 'Choose one.' : 'Fill this in.'
}

function problemOf(field: FormField, value: unknown): string | undefined {
  switch (field.kind) {
    case 'text':
      return textProblem(field, value)
    case 'number':
    case 'integer':
      return numberProblem(field, value)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'Say yes or no.'
    case 'choice':
      return field.options.some((option) => option.value === value)
        ? undefined
        : 'Choose one of those listed.'
    case 'choices':
      return choicesProblem(field, value)
    default:
      return unreachable(field)
  }
}

function textProblem(field: FormField & { kind: 'text' }, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'This must be text.'
  const { minLength = 0, maxLength, format, required } = field
  // As JSON Schema counts: characters, not UTF-16 units.
  const length = Array.from(value).length
  if (required && length === 0) return 'Fill this in.'
  if (length < minLength) return `At least ${counted(minLength, 'character')}.`
  if (maxLength !== undefined && length > maxLength)
    return `At most ${counted(maxLength, 'character')}; this has ${length}.`
  return format === undefined || FORMATS[format].fits(value) ? undefined : FORMATS[format].words
}

const FORMATS: Record<TextFormat, { fits: (value: string) => boolean; words: string }> = {
  email: {
    fits: (value) => z.email().safeParse(value).success,
    words: 'This must be an e-mail address, such as name@example.com.',
  },
  uri: {
    fits: (value) => z.url().safeParse(value).success,
    words: 'This must be a whole address, such as https://example.com/page.',
  },
  date: {
    fits: (value) => z.iso.date().safeParse(value).success,
    words: 'This must be a date, such as 2026-03-31.',
  },
  'date-time': {
    fits: (value) => z.iso.datetime({ offset: true }).safeParse(value).success,
    words: 'This must be a date and time, such as 2026-03-31T09:00:00Z.',
  },
}

function numberProblem(
  { kind, minimum, maximum }: FormField & { kind: 'number' | 'integer' },
  value: unknown,
): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'This must be a number.'
  if (kind === 'integer' && !Number.isInteger(value)) return 'This must be a whole number.'
  if (minimum !== undefined && value < minimum) return `At least ${minimum}.`
  if (maximum !== undefined && value > maximum) return `At most ${maximum}.`
  return undefined
}

function choicesProblem(
  { options, minItems = 0, maxItems, required }: FormField & { kind: 'choices' },
  value: unknown,
): string | undefined {
  if (!Array.isArray(value)) return 'Choose among those listed.'
  const isListed = (one: unknown) => options.some((option) => option.value === one)
  if (!value.every(isListed)) return 'Choose among those listed.'
  if (new Set(value).size !== value.length) return 'Choose each at most once.'
  if (required && value.length === 0) return 'Choose at least one.'
  if (value.length < minItems) return `Choose at least ${minItems}.`
  if (maxItems !== undefined && value.length > maxItems) return `Choose at most ${maxItems}.`
  return undefined
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
