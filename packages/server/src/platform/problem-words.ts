import type { z } from 'zod'

type Issue = z.core.$ZodRawIssue

const EXPECTED: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
}

const FORMATS: Record<string, string> = {
  email: 'an e-mail address',
  url: 'an address (URL)',
  uuid: 'an id (UUID)',
  guid: 'an id (UUID)',
  datetime: 'a point in time (ISO 8601)',
  date: 'a date (ISO 8601)',
}

/**
 * What is wrong with a value, for people who know nothing of schemas: a predicate that follows the
 * name of the field. For `safeParse(value, { error: problemWords })`; a schema's own words win.
 */
export function problemWords(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is missing'
        : `must be ${EXPECTED[issue.expected] ?? `of type ${issue.expected}`}`
    case 'invalid_value':
      if (issue.input === undefined) return 'is missing'
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(', ')}`
    case 'too_big':
      return bound(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most')
    case 'too_small':
      if (issue.minimum === 1 && COUNTED[issue.origin] !== undefined) return 'must not be empty'
      return bound(
        issue.origin,
        issue.minimum,
        issue.inclusive === false ? 'more than' : 'at least',
      )
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_format': {
      const form = FORMATS[issue.format]
      return form === undefined ? 'has not the form that it must have' : `is not ${form}`
    }
    case 'unrecognized_keys':
      return `has fields that are not known: ${issue.keys.join(', ')}`
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : 'is of none of the forms that it may have'
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
    default:
      return 'is not valid'
  }
}

const COUNTED: Record<string, string> = {
  string: 'characters',
  array: 'entries',
  set: 'entries',
  map: 'entries',
}

function bound(origin: string, limit: number | bigint, words: string): string {
  const unit = COUNTED[origin]
  return unit === undefined ? `must be ${words} ${limit}` : `must have ${words} ${limit} ${unit}`
}
