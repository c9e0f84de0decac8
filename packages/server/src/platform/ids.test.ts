import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { asId, newId, type RunId, type ThreadId, type UserId } from './ids.ts'

const takesUser = (id: UserId): string => id
const takesThread = (id: ThreadId): string => id

test('an id of one kind is refused by the compiler where another is wanted', () => {
  const run = newId<RunId>()
  // @ts-expect-error a run's id is no user's id
  expect(takesUser(run)).toBe(run)
  // @ts-expect-error a run's id is no thread's id
  expect(takesThread(run)).toBe(run)
  // @ts-expect-error text from outside is no id yet
  expect(takesUser('text')).toBe('text')
})

test('the kind of an id is named, never guessed from where it goes', () => {
  // @ts-expect-error without its kind an id fits nowhere
  expect(takesUser(asId('x'))).toBe('x')
  expect(takesUser(asId<UserId>('x'))).toBe('x')
})

test('ids made one after the other sort in that order, also when the clock steps back', () => {
  const made = Array.from({ length: 5_000 }, () => newId<RunId>())
  expect(made.toSorted()).toEqual(made)
  expect(new Set(made).size).toBe(made.length)
})

/** There `user:<id>` says whose budget or stop it is. */
const SCOPES = new Set([
  'cli/admin.ts',
  'spending/budget-book.ts',
  'spending/stop-orders.ts',
  'gateway/http/spending.ts',
])

test('a stream name is made from an id of its kind, in two places and nowhere else', () => {
  const source = new URL('../', import.meta.url)
  const byHand = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') &&
      !/\.test\.ts$|contract/.test(file) &&
      file !== 'journal/journal.ts' &&
      !SCOPES.has(file) &&
      /`(?:thread|user):\$\{/.test(readFileSync(new URL(file, source), 'utf8')),
  )
  expect(byHand).toEqual([])
})
