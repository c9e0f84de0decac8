import { beforeAll, expect, test } from 'vitest'

import type { Group, Result } from '../packages/validator/src/validate/check.ts'
import { validate } from '../packages/validator/src/validate/validate.ts'
import { startNetra } from './support/netra-process.ts'

/** In one run, as `netra validate` does it: what they leave behind must not be in each other's way. */
const LIVE: readonly Group[] = [
  'agents',
  'threads',
  'conversation',
  'classic',
  'resume',
  'crowd',
  'stream',
  'cancel',
  'breaker',
]

/** Sockets are as many as in earnest; only what is merely waited for is shortened. */
const PACE = { idleMs: 2_500, beatMs: 100, beats: 8 }

let results: readonly Result[]

beforeAll(async () => {
  await using netra = await startNetra()
  const report = await validate(netra.url, { only: [...LIVE], pace: PACE })
  results = report.results
}, 120_000)

test('every live check passes on a fresh Netra', () => {
  const wrong = results
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ id, outcome, seen }) => `${id} ${outcome}: ${seen}`)
  expect(wrong).toEqual([])
  const few = LIVE.filter((group) => results.filter((one) => one.group === group).length < 4)
  expect(few).toEqual([])
  expect(results.length).toBeGreaterThanOrEqual(90)
})

test('each says what it saw and shows what went over the wire, but never a token or a ticket', () => {
  const silent = results.filter(({ seen, exchanges }) => seen === '' || exchanges.length === 0)
  expect(silent.map(({ id }) => id)).toEqual([])
  const evidence = JSON.stringify(results)
  expect(evidence).not.toMatch(/eyJ[\w-]{20}/)
  expect(evidence).not.toMatch(/jwt\.[\w-]{20}/)
  expect(evidence).not.toMatch(/\\"ticket\\":\\"\w/)
})
