import { expect, test } from 'vitest'

import { checkAnswer } from './check-answer.ts'
import { isWebAddress, questionProblem, readForm, type FormField } from './form-fields.ts'

const schema = {
  type: 'object',
  properties: {
    owner_name: { type: 'string', minLength: 2, maxLength: 5 },
    mail: { type: 'string', format: 'email', title: 'Your e-mail' },
    page: { type: 'string', format: 'uri' },
    until: { type: 'string', format: 'date' },
    at: { type: 'string', format: 'date-time' },
    seats: { type: 'integer', minimum: 1, maximum: 10, default: 3 },
    share: { type: 'number', minimum: 0 },
    notify: { type: 'boolean', default: true },
    plan: { type: 'string', enum: ['s', 'l'], enumNames: ['Small', 'Large'] },
    tone: { type: 'string', oneOf: [{ const: 'f', title: 'Formal' }, { const: 'c' }] },
    tags: { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 1, maxItems: 2 },
  },
  required: ['owner_name', 'plan', 'tags'],
}

function fieldsOf(of: unknown): FormField[] {
  const form = readForm(of)
  if (!form.ok) throw new Error(form.problem)
  return form.fields
}

const right = { owner_name: 'Ada', plan: 's', tags: ['a'] }

const problems = (content: Record<string, unknown>) => {
  const checked = checkAnswer(fieldsOf(schema), { ...right, ...content })
  return checked.ok ? {} : checked.problems
}

test('a flat schema is fields in its order, with titles for people', () => {
  const fields = fieldsOf(schema)
  expect(fields.map(({ name }) => name)).toEqual(Object.keys(schema.properties))
  expect(fields[0]).toMatchObject({ kind: 'text', title: 'Owner name', required: true })
  expect(fields[8]).toMatchObject({
    kind: 'choice',
    options: [
      { value: 's', title: 'Small' },
      { value: 'l', title: 'Large' },
    ],
  })
})

test('what no form can be made of is said in words', () => {
  const nested = { type: 'object', properties: { a: { type: 'object' } } }
  expect(readForm(nested)).toMatchObject({
    ok: false,
    problem: expect.stringContaining('properties.a'),
  })
  expect(readForm('no')).toMatchObject({ ok: false })
  const lost = { type: 'object', properties: {}, required: ['x'] }
  expect(readForm(lost)).toMatchObject({
    ok: false,
    problem: 'x is required and nowhere described',
  })
  const empty = { type: 'object', properties: { a: { type: 'array', items: {} } } }
  expect(readForm(empty)).toMatchObject({ problem: 'a has nothing to choose from' })
})

test('a right answer passes, with what is optional left out or filled in', () => {
  expect(problems({})).toEqual({})
  expect(
    problems({
      mail: 'ada@example.com',
      page: 'https://example.com/x?y=1',
      until: '2026-02-28',
      at: '2026-02-28T09:00:00+01:00',
      seats: 10,
      share: 0,
      notify: false,
      tone: 'c',
      tags: ['a', 'c'],
    }),
  ).toEqual({})
})

test.each([
  ['owner_name', undefined, 'Fill this in.'],
  ['owner_name', '', 'Fill this in.'],
  ['owner_name', 'A', 'At least 2 characters.'],
  ['owner_name', 'Augusta', 'At most 5 characters; this has 7.'],
  ['owner_name', 7, 'This must be text.'],
  ['mail', 'ada', 'This must be an e-mail address, such as name@example.com.'],
  ['page', 'example', 'This must be a whole address, such as https://example.com/page.'],
  ['until', '2026-02-30', 'This must be a date, such as 2026-03-31.'],
  ['at', 'noon', 'This must be a date and time, such as 2026-03-31T09:00:00Z.'],
  ['seats', 1.5, 'This must be a whole number.'],
  ['seats', 0, 'At least 1.'],
  ['seats', '3', 'This must be a number.'],
  ['share', Number.NaN, 'This must be a number.'],
  ['notify', 'yes', 'Say yes or no.'],
  ['plan', 'm', 'Choose one of those listed.'],
  ['tags', [], 'Choose at least one.'],
  ['tags', ['a', 'a'], 'Choose each at most once.'],
  ['tags', ['a', 'b', 'c'], 'Choose at most 2.'],
  ['tags', 'a', 'Choose among those listed.'],
])('%s may not be %j', (name, value, words) => {
  expect(problems({ [name]: value })).toEqual({ [name]: words })
})

test('what nobody asked for is refused', () => {
  expect(problems({ secret: 1 })).toEqual({ '': 'Nobody asked for secret.' })
})

test.each([
  ['https://example.com', true],
  ['http://localhost:3000/a?b#c', true],
  ['https://ä.example/x', true],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['https://bank.example@evil.example/', false],
  ['https://evil.example\\@bank.example/', false],
  ['https:///path', false],
  [' https://example.com', false],
  ['ftp://example.com', false],
  ['//example.com', false],
])('whether a person may be sent to %j: %s', (address, isOne) => {
  expect(isWebAddress(address)).toBe(isOne)
})

test('a question is put to nobody that no card can show', () => {
  expect(questionProblem({ mode: 'url', message: '', url: 'file:///etc/passwd' })).toBeDefined()
  expect(questionProblem({ mode: 'form', message: '', schema })).toBeUndefined()
})
