import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, test } from 'vitest'

import { EXPECTATIONS } from './expectations.ts'
import { FAILURES } from './failures.ts'
import type { Requirement } from './requirement.ts'
import { SECURITY } from './security.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const TESTED = ['packages', 'tests']
const TITLE = /\b(?:test|it|describe)(?:\.\w+(?:\([^)]*\))?)*\(\s*(['"`])(.*?)\1/gs

const testFiles = TESTED.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(
      (file) => /\.test\.tsx?$|contract-\w+\.ts$/.test(file) && !file.includes('node_modules'),
    )
    .map((file) => `${folder}/${file}`),
)

const titlesOf = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(TITLE)].map((match) => match[2] ?? '')

const titles = new Map(testFiles.map((file) => [file, titlesOf(file)]))

function faultOf({ tests, cluster, later, why }: Requirement): string | undefined {
  const ways = [tests, cluster, later, why].filter((way) => way !== undefined)
  if (ways.length !== 1) return 'says how it is shown in none or in several ways'
  const missing = (tests ?? []).filter((name) => {
    const [file = '', title = ''] = name.split(' › ')
    return !titles.get(file)?.some((known) => known.startsWith(title)) || title === ''
  })
  if (tests?.length === 0) return 'names no test'
  return missing.length > 0 ? `names tests that are not there: ${missing.join('; ')}` : undefined
}

const faultsIn = (requirements: Record<string, Requirement>): string[] =>
  Object.entries(requirements).flatMap(([id, requirement]) => {
    const fault = faultOf(requirement)
    return fault === undefined ? [] : [`${id} ${fault}`]
  })

const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)

describe('every requirement names its test, or says why there is none', () => {
  test('failures to survive', () => {
    expect(Object.keys(FAILURES)).toEqual(numbered('F', 106))
    expect(faultsIn(FAILURES)).toEqual([])
  })

  test('expectations of users of such software', () => {
    expect(Object.keys(EXPECTATIONS)).toEqual(numbered('R', 32))
    expect(faultsIn(EXPECTATIONS)).toEqual([])
  })
})

test('security has its tests; at most six items wait for a later part', () => {
  expect(Object.keys(SECURITY)).toEqual(numbered('S', 43))
  expect(faultsIn(SECURITY)).toEqual([])
  const waiting = Object.values(SECURITY).filter(({ later }) => later !== undefined)
  expect(waiting.length).toBeLessThanOrEqual(6)
  expect(Object.values(SECURITY).filter(({ why, cluster }) => why ?? cluster)).toEqual([])
})

test('at least 80 of the failures have a test', () => {
  const tested = Object.values(FAILURES).filter(({ tests }) => tests !== undefined)
  expect(tested.length).toBeGreaterThanOrEqual(80)
})

test('a test that names a failure stands in its list', () => {
  const strays = [...titles].flatMap(([file, own]) =>
    own.flatMap((title) =>
      (/^((?:F\d+(?:, | and )?)+)/.exec(title)?.[1]?.match(/F\d+/g) ?? [])
        .filter(
          (id) =>
            !FAILURES[id]?.tests?.some((name) => {
              const [named, begins = ''] = name.split(' › ')
              return named === file && title.startsWith(begins)
            }),
        )
        .map((id) => `${id}: ${file} › ${title}`),
    ),
  )
  expect(strays).toEqual([])
})

test('a test that names an item of security stands in its list', () => {
  const strays = [...titles].flatMap(([file, own]) =>
    own.flatMap((title) =>
      (/\((S\d+(?:, S\d+)*)\)$/.exec(title)?.[1]?.split(', ') ?? [])
        .filter(
          (id) =>
            !SECURITY[id]?.tests?.some((name) => {
              const [named, begins = ''] = name.split(' › ')
              return named === file && title.startsWith(begins)
            }),
        )
        .map((id) => `${id}: ${file} › ${title}`),
    ),
  )
  expect(strays).toEqual([])
})
