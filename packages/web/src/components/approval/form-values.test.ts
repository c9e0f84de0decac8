import { readForm } from '@netra/protocol'
import { expect, test } from 'vitest'

import { contentOf, keptValues, numberProblems, startingValues } from './form-values.ts'

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

test('a number with a decimal comma is one; what may be either of two is said', () => {
  const share = readForm({ type: 'object', properties: { share: { type: 'number' } } })
  const shares = share.ok ? share.fields : []
  expect(contentOf(shares, { share: '1,50' })).toEqual({ share: 1.5 })
  expect(contentOf(shares, { share: '1,500.25' })).toEqual({ share: 1500.25 })
  expect(numberProblems(shares, { share: '1,50' })).toEqual({})
  expect(numberProblems(shares, { share: '' })).toEqual({})
  expect(contentOf(shares, { share: '1,500' })['share']).toBeNaN()
  expect(numberProblems(shares, { share: '1,500' })).toEqual({
    share: 'This can be read in two ways: write 1500 or 1.5.',
  })
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
