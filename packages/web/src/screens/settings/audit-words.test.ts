import { expect, test } from 'vitest'

import { actionWords, detailWords, personWords } from './audit-words.ts'
import { exactly } from './moments.ts'

const names = new Map([['u1', 'ada@example.org']])

test('an action is told in words, an unknown one by its name', () => {
  expect(actionWords('two_factor.enabled')).toBe('Two-factor turned on')
  expect(actionWords('model_key.rotated')).toBe('model key rotated')
})

test('people are told by address, services by name, and who is gone by the start of the id', () => {
  expect(personWords({ kind: 'user', id: 'u1' }, names)).toBe('ada@example.org')
  expect(personWords({ kind: 'user', id: '0192aaaa-bbbb' }, names)).toContain('0192aaaa')
  expect(personWords({ kind: 'service', id: 'service:netra-backend' }, names)).toContain('backend')
  expect(personWords({ kind: 'operator' }, names)).toBe('the command line')
  expect(personWords({ kind: 'nobody' }, names)).toBe('somebody unknown')
})

test('details are told one by one, empty ones not at all', () => {
  expect(detailWords({ why: 'wrong_password', count: 3, name: null, note: '' })).toBe(
    'why: wrong password · count: 3',
  )
  expect(detailWords({ session: '01a1fee1-11b3-7000-89a3-c5f93a350201' })).toBe(
    'session: 01a1fee1…',
  )
  expect(detailWords(null)).toBe('')
  expect(detailWords({ policy: 'closed', domains: 0 })).toBe('policy: closed · no domains')
  expect(detailWords({ tool: 'desk__add_line' })).toBe('tool: “add line” of desk')
  expect(detailWords({ domains: 2 })).toBe('2 domains')
  expect(detailWords({ scopes: ['chat:read', 'chat:write'] })).toBe('scopes: chat:read, chat:write')
  const until = '2026-11-21T17:30:00.000Z'
  expect(detailWords({ until })).toBe(`until: ${exactly(until)}`)
})
