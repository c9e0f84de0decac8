import { readForm } from '@netra/protocol'
import { expect, test } from 'vitest'

import { contentOf, keptValues, startingValues } from './form-values.ts'

const form = readForm({
  type: 'object',
  properties: {
    name: { type: 'string' },
    seats: { type: 'integer', default: 3 },
    agree: { type: 'boolean' },
    tags: { type: 'array', items: { enum: ['a', 'b'] } },
    at: { type: 'string', format: 'date-time' },
  },
})
const fields = form.ok ? form.fields : []

test('what is left empty is left out, and what is typed becomes what was asked for', () => {
  expect(contentOf(fields, startingValues(fields))).toEqual({ seats: 3, agree: false })
  const typed = { name: 'Ada', seats: '4', agree: true, tags: ['b'], at: '2026-03-01T10:00Z' }
  expect(contentOf(fields, typed)).toEqual({
    name: 'Ada',
    seats: 4,
    agree: true,
    tags: ['b'],
    at: '2026-03-01T10:00:00.000Z',
  })
  expect(contentOf(fields, { seats: 'four' })['seats']).toBeNaN()
})

test('what was typed before is there again, unless it is of another form', () => {
  const kept = JSON.stringify({ name: 'Ada', agree: 'yes', other: 1, tags: ['a'] })
  expect(keptValues(fields, kept)).toEqual({
    name: 'Ada',
    seats: '3',
    agree: false,
    tags: ['a'],
    at: '',
  })
  expect(keptValues(fields, 'no JSON')).toEqual(startingValues(fields))
})
