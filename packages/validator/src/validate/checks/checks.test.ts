import { expect, test } from 'vitest'

import { GROUPS } from '../check.ts'
import { CHECKS } from './checks.ts'

test('ids are unique, begin with their group, and are written in small letters with dashes', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length)
  for (const { id, group } of CHECKS) expect(id).toMatch(new RegExp(`^${group}\\.[a-z0-9-]+$`))
})

test('there are at least 60, in the order of the groups, and no group is without one', () => {
  expect(CHECKS.length).toBeGreaterThanOrEqual(60)
  const groups = CHECKS.map(({ group }) => GROUPS.indexOf(group))
  expect(groups).toEqual(groups.toSorted((a, b) => a - b))
  expect(new Set(groups).size).toBe(GROUPS.length)
})

test.for(CHECKS.map((check) => [check.id, check] as const))(
  '%s always has a cause and a fix to tell',
  ([, { causes }]) => {
    expect(causes.some(({ when }) => when === undefined)).toBe(true)
    for (const { cause, fix } of causes) {
      expect(cause).toMatch(/^(?:[A-Z/“"]|[a-z]+_).*[.!]$/s)
      expect(fix.length).toBeGreaterThan(5)
    }
  },
)

test('what a check needs is there and comes before it', () => {
  const at = new Map(CHECKS.map(({ id }, index) => [id, index]))
  for (const { id, needs = [] } of CHECKS) {
    for (const need of needs) {
      expect(at.get(need) ?? Infinity, `${id} needs ${need}`).toBeLessThan(at.get(id) ?? 0)
    }
  }
})

test('what a check of the golden path needs is part of it, or it would be tried without', () => {
  const smoke = new Set(CHECKS.filter((check) => check.smoke).map(({ id }) => id))
  for (const { id, needs = [] } of CHECKS.filter((check) => check.smoke)) {
    for (const need of needs) expect(smoke.has(need), `${id} needs ${need}`).toBe(true)
  }
})
