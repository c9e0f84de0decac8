import { expect, test } from 'vitest'
import { z } from 'zod'

import { HttpError, parse } from './http-error.ts'

const schema = z.strictObject({
  password: z.string().min(8),
  name: z.string().min(1).max(3).optional(),
  kind: z.enum(['a', 'b']).optional(),
  limit: z.coerce.number().int().max(500).optional(),
  list: z
    .array(z.object({ id: z.uuid() }))
    .max(1)
    .optional(),
  own: z.string().max(1, 'At most one letter.').optional(),
})
const good = { password: 'long enough' }

test.each([
  [{}, 'password is missing'],
  [undefined, 'password is missing'],
  [{ password: 7 }, 'password must be text'],
  [{ password: 'short' }, 'password must have at least 8 characters'],
  [{ ...good, name: '' }, 'name must not be empty'],
  [{ ...good, name: 'long' }, 'name must have at most 3 characters'],
  [{ ...good, kind: 'c' }, 'kind must be one of a, b'],
  [{ ...good, limit: '501' }, 'limit must be at most 500'],
  [{ ...good, limit: 'x' }, 'limit must be a number'],
  [{ ...good, limit: '1.5' }, 'limit must be a whole number'],
  [{ ...good, list: [{ id: 'x' }] }, 'list.0.id is not an id (UUID)'],
  [{ ...good, list: [1, 2] }, 'list must have at most 1 entries'],
  [{ ...good, other: 1 }, 'What was sent has fields that are not known: other'],
  [{ ...good, own: 'ab' }, 'own: At most one letter.'],
  ['text', 'What was sent must be an object'],
])('%j is refused: %s', (value, message) => {
  let found: unknown
  try {
    parse(schema, value)
  } catch (error) {
    found = error
  }
  expect(found).toBeInstanceOf(HttpError)
  expect(found).toMatchObject({ status: 422, code: 'VALIDATION_ERROR', message })
})
