import { expect, test } from 'vitest'

import { CHECKS } from '../../packages/validator/src/validate/checks/checks.ts'
import { BROKEN } from './broken/broken.ts'

/** Checks that no test has seen fail, and why that is so. */
const UNSEEN: Record<string, string> = {}

test('every check has been seen to fail on a server that is broken in just that way', () => {
  const seen = new Set(BROKEN.map(({ breaks }) => breaks))
  const unseen = CHECKS.map(({ id }) => id).filter((id) => !seen.has(id))
  expect(unseen).toEqual(Object.keys(UNSEEN))
})

test('every broken server breaks a check that there is', () => {
  const known = new Set(CHECKS.map(({ id }) => id))
  expect(BROKEN.filter(({ breaks }) => !known.has(breaks))).toEqual([])
})

test('no two broken servers have the same name in one group', () => {
  const names = BROKEN.map(({ name, breaks }) => `${breaks.split('.')[0]} ${name}`)
  expect(names.filter((name, place) => names.indexOf(name) !== place)).toEqual([])
})

test('there are at least sixty checks', () => {
  expect(CHECKS.length).toBeGreaterThanOrEqual(60)
})
